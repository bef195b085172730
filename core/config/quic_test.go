package config

import (
	"testing"
	"time"
)

// TestQUICInitial has rules of defaults stand before those of sections, once.
func TestQUICInitial(t *testing.T) {
	cfg := parse(t, `
[defaults]
mode = "http"
timeout.client = "1s"
quic-initial = ["send-retry"]
[defaults.strict]
from = "strict-base"
quic-initial = ["reject"]
[defaults.strict-base]
timeout.client = "1s"
quic-initial = ["dgram-drop"]
[frontend.a]
bind = ":80"
quic-initial = ["accept"]
[frontend.b]
bind = ":81"
from = "strict"
[listen.c]
bind = ":82"
from = "strict"
quic-initial = ["accept"]
timeout = { connect = "1s", server = "1s" }
servers = ["127.0.0.1:80"]
`)
	for i, want := range [][]string{{"send-retry", "accept"}, {"dgram-drop", "reject"}, {"dgram-drop", "reject", "accept"}} {
		f := cfg.Frontends[i]
		var got []string
		for _, r := range f.QUICInitial {
			got = append(got, r.Do.Type)
		}
		if len(got) != len(want) {
			t.Errorf("%s has the rules %v, want %v", f.Name, got, want)
			continue
		}
		for k := range want {
			if got[k] != want[k] {
				t.Errorf("%s has the rules %v, want %v", f.Name, got, want)
			}
		}
	}
}

// TestTuneQUIC has settings by their names of today and of before, as keys with
// dots and as tables.
func TestTuneQUIC(t *testing.T) {
	cfg := parse(t, `
[global]
tune.quic.frontend.max-idle-timeout = "5s"
[global.tune.quic.be]
max-idle-timeout = "7s"
stream = { max-concurrent = 9 }
cc.max-win-size = "1m"
[frontend.a]
bind = ":80"
timeout.client = "1s"
`)
	q := &cfg.Global.Tune.TuneQUIC
	if q.QUICFeMaxIdleTimeout != 5*time.Second || q.QUICBeMaxIdleTimeout != 7*time.Second || q.QUICBeMaxConcurrent != 9 || q.QUICFeMaxConcurrent != 100 {
		t.Errorf("the settings are %+v", q)
	}
	if len(cfg.Warnings) != 2 {
		t.Errorf("there are %d warnings, want 2: %v", len(cfg.Warnings), cfg.Warnings)
	}
}
