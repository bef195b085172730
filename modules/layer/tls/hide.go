package tls

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// hiding is how the name in handshakes with a server is hidden (ech). A server that
// has other keys by now says so, and the next attempt goes by these.
type hiding struct {
	log  *slog.Logger
	told atomic.Pointer[[]byte] // the keys that the server told last, as a list
	once sync.Once              // that it has none is told once
}

// hide has names hidden as the server's settings say; nil for not.
func (b *builder) hide(out *tls.Config, t *config.ServerTLS, servers *secure.Servers) *hiding {
	if t.ECH.IsZero() {
		return nil
	}
	list, err := secure.ReadECHConfigs(t.ECH.Value)
	if err != nil {
		b.errs.Add(err, t.ECH.Pos, t.ECH.Path)
		return nil
	}
	if out.MaxVersion != 0 && out.MaxVersion < tls.VersionTLS13 {
		t.ECH.Fail(b.errs, 0, "ech needs TLS 1.3").Hint = `leave it or ssl-max-ver out`
		return nil
	}
	out.MinVersion = tls.VersionTLS13
	out.EncryptedClientHelloConfigList = list
	// A server that tells other keys proves to be the one of the public name. Go's TLS
	// has the hook for that see no certificates, so it verifies by itself.
	switch {
	case servers != nil:
		out.RootCAs = servers.Roots()
	case out.InsecureSkipVerify:
		out.EncryptedClientHelloRejectionVerify = func(tls.ConnectionState) error { return nil } // nobody is asked for proof
	}
	return &hiding{log: b.build.Context.Log()}
}

// list gives the keys that the server told, nil for those of the settings.
func (h *hiding) list() []byte {
	if h == nil {
		return nil
	}
	if list := h.told.Load(); list != nil {
		return *list
	}
	return nil
}

// failed notes what a server that rejects the keys tells.
func (h *hiding) failed(err error, name string) {
	var rejected *tls.ECHRejectionError
	if h == nil || !errors.As(err, &rejected) {
		return
	}
	if len(rejected.RetryConfigList) > 0 {
		h.told.Store(&rejected.RetryConfigList)
		h.log.Warn("the server has other keys for ECH, which are used from now on; bring ech up to date", "name", name)
		return
	}
	h.once.Do(func() {
		h.log.Error("the server has no keys for ECH: nothing is sent to it by a name that everyone sees; leave ech out if that is right", "name", name)
	})
}
