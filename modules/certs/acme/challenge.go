package acme

import (
	"bytes"
	"net/http"
	"net/url"
)

// Challenge answers HTTP-01.
func (s *Source) Challenge(host, path string) ([]byte, bool) {
	if s.live == nil {
		return nil, false
	}
	r := &http.Request{Method: http.MethodGet, Host: host, URL: &url.URL{Path: path}, Header: http.Header{}}
	var w answer
	if !s.live.HandleHTTPChallenge(&w, r) {
		return nil, false
	}
	return w.body.Bytes(), true
}

// answer collects a response.
type answer struct {
	header http.Header
	body   bytes.Buffer
}

func (a *answer) Header() http.Header {
	if a.header == nil {
		a.header = http.Header{}
	}
	return a.header
}

func (a *answer) WriteHeader(int)             {}
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
