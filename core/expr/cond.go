package expr

// Cond is a parsed condition: groups of terms of which one group must hold
// wholly.
type Cond struct {
	text   string
	groups [][]term
	// Negate turns the result around, as unless does.
	Negate bool
}

type term struct {
	acl    *acl
	negate bool
}

// ParseCondition parses what follows if or unless (HAProxy manual section 7.2):
// ACL names and anonymous ACLs in braces, "!" before any of them, "or" or "||"
// between groups. Errors are *Error.
func ParseCondition(sc *Scope, text string) (*Cond, error) {
	words, err := splitWords(text)
	if err != nil {
		return nil, err
	}
	p := condParser{sc: sc, words: words, end: len(text)}
	c := &Cond{text: text}
	for {
		group, err := p.group()
		if err != nil {
			return nil, err
		}
		c.groups = append(c.groups, group)
		if p.done() {
			return c, nil
		}
		p.pos++ // "or"
	}
}

// String gives the condition as written.
func (c *Cond) String() string { return c.text }

// Eval reports whether the condition holds. When a fetch needed more bytes than
// there are, e.NeedMore is set and the result may change once they come.
func (c *Cond) Eval(e *Env) bool { return c.holds(e) != c.Negate }

func (c *Cond) holds(e *Env) bool {
	needed := e.NeedMore
	for _, g := range c.groups {
		all := true
		for i := range g {
			if g[i].acl.eval(e) == g[i].negate {
				all = false
				break
			}
		}
		if all {
			e.NeedMore = needed // more bytes would not change it
			return true
		}
	}
	return false
}

type condParser struct {
	sc    *Scope
	words []word
	pos   int
	end   int
}

func (p *condParser) done() bool { return p.pos >= len(p.words) }

// is reports whether the current word is one of those with a meaning of their own.
func (p *condParser) is(texts ...string) bool {
	if p.done() || p.words[p.pos].quoted {
		return false
	}
	for _, t := range texts {
		if p.words[p.pos].text == t {
			return true
		}
	}
	return false
}

// group parses terms up to "or" or the end.
func (p *condParser) group() ([]term, error) {
	var g []term
	for !p.done() && !p.is("or", "||") {
		t, err := p.term()
		if err != nil {
			return nil, err
		}
		g = append(g, t)
	}
	if len(g) == 0 {
		off := p.end
		if !p.done() {
			off = p.words[p.pos].off
		}
		return nil, &Error{Off: off, Msg: "a condition is missing here", Hint: `write ACL names or "{ path_beg /api }"`}
	}
	return g, nil
}

func (p *condParser) term() (t term, err error) {
	start := p.words[p.pos].off
	for p.is("!") {
		t.negate = !t.negate
		p.pos++
	}
	if p.done() {
		return t, errAt(start, `nothing follows the "!"`)
	}
	w := p.words[p.pos]
	for !w.quoted && len(w.text) > 1 && w.text[0] == '!' {
		t.negate = !t.negate
		w.text, w.off = w.text[1:], w.off+1
	}
	p.pos++
	if w.text == "{" && !w.quoted {
		t.acl, err = p.anonymous(w.off)
	} else {
		t.acl, err = p.sc.aclNamed(w)
	}
	if err != nil {
		return t, err
	}
	for _, x := range t.acl.tests {
		if err := x.expr.legalIn(p.sc.Phase); err != nil {
			return t, moved(err, w.off)
		}
	}
	return t, nil
}

// anonymous parses up to the closing brace.
func (p *condParser) anonymous(open int) (*acl, error) {
	from := p.pos
	for ; !p.done(); p.pos++ {
		if p.is("}") {
			t, err := p.sc.parseTest(p.words[from:p.pos], p.words[p.pos].off)
			p.pos++
			if err != nil {
				return nil, err
			}
			return &acl{tests: []*test{t}}, nil
		}
	}
	return nil, &Error{Off: open, Msg: "the brace is not closed", Hint: `braces are words of their own: "{ path_beg /api }"`}
}
