package otlp

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// refusal is an answer that is none of success.
type refusal struct {
	status int
	text   string
	retry  bool // it may be sent again
}

func (e *refusal) Error() string {
	return fmt.Sprintf("the collector answers %d: %s", e.status, e.text)
}

// post sends the body once. After an error, after is how long the collector
// asks to wait.
func (l *Logger) post(ctx context.Context) (after time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.c.Endpoint, bytes.NewReader(l.buf))
	if err != nil {
		return 0, err
	}
	r.Header = l.header
	res, err := l.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 512))
	if err != nil {
		return 0, err
	}
	if res.StatusCode/100 == 2 {
		return 0, nil
	}
	if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil {
		after = min(time.Duration(n)*time.Second, lastWait)
	}
	e := &refusal{status: res.StatusCode, text: string(bytes.TrimSpace(text))}
	switch res.StatusCode { // those that OTLP's specification lists
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		e.retry = true
	}
	return after, e
}
