package tls

import (
	"cmp"
	"errors"
	"time"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// files gives what reads certificates.
func (b *builder) files() *secure.Store {
	if b.store == nil {
		b.store = b.newStore()
	}
	return b.store
}

// newStore makes it, with the certificates that crt-store sections name.
func (b *builder) newStore() *secure.Store {
	g := &b.cfg.Global
	s := secure.NewStore(time.Now)
	s.Base, s.Update = g.CrtBase, g.OCSPUpdate.Mode == "on"
	s.SkipRoot, s.Extra = g.SSLSkipSelfIssuedCA, extraFiles(g)
	if cmd := g.SSLPassphraseCmd; len(cmd) > 0 {
		s.Unlock = &secure.Unlocker{Ask: func(file string) (string, error) { return passphrase(cmd, file) }}
	}
	if dir := g.IssuersChainPath; !dir.IsZero() {
		b.errs.Add(s.ReadChains(dir.Value), dir.Pos, dir.Path)
	}
	if !g.SSLDHParamFile.IsZero() {
		b.warn(g.SSLDHParamFile, "ssl-dh-param-file is ignored: Go's TLS has no finite-field Diffie-Hellman, and no ciphers that need it")
	}
	for _, c := range b.cfg.CrtStores {
		crtBase, keyBase := cmp.Or(c.CrtBase.Value, g.CrtBase), cmp.Or(c.KeyBase.Value, g.KeyBase)
		prefixes := []string{"@" + c.Name + "/"}
		if c.Name == "default" {
			prefixes = append(prefixes, "@/")
		}
		for i := range c.Load {
			l := &c.Load[i]
			f := secure.Files{
				Crt: secure.Under(crtBase, l.Crt.Value), Key: secure.Under(keyBase, l.Key.Value),
				OCSP: secure.Under(crtBase, l.OCSP.Value), Issuer: secure.Under(crtBase, l.Issuer.Value), SCTL: secure.Under(crtBase, l.SCTL.Value),
				Update: l.OCSPUpdate == "on", Alone: true,
			}
			names := []string{}
			for _, p := range prefixes {
				names = append(names, p+l.Crt.Value)
				if !l.Alias.IsZero() {
					names = append(names, p+l.Alias.Value)
				}
			}
			if c.Name == "default" {
				names = append(names, f.Crt)
			}
			if other := s.Declare(f, names...); other != "" {
				l.Crt.Fail(b.errs, 0, "there is already a certificate %q", other).Hint = "name it once, or give it another alias"
			}
		}
	}
	return s
}

// updateStaples has OCSP responses kept up to date where that is asked for.
func (b *builder) updateStaples() {
	o := &b.cfg.Global.OCSPUpdate
	u := &secure.Updater{
		Pairs: b.files().Updated(), Off: o.Disable, Least: o.Mindelay, Most: o.Maxdelay, Proxy: o.HTTPProxy.Value, Kept: b.engine.staples,
	}
	b.build.Instances.Add(u)
	b.files().Follow(u)
}

// table makes the certificates of a bind. settings gives those of a line of a
// list, from the bind's settings with the line's in their place.
func (b *builder) table(t *config.BindTLS, settings func(*builder, *config.BindTLS) *secure.Settings) *secure.Table {
	l := &certLoad{b: b, bind: t, settings: settings, made: map[string]*secure.Settings{}}
	l.table = secure.NewTable(b.strict(t) || t.Managed())
	for _, crt := range t.Crt {
		l.crt(crt, false)
	}
	for _, crt := range t.DefaultCrt {
		l.crt(crt, true)
	}
	for _, list := range t.CrtList {
		l.list(list)
	}
	l.load()
	named := len(t.Crt)+len(t.DefaultCrt)+len(t.CrtList) > 0
	switch {
	case !named && !t.Managed() && !t.GenerateCertificates:
		b.errs.At(t.Pos, "", `tls needs certificates: write crt = "FILE", or acme = ["NAME"]`)
	case named && len(l.want) == 0 && !l.failed && !b.strict(t) && !t.Managed() && !t.GenerateCertificates:
		b.errs.At(t.Pos, "", "there is no certificate in what tls names").Hint = "add one, or write strict-sni = true to begin with none"
	}
	return l.table
}

// strict reports whether clients have to name a server that is known.
func (b *builder) strict(t *config.BindTLS) bool {
	return config.Chosen(false, t.StrictSNI, b.cfg.Global.SSLDefaultBindOptions.StrictSNI)
}

// certLoad collects the certificates of a bind, to read them all at once.
type certLoad struct {
	b        *builder
	bind     *config.BindTLS
	settings func(*builder, *config.BindTLS) *secure.Settings
	made     map[string]*secure.Settings // by the options of lines
	table    *secure.Table
	want     []wanted
	failed   bool
}

// wanted is a certificate and what a bind says about it.
type wanted struct {
	files    secure.Files
	at       tree.Text
	settings *secure.Settings
	from     secure.From
	filters  []string
	def      bool
}

// crt takes a name of crt or default-crt.
func (l *certLoad) crt(t tree.Text, def bool) {
	first := len(l.want) == 0
	files := l.expand(t)
	from := l.directory(t, files)
	for _, f := range files {
		// All of a bundle that comes first serve clients that name no server.
		l.want = append(l.want, wanted{files: f, at: t, from: from, def: def || first && f.Bundled})
	}
}

func (l *certLoad) expand(t tree.Text) []secure.Files {
	files, err := l.b.files().Expand(t.Value)
	if err == nil {
		return files
	}
	l.failed = true
	var unknown *secure.UnknownError
	if errors.As(err, &unknown) {
		t.Fail(l.b.errs, 0, "%v", unknown).Suggest(unknown.Name, unknown.Known)
		return nil
	}
	l.b.errs.Add(err, t.Pos, t.Path)
	return nil
}

// list takes the lines of a list.
func (l *certLoad) list(t tree.Text) {
	lines, wrong, err := secure.ReadList(t.Value)
	if err != nil {
		l.failed = true
		l.b.errs.Add(err, t.Pos, t.Path)
		return
	}
	for _, w := range wrong {
		l.failed = true
		l.b.errs.At(tree.Pos{File: w.File, Line: w.Line, Col: w.Col}, "", "%v", w.Err)
	}
	for i := range lines {
		l.line(t.Value, &lines[i])
	}
	l.b.files().UseList(t.Value, false, lines, l.table, l.later)
}

func (l *certLoad) line(file string, line *secure.Line) {
	at := func(col int, value string) tree.Text {
		return tree.Text{Value: value, Pos: tree.Pos{File: file, Line: line.Number, Col: col}}
	}
	crt := at(line.Col, line.Crt)
	own, rest := l.filesOf(line, at)
	settings, ok := l.settingsOf(rest, at)
	if !ok {
		l.failed = true
		return
	}
	for _, f := range l.expand(crt) {
		own.override(&f)
		l.want = append(l.want, wanted{files: f, at: crt, settings: settings, from: secure.From{List: file, Line: line.Number}, filters: line.Filters})
	}
}

// load reads the certificates and fills the bind's table.
func (l *certLoad) load() {
	files := make([]secure.Files, len(l.want))
	for i := range l.want {
		files[i] = l.want[i].files
	}
	for i, r := range l.b.files().Load(files) {
		w := &l.want[i]
		for _, text := range r.Warnings {
			l.b.warn(w.at, "%s: %s", w.files.Crt, text)
		}
		if r.Err != nil {
			l.failed = true
			l.b.errs.Add(r.Err, w.at.Pos, w.at.Path)
			continue
		}
		e := secure.Entry{Pair: r.Pair, Settings: w.settings, From: w.from}
		if w.def {
			l.table.AddDefault(e)
		} else {
			l.table.Add(e, w.filters...)
		}
	}
}
