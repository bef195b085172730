package uri

import (
	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/action/internal/replace"
)

func init() {
	for _, a := range []struct {
		name, doc string
		subject   subject
	}{
		{"replace-path", "Replaces what matches in the path", ofPath},
		{"replace-pathq", "Replaces what matches in the path with the query", ofPathq},
		{"replace-uri", "Replaces what matches in the whole request target", ofTarget},
	} {
		module.Register(action.Kind, a.name, module.Spec[replace.Config, action.Action]{
			Doc: a.doc,
			New: func(_ *module.Context, c replace.Config) (action.Action, error) {
				r, err := replace.New(c)
				return &replacer{r, a.subject}, err
			},
		})
	}
}

// subject gives the part of the target that is matched, and what stands before
// and after it.
type subject func(target []byte) (before, part, after []byte)

func ofPath(t []byte) (before, part, after []byte) { return split(t) }

func ofPathq(t []byte) (before, part, after []byte) {
	before, _, _ = split(t)
	return before, t[len(before):], nil
}

func ofTarget(t []byte) (before, part, after []byte) { return nil, t, nil }

type replacer struct {
	replace.Replacer
	of subject
}

func (*replacer) Phases() expr.Phases { return action.Requests }

func (a *replacer) Run(tx *action.Tx) action.Verdict {
	before, part, after := a.of(tx.Req.Target())
	if out, ok := a.Whole(tx, part); ok {
		for i, c := range out {
			if c == ' ' || c == '\t' {
				out[i] = '+'
			}
		}
		join(tx, before, out, after)
	}
	return action.Continue
}
