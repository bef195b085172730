package module

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Metrics holds the counters and gauges of modules, which go on over reloads. Their
// names are those under which they are shown: a plugin's begin with its vendor, and
// counters end in _total, as in acme_private_refused_total. It is safe for
// concurrent use.
type Metrics struct {
	mu sync.Mutex
	m  map[string]*Metric
}

// NewMetrics makes an empty set.
func NewMetrics() *Metrics { return &Metrics{m: map[string]*Metric{}} }

// Metric is one number with a name and labels.
type Metric struct {
	Name, Help string
	Labels     []string // name, value, name, value…
	Gauge      bool
	value      atomic.Int64
}

// Add adds n.
func (m *Metric) Add(n int64) { m.value.Add(n) }

// Set sets a gauge.
func (m *Metric) Set(n int64) { m.value.Store(n) }

// Load gives the number.
func (m *Metric) Load() int64 { return m.value.Load() }

// Counter gives the counter with the name and labels (name, value pairs),
// making it when it is new.
func (s *Metrics) Counter(name, help string, labels ...string) *Metric {
	return s.get(name, help, false, labels)
}

// Gauge gives the gauge with the name and labels.
func (s *Metrics) Gauge(name, help string, labels ...string) *Metric {
	return s.get(name, help, true, labels)
}

func (s *Metrics) get(name, help string, gauge bool, labels []string) *Metric {
	key := name
	for _, l := range labels {
		key += "\x00" + l
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.m[key]
	if m == nil {
		m = &Metric{Name: name, Help: help, Labels: labels, Gauge: gauge}
		s.m[key] = m
	}
	return m
}

// ValidMetric reports whether a metric may be called so: in lower-case letters,
// digits and '_', and not as those of Fairlead itself, which begin with haproxy_.
func ValidMetric(name string) bool {
	for i, c := range []byte(name) {
		if (c < 'a' || c > 'z') && c != '_' && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != "" && !strings.HasPrefix(name, "haproxy_")
}

// Remove takes a metric out, as when what it counts is gone.
func (s *Metrics) Remove(m *Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, x := range s.m {
		if x == m {
			delete(s.m, k)
		}
	}
}

// Gather gives all metrics, sorted by name and labels.
func (s *Metrics) Gather() []*Metric {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*Metric
	for _, m := range s.m {
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b *Metric) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), slices.Compare(a.Labels, b.Labels))
	})
	return out
}
