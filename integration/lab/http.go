package lab

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// Request makes a request, for Do.
func Request(t testing.TB, method, url string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Do sends a request and reads the whole response.
func Do(t testing.TB, c *http.Client, r *http.Request) (*http.Response, []byte) {
	t.Helper()
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("reading the response: %v", err)
	}
	return res, b
}

// Origin answers as its paths say, in whichever version of HTTP it is asked.
func Origin(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Proto", r.Proto)
	switch r.URL.Path {
	case "/echo":
		b, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("X-Sum", fmt.Sprintf("%x", sha256.Sum256(b)))
		w.Header().Set("X-Length", r.Header.Get("Content-Length"))
		w.Header().Set("X-Trailer-Seen", r.Trailer.Get("X-Tail"))
		w.Write(b)
	case "/bytes":
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		if r.URL.Query().Has("length") {
			w.Header().Set("Content-Length", strconv.Itoa(n))
		}
		w.Write(Pattern(n))
	case "/none":
		w.WriteHeader(http.StatusNoContent)
	case "/trailers":
		w.Header().Set("Trailer", "X-Tail")
		io.WriteString(w, "body")
		w.(http.Flusher).Flush()
		w.Header().Set("X-Tail", "end")
	case "/early":
		w.Header().Set("Link", "</a.css>")
		w.WriteHeader(http.StatusEarlyHints)
		io.WriteString(w, "late")
	case "/pieces": // one, until the client ends it
		io.WriteString(w, "piece")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	case "/abort":
		w.Header().Set("Content-Length", "100000")
		w.Write(Pattern(1000))
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	case "/cookies":
		w.Header().Add("Set-Cookie", "a=1")
		w.Header().Add("Set-Cookie", "b=2")
		io.WriteString(w, r.Host+"|"+strings.Join(r.Header["Cookie"], "|"))
	case "/host":
		io.WriteString(w, r.Host+" "+r.Header.Get("X-Forwarded-For")+" "+strings.Join(r.Header["Te"], ",")+" "+r.Header.Get("Transfer-Encoding"))
	}
}
