package otlp

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/loggertest"
)

// collector takes records as OpenTelemetry's own types.
type collector struct {
	*httptest.Server
	mu       sync.Mutex
	records  []*logspb.LogRecord
	resource map[string]string
	tokens   []string
	statuses []int // to answer with before anything is taken
	seen     int
	bad      error
}

func newCollector(t *testing.T, statuses ...int) *collector {
	c := &collector{resource: map[string]string{}, statuses: statuses}
	c.Server = httptest.NewServer(http.HandlerFunc(c.take))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) take(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen++
	b, err := io.ReadAll(r.Body)
	if err != nil {
		c.bad = err
		return
	}
	if len(c.statuses) > 0 {
		http.Error(w, "not now", c.statuses[0])
		c.statuses = c.statuses[1:]
		return
	}
	c.tokens = append(c.tokens, r.Header.Get("Authorization"))
	var data logspb.LogsData // the same form as a request's
	if err := protojson.Unmarshal(b, &data); err != nil {
		c.bad = err
		return
	}
	for _, rl := range data.ResourceLogs {
		for _, a := range rl.Resource.Attributes {
			c.resource[a.Key] = a.Value.GetStringValue()
		}
		for _, sl := range rl.ScopeLogs {
			c.records = append(c.records, sl.LogRecords...)
		}
	}
}

func (c *collector) lines() (list []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.records {
		list = append(list, r.Body.GetStringValue())
	}
	return list
}

func TestConformance(t *testing.T) {
	moduletest.Run(t, logs.Kind, "otlp", ``, `endpoint = "https://collector.example/v1/logs"`)
}

func TestLaws(t *testing.T) {
	c := newCollector(t)
	stalled := make(chan struct{})
	hold := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stalled }))
	defer hold.Close()
	defer close(stalled)
	loggertest.Laws(t, "otlp", loggertest.Options{
		Config: `endpoint = "` + c.URL + `"` + "\ninterval = \"1ms\"", Lines: c.lines,
		Stalled: `endpoint = "` + hold.URL + `"` + "\ntimeout = \"100ms\"\nretries = 0",
	})
	if c.bad != nil {
		t.Error(c.bad)
	}
}

// send logs some lines and stops the logger.
func send(t *testing.T, c Config) *Logger {
	t.Helper()
	ctx := module.NewContext(module.ContextOptions{})
	defer ctx.Close(t.Context())
	x, err := New(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	l := x.(*Logger)
	if err := l.Start(ctx); err != nil {
		t.Fatal(err)
	}
	l.Log(logs.Err, []byte("it \"broke\"\\ \x01\xff \u00e9"))
	l.Log(logs.Info, []byte("all is well"))
	if err := l.Stop(t.Context()); err != nil && l.Dropped() == 0 {
		t.Error(err)
	}
	return l
}

func TestRecords(t *testing.T) {
	c := newCollector(t)
	send(t, Config{Endpoint: c.URL, Timeout: 1e9, Interval: 1e6, Headers: []string{"Authorization: Bearer x"}, Attributes: []string{"service.name=edge", "a=b=c"}})
	if c.bad != nil || len(c.records) != 2 {
		t.Fatalf("%d records, %v", len(c.records), c.bad)
	}
	one, two := c.records[0], c.records[1]
	if got, want := one.Body.GetStringValue(), "it \"broke\"\\ \x01\ufffd \u00e9"; got != want {
		t.Errorf("the body is %q, want %q", got, want)
	}
	if one.SeverityNumber != logspb.SeverityNumber_SEVERITY_NUMBER_ERROR || one.SeverityText != "err" || two.SeverityNumber != logspb.SeverityNumber_SEVERITY_NUMBER_INFO || one.TimeUnixNano == 0 {
		t.Errorf("the records are %v and %v", one, two)
	}
	if c.resource["service.name"] != "edge" || c.resource["a"] != "b=c" || c.resource["host.name"] == "" || c.tokens[0] != "Bearer x" {
		t.Errorf("the resource is %v, the token %q", c.resource, c.tokens)
	}
}

// TestSentAgain has a collector that is busy at first get every line once.
func TestSentAgain(t *testing.T) {
	c := newCollector(t, 503, 429)
	ctx := module.NewContext(module.ContextOptions{})
	defer ctx.Close(t.Context())
	x, err := New(ctx, Config{Endpoint: c.URL, Timeout: 1e9, Interval: 1e6, Retries: 5})
	if err != nil {
		t.Fatal(err)
	}
	l := x.(*Logger)
	if err := l.Start(ctx); err != nil {
		t.Fatal(err)
	}
	l.Log(logs.Info, []byte("once"))
	for end := time.Now().Add(30 * time.Second); len(c.lines()) == 0 && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
	}
	if err := l.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if got := c.lines(); len(got) != 1 || c.seen != 3 || l.Dropped() != 0 {
		t.Errorf("%q came in %d requests, %d dropped", got, c.seen, l.Dropped())
	}
}

func TestRefusals(t *testing.T) {
	c := newCollector(t, 400)
	if l := send(t, Config{Endpoint: c.URL, Timeout: 1e9, Interval: 1e6}); l.Dropped() != 2 || c.seen != 1 {
		t.Errorf("after 400: %d lines dropped, %d requests", l.Dropped(), c.seen)
	}
	for _, want := range []struct {
		config Config
		text   string
	}{
		{Config{Endpoint: "collector:4318"}, "is not a URL"},
		{Config{Endpoint: "http://a", Headers: []string{"x"}}, "NAME: VALUE"},
		{Config{Endpoint: "http://a", Attributes: []string{"x"}}, "NAME=VALUE"},
	} {
		if _, err := New(module.NewContext(module.ContextOptions{}), want.config); err == nil || !strings.Contains(err.Error(), want.text) {
			t.Errorf("%+v: %v, want %q", want.config, err, want.text)
		}
	}
}
