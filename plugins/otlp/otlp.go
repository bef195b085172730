// Package otlp is the logger that sends lines to an OpenTelemetry collector, as
// log records by OTLP over HTTP.
//
//	[[global.log]]
//	to = "otlp"
//	endpoint = "http://10.0.0.7:4318/v1/logs"
//	attributes = ["service.name=edge", "deployment.environment=prod"]
//
// Records are encoded as JSON, which every collector takes and which needs no
// library. The line is the record's body, its level the severity. Lines gather
// for a while and are sent together; what the collector does not take is tried
// again, then dropped and counted. Streams never wait.
package otlp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// The version of core's API that the package is written for.
var _ = module.API1

func init() {
	module.Register(logs.Kind, "otlp", module.Spec[Config, logs.Logger]{
		Doc:       "Sends log records to an OpenTelemetry collector",
		Stability: module.Beta,
		Defaults: func() Config {
			return Config{Endpoint: "http://127.0.0.1:4318/v1/logs", Timeout: 10 * time.Second, Interval: time.Second, Retries: 5}
		},
		New: New,
	})
}

// Config is the configuration of the logger.
type Config struct {
	// Endpoint is the URL that takes log records. Default "http://127.0.0.1:4318/v1/logs".
	Endpoint string `toml:"endpoint"`
	// Headers are fields of each request, as "NAME: VALUE", such as for
	// authorization. Default: none.
	Headers tree.OneOrMany[string] `toml:"headers"`
	// Attributes are those of the resource, as "NAME=VALUE". service.name is
	// "fairlead" and host.name this machine's name, unless they are set. Default: none.
	Attributes tree.OneOrMany[string] `toml:"attributes"`
	// Timeout is how long a request may take. Default 10s.
	Timeout time.Duration `toml:"timeout" min:"1ms"`
	// Interval is how long lines gather. Default 1s.
	Interval time.Duration `toml:"interval" min:"1ms"`
	// Retries is how often a request is sent again, later each time. Default 5.
	Retries int `toml:"retries" min:"0"`
	// CAFile is a file with the certificates of authorities that the collector's
	// is checked by, in PEM. Default: the system's.
	CAFile string `toml:"ca-file"`
	logs.SinkConfig
}

// Logger sends lines.
type Logger struct {
	*logs.Writer
	c      Config
	client *http.Client
	header http.Header
	prefix []byte // of a request's body, up to the records
	buf    []byte
}

// New makes the logger.
func New(ctx *module.Context, c Config) (logs.Logger, error) {
	u, err := url.Parse(c.Endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, module.Wrong("endpoint", "%q is not a URL such as http://10.0.0.7:4318/v1/logs", c.Endpoint)
	}
	l := &Logger{c: c, header: http.Header{"Content-Type": {"application/json"}}}
	for i, h := range c.Headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok || name == "" {
			return nil, module.Wrong(fmt.Sprintf("headers[%d]", i), `%q is not "NAME: VALUE"`, h)
		}
		l.header.Set(name, strings.TrimSpace(value))
	}
	attributes, err := attributesOf(c)
	if err != nil {
		return nil, err
	}
	l.prefix = appendPrefix(nil, attributes)
	tr := &http.Transport{MaxIdleConns: 1, IdleConnTimeout: time.Minute, DialContext: ctx.Dial}
	if c.CAFile != "" {
		pool, err := secure.Pool(c.CAFile)
		if err != nil {
			return nil, module.Wrong("ca-file", "%w", err)
		}
		tr.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	l.client = &http.Client{Transport: tr, Timeout: c.Timeout}
	l.Writer = logs.NewWriter(ctx, l, logs.Options{Name: "logger.otlp", QueueBytes: int(c.Queue), Interval: c.Interval})
	return l, nil
}

// attribute is one of a resource.
type attribute struct{ name, value string }

func attributesOf(c Config) ([]attribute, error) {
	name := c.Tag
	if name == "" {
		name = "fairlead"
	}
	list := []attribute{{"service.name", name}}
	host := c.Hostname
	if host == "" {
		host, _ = os.Hostname() // without a name there is no attribute
	}
	if host != "" && host != "-" {
		list = append(list, attribute{"host.name", host})
	}
	for i, a := range c.Attributes {
		name, value, ok := strings.Cut(a, "=")
		if !ok || name == "" {
			return nil, module.Wrong(fmt.Sprintf("attributes[%d]", i), `%q is not "NAME=VALUE"`, a)
		}
		found := false
		for i := range list {
			if list[i].name == name {
				list[i].value, found = value, true
			}
		}
		if !found {
			list = append(list, attribute{name, value})
		}
	}
	return list, nil
}

// Stop sends the lines that wait.
func (l *Logger) Stop(ctx context.Context) error {
	err := l.Writer.Stop(ctx)
	l.client.CloseIdleConnections()
	return err
}

// WriteLines sends a batch in one request.
func (l *Logger) WriteLines(ctx context.Context, b *logs.Batch) (lost int, err error) {
	l.buf = append(l.buf[:0], l.prefix...)
	var line logs.Line
	n := 0
	for b.Next(&line) {
		if n++; n > 1 {
			l.buf = append(l.buf, ',')
		}
		l.buf = appendRecord(l.buf, &line)
	}
	l.buf = append(l.buf, suffix...)
	if err := l.deliver(ctx, b); err != nil {
		return n, err
	}
	return 0, nil
}

// Between attempts: the first wait, and the longest.
const (
	firstWait = 250 * time.Millisecond
	lastWait  = 30 * time.Second
)

// deliver sends the body until the collector takes it, or it is no use.
func (l *Logger) deliver(ctx context.Context, b *logs.Batch) error {
	wait := firstWait
	for try := 0; ; try++ {
		after, err := l.post(ctx)
		if err == nil {
			return nil
		}
		var refused *refusal
		if errors.As(err, &refused) && !refused.retry || try == l.c.Retries || !b.Pause(ctx, max(wait, after)) {
			return err
		}
		wait = min(2*wait, lastWait)
	}
}
