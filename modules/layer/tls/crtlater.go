package tls

import (
	"errors"
	"path/filepath"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// directory makes a directory of certificates a list that may be changed later. It
// gives where rows of it come from, the zero value where it is none.
func (l *certLoad) directory(t tree.Text, files []secure.Files) secure.From {
	if !l.b.files().Directory(t.Value) {
		return secure.From{}
	}
	lines := make([]secure.Line, len(files))
	for i, f := range files {
		lines[i].Crt = f.Crt
	}
	name := filepath.Clean(secure.Under(l.b.cfg.Global.CrtBase, t.Value))
	l.b.files().UseList(name, true, lines, l.table, l.later)
	return secure.From{List: name}
}

// later makes the settings of a line that comes while the configuration is in use;
// nil for the bind's.
func (l *certLoad) later(line *secure.Line) (*secure.Settings, error) {
	b := *l.b
	layer := *l.b.Layer
	layer.warned = map[string]bool{}
	b.Layer, b.errs = &layer, &tree.Errors{}
	cfg := *l.b.cfg // its warnings are for those who read it
	b.cfg = &cfg
	now := &certLoad{b: &b, bind: l.bind, settings: l.settings, made: map[string]*secure.Settings{}}
	at := func(_ int, value string) tree.Text { return tree.Text{Value: value} }
	own, rest := now.filesOf(line, at)
	if own.update = ""; own != (ownFiles{}) {
		return nil, errLaterFiles
	}
	s, _ := now.settingsOf(rest, at)
	return s, b.errs.Err()
}

var errLaterFiles = errors.New("key, ocsp, issuer and sctl are read at the start: use set ssl cert")
