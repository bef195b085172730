package expr

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/module"
)

// acl is a named or anonymous ACL: it holds when any of its tests does.
type acl struct {
	name  string
	tests []*test
}

// test is one line of an ACL: a criterion, and patterns that it is matched against.
type test struct {
	expr  *Expr
	found bool // -m found: any value will do
	set   PatternSet
	in    Type // what the matcher takes
}

func (a *acl) eval(e *Env) bool {
	for _, t := range a.tests {
		if t.eval(e) {
			return true
		}
	}
	return false
}

func (t *test) eval(e *Env) bool {
	s := e.Borrow()
	defer e.GiveBack()
	if !t.expr.fetch.Multi {
		return t.expr.Eval(e, s) && t.matches(e, s)
	}
	v := e.Borrow()
	defer e.GiveBack()
	for t.expr.fetch.Eval(e, t.expr.args, s) {
		*v = *s
		if t.expr.convert(e, v) && t.matches(e, v) {
			return true
		}
	}
	return false
}

func (t *test) matches(e *Env, s *Sample) bool {
	if t.found {
		return true
	}
	return Cast(e, s, t.in) && t.set.Match(e, s)
}

// suffixes are the match methods that a criterion's name may end in, as in
// path_beg or hdr_sub(host).
var suffixes = []string{"beg", "dir", "dom", "end", "len", "reg", "sub", "str", "int", "ip"}

// defaultMatch gives the match method for a type when none is named.
var defaultMatch = [...]string{Any: "str", Bool: "bool", Int: "int", IP: "ip", Str: "str", Bin: "bin", Method: "str"}

// predefined are the ACLs that need no definition (HAProxy manual section 7.4).
var predefined = map[string]string{
	"FALSE": "always_false", "TRUE": "always_true", "HTTP": "req.proto_http", "HTTP_1.0": "req.ver 1.0", "HTTP_1.1": "req.ver 1.1",
	"HTTP_2.0": "req.ver 2.0", "HTTP_3.0": "req.ver 3.0", "HTTP_CONTENT": "req.hdr_val(content-length) gt 0",
	"HTTP_URL_ABS": "url_reg ^[^/:]*://", "HTTP_URL_SLASH": "url_beg /", "HTTP_URL_STAR": "url *", "LOCALHOST": "src 127.0.0.1/8 ::1",
	"METH_CONNECT": "method CONNECT", "METH_DELETE": "method DELETE", "METH_GET": "method GET HEAD", "METH_HEAD": "method HEAD",
	"METH_OPTIONS": "method OPTIONS", "METH_POST": "method POST", "METH_PUT": "method PUT", "METH_TRACE": "method TRACE",
	"RDP_COOKIE": "req.rdp_cookie_cnt gt 0", "REQ_CONTENT": "req.len gt 0", "WAIT_END": "wait_end",
}

// DefineACL defines a named ACL by one or more lines, any of which makes it
// hold; what was defined under the name before stays.
func (sc *Scope) DefineACL(name string, lines []string) error {
	if !validACL(name) {
		return &Error{Msg: "invalid ACL name " + quote(name), Hint: "use letters, digits, '-', '_', '.' and ':'"}
	}
	a := sc.acls[name]
	if a == nil {
		a = &acl{name: name}
		sc.acls[name] = a // also where a line is wrong: one error is enough
	}
	for _, line := range lines {
		words, err := splitWords(line)
		if err != nil {
			return err
		}
		t, err := sc.parseTest(words, len(line))
		if err != nil {
			return err
		}
		a.tests = append(a.tests, t)
	}
	return nil
}

func validACL(name string) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("-_.:", c) {
			return false
		}
	}
	return name != "" && name != "or"
}

// joins reports whether a word is what other languages join conditions with.
func joins(word string) bool { return word == "&&" || word == "," || strings.EqualFold(word, "and") }

// aclNamed finds an ACL, also a predefined one.
func (sc *Scope) aclNamed(w word) (*acl, error) {
	if a := sc.acls[w.text]; a != nil {
		return a, nil
	}
	line, ok := predefined[w.text]
	if !ok {
		names := slices.Sorted(maps.Keys(sc.acls))
		err := errAt(w.off, "there is no ACL %s", quote(w.text))
		switch near := module.Suggest(w.text, names); {
		case joins(w.text):
			err.Hint = "what stands side by side must all hold: leave it out"
		case strings.EqualFold(w.text, "not"):
			err.Hint = `write "!" before what must not hold`
		case near != "":
			err.Hint = "did you mean " + quote(near) + "?"
		default:
			err.Hint = `define it under acl, or write an anonymous one: "{ path_beg /api }"`
		}
		return nil, err
	}
	words, err := splitWords(line)
	if err != nil {
		return nil, err
	}
	t, err := sc.parseTest(words, len(line))
	if err != nil {
		return nil, moved(errAt(0, "predefined ACL %s: %v", w.text, err), w.off)
	}
	return &acl{name: w.text, tests: []*test{t}}, nil
}

// parseTest parses criterion, flags and patterns.
func (sc *Scope) parseTest(words []word, end int) (*test, error) {
	if len(words) == 0 {
		return nil, &Error{Off: end, Msg: "an ACL needs a criterion", Hint: `such as "path_beg /api" or "src 10.0.0.0/8"`}
	}
	x, method, err := sc.criterion(words[0])
	if err != nil {
		return nil, err
	}
	f, err := sc.flags(words[1:])
	if err != nil {
		return nil, err
	}
	if f.method != "" {
		method = f.method
	}
	if method == "" {
		method = defaultMatch[x.out]
	}
	t := &test{expr: x}
	if method == "found" {
		t.found = true
		return t, nil
	}
	m, err := MatcherKind.Record(sc.Registry, method)
	if err != nil {
		return nil, errAt(f.methodAt(words[0].off), "%v", err)
	}
	if !castable(x.out, m.In) {
		return nil, errAt(words[0].off, "match method %s takes values of type %s, but %s gives %s", method, m.In, quote(x.text), x.out)
	}
	if len(f.patterns) == 0 && method != "bool" {
		return nil, &Error{Off: end, Msg: "the criterion " + quote(words[0].text) + " has no patterns to match", Hint: "add some, or use -m found"}
	}
	if t.set, err = m.Compile(f.patterns, f.fold); err != nil {
		return nil, errAt(f.at, "%v", err)
	}
	t.in = m.In
	return t, nil
}

// criterion parses the first word: an expression, or one whose fetch has a
// match method's name appended.
func (sc *Scope) criterion(w word) (*Expr, string, error) {
	name, n := cutName(w.text)
	if _, err := FetchKind.Record(sc.Registry, name); err != nil {
		if i := strings.LastIndexByte(name, '_'); i > 0 {
			for _, s := range suffixes {
				if name[i+1:] != s {
					continue
				}
				if _, err := FetchKind.Record(sc.Registry, name[:i]); err == nil {
					x, err := sc.whole(name[:i]+w.text[n:], w)
					var e *Error
					if errors.As(err, &e) && e.Off > w.off {
						e.Off += n - i // of the text with the suffix
					}
					return x, s, err
				}
			}
		}
	}
	x, err := sc.whole(w.text, w)
	if err != nil {
		return nil, "", err
	}
	return x, "", nil
}

func (sc *Scope) whole(text string, w word) (*Expr, error) {
	x, n, err := parseExpr(sc, text)
	if err != nil {
		return nil, moved(err, w.off)
	}
	if n != len(text) {
		return nil, errAt(w.off+n, "unexpected %s after the criterion", quote(text[n:]))
	}
	return x, nil
}

// aclFlags are what stands between criterion and patterns, and the patterns.
type aclFlags struct {
	fold     bool
	method   string
	methodW  int
	patterns []string
	at       int // where the patterns begin
}

func (f *aclFlags) methodAt(otherwise int) int {
	if f.method != "" {
		return f.methodW
	}
	return otherwise
}

func (sc *Scope) flags(words []word) (*aclFlags, error) {
	f := &aclFlags{}
	for i := 0; i < len(words); i++ {
		w := words[i]
		f.at = w.off
		if w.quoted || len(w.text) < 2 || w.text[0] != '-' || w.text[1] >= '0' && w.text[1] <= '9' {
			for _, p := range words[i:] {
				f.patterns = append(f.patterns, p.text)
			}
			return f, nil
		}
		value := func() (string, error) {
			if i++; i >= len(words) {
				return "", errAt(w.off, "flag %s needs a value", w.text)
			}
			return words[i].text, nil
		}
		var err error
		switch w.text {
		case "-i":
			f.fold = true
		case "-n", "-M":
			// No name resolution is ever done; map files may be given as patterns.
		case "-u":
			_, err = value()
		case "-m":
			f.methodW = w.off
			f.method, err = value()
		case "-f":
			var name string
			if name, err = value(); err == nil {
				err = sc.patternFile(f, name, w.off)
			}
		case "--":
			for _, p := range words[i+1:] {
				f.patterns = append(f.patterns, p.text)
			}
			return f, nil
		default:
			err = &Error{Off: w.off, Msg: "unknown ACL flag " + quote(w.text), Hint: "the flags are -i -n -m -f -M -u; write -- before patterns that begin with '-'"}
		}
		if err != nil {
			return nil, err
		}
	}
	return f, nil
}

// patternFile adds the patterns of a file, one a line; empty lines and those
// that begin with '#' do not count.
func (sc *Scope) patternFile(f *aclFlags, name string, off int) error {
	read := sc.ReadFile
	if read == nil {
		read = os.ReadFile
	}
	b, err := read(name)
	if err != nil {
		return errAt(off, "pattern file: %v", err)
	}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line != "" && line[0] != '#' {
			f.patterns = append(f.patterns, line)
		}
	}
	return nil
}
