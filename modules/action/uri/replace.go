package uri

import (
	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/action/internal/replace"
	"github.com/fairleadproxy/fairlead/modules/action/internal/target"
)

func init() {
	for _, a := range []struct {
		name, doc string
		run       func(*replace.Replacer, *action.Tx)
	}{
		{"replace-path", "Replaces the path when it matches", replacePath},
		{"replace-pathq", "Replaces the path with the query when they match", replacePathq},
		{"replace-uri", "Replaces the whole request target when it matches", replaceURI},
	} {
		module.Register(action.Kind, a.name, module.Spec[replace.Config, action.Action]{
			Doc: a.doc,
			New: func(_ *module.Context, c replace.Config) (action.Action, error) {
				r, err := replace.New(c)
				return &replacer{r, a.run}, err
			},
		})
	}
}

type replacer struct {
	replace.Replacer
	run func(*replace.Replacer, *action.Tx)
}

func (*replacer) Phases() expr.Phases { return action.Requests }

func (a *replacer) Run(tx *action.Tx) action.Verdict {
	a.run(&a.Replacer, tx)
	return action.Continue
}

func replacePath(r *replace.Replacer, tx *action.Tx) {
	before, path, query := target.Split(tx.Req.Target())
	if !target.HasPath(tx.Req) {
		return
	}
	if out, ok := r.Whole(tx, path); ok {
		target.Set(tx, before, target.Escape(tx, out), query)
	}
}

func replacePathq(r *replace.Replacer, tx *action.Tx) {
	before, _, _ := target.Split(tx.Req.Target())
	if !target.HasPath(tx.Req) {
		return
	}
	if out, ok := r.Whole(tx, tx.Req.Target()[len(before):]); ok {
		target.Set(tx, before, target.Escape(tx, out), nil)
	}
}

func replaceURI(r *replace.Replacer, tx *action.Tx) {
	if out, ok := r.Whole(tx, tx.Req.Target()); ok {
		target.SetWhole(tx, target.Escape(tx, out))
	}
}
