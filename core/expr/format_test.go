package expr

import (
	"testing"
)

func TestFormats(t *testing.T) {
	for _, tt := range []struct {
		text string
		p    Phase
		want string
	}{
		{"", Log, ""}, {"plain text", Log, "plain text"}, {"100%%", Log, "100%"}, {"%%%%a", Log, "%%a"},
		{"%ci:%cp %fi:%fp", Log, "10.1.2.3:4567 2001:db8::1:443"},
		{"%{+X}ci:%{+X}cp", Log, "0A010203:11D7"},
		{"%si:%sp", Log, "-:0"},
		{"%ft %b/%s %ST %B %ts", Log, "web app/s1 200 1234 --"},
		{"%HM %HP %HQ %HV %HU", Log, "GET /api/users ?id=1 HTTP/1.1 /api/users?id=1"},
		{"%r", Log, "GET /api/users?id=1 HTTP/1.1"},
		{"%{+Q}r", Log, `"GET /api/users?id=1 HTTP/1.1"`},
		{"%{+Q}o %r %b %{-Q}s", Log, `"GET /api/users?id=1 HTTP/1.1" "app" s1`},
		{"%{+Q,+X}o%b %{-X}cp", Log, `"app" "4567"`},
		{"%TR/%Tw/%Tc/%Tr/%Ta", Log, "2/0/3/4/20"},
		{"[%t] %ms %Ts", Log, "[02/Jan/2026:03:04:05.678] 678 1767323045"},
		{"%[str(abc),upper]", Log, "ABC"}, {"<%[int(5),add(1)]>", Log, "<6>"}, {"%[src]", Log, "10.1.2.3"},
		{"%[str(']')]", Log, "]"}, {"%[str(a%b)]", Log, "a%b"}, {"%[hdr(x)] %[last(x)]", Log, "one three"},
		{"a%[none]b", HTTPRequest, "ab"}, {"a%[none]b", Log, "a-b"}, {"%{+Q}[none]", Log, `""`}, {"%{+Q}[str(a)]", Log, `"a"`},
		{`%{+E}[str('a"b]c\')]`, HTTPRequest, `a\"b\]c\\`},
		{`%[str('a"b')]`, Log, "a#22b"}, {`%[str('a"b')]`, HTTPRequest, `a"b`},
		{"%[bin]", Log, "#00#0A#FF"}, {"%[bin]", HTTPRequest, "%00%0A\xff"}, {"%[bin]", HTTPResponse, "%00%0A\xff"}, {"%{+X}[bin]", HTTPRequest, "000AFF"}, {`%[str(a\tb)]`, HTTPRequest, "a\tb"},
		{"%(name)[str(a)] %(n:str)ST", Log, "a 200"},
		{"  a   %b  %{+Q}o %s ", Log, `a app "s1" `}, {"  a   %b", HTTPRequest, "  a   app"}, {"[%{+Q}hrl]", Log, "[]"}, {"%{+X}Tr %{+X}Ts", Log, "4 695735A5"},
		{"x %hr y", Log, "x y"}, {"x %hrl", Log, "x"},
	} {
		f, err := ParseFormat(testScope(t, tt.p), tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if got := string(f.Append(nil, testEnv())); got != tt.want {
			t.Errorf("%s in %s gives\n %q, want\n %q", tt.text, tt.p, got, tt.want)
		}
		if f.String() != tt.text {
			t.Errorf("%q is written %q", tt.text, f.String())
		}
	}
}

func TestCaptureVariables(t *testing.T) {
	e := testEnv()
	e.Stream.CapturedReq = [][]byte{[]byte("example.com"), nil, []byte("a|\n")}
	f, err := ParseFormat(testScope(t, Log), "%hr %hrl %{+Q}hrl")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(f.Append(nil, e)), `{example.com||a|#0A} "example.com" "" "a|#0A" "example.com" "" "a|#0A"`; got != want {
		t.Errorf("captured fields are written\n %s, want\n %s", got, want)
	}
}

func TestFormatLiteral(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		ok         bool
	}{{"", "", true}, {"a b", "a b", true}, {"50%%", "50%", true}, {"%ci", "", false}, {"a%[src]", "", false}} {
		f, err := ParseFormat(testScope(t, Log), tt.text)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := f.Literal(); got != tt.want || ok != tt.ok {
			t.Errorf("%q is the literal %q (%v)", tt.text, got, ok)
		}
	}
}

func TestFormatErrors(t *testing.T) {
	for _, tt := range []struct {
		text string
		off  int
		want string
	}{
		{"a %", 2, `unknown log variable "%"; write "%%" for a percent sign`},
		{"100% sure", 3, `unknown log variable "%"; write "%%" for a percent sign`},
		{"a %Stt", 2, `unknown log variable "%Stt"; did you mean "%ST"?`},
		{"a %[src", 2, "the bracket is not closed"},
		{"%[src,uper]", 6, `unknown converter "uper"; did you mean "upper"?`},
		{"ab%[srcc]", 4, `unknown fetch "srcc"; did you mean "src"?`},
		{"%[src ]", 5, `unexpected " " in the expression`},
		{"%[]", 2, `an expression must begin with the name of a sample fetch; such as "src" or "req.hdr(host)"`},
		{"%{+Q", 1, "the brace is not closed"},
		{"%(name", 1, "the parenthesis is not closed"},
		{"x%{Q}ci", 3, `invalid log-format flag "Q"; flags are Q, X and E, each after '+' or '-', as in %{+Q}r`},
		{"x%{+Q,+Z}ci", 6, `unknown log-format flag "Z"; the flags are Q (quote), X (hexadecimal) and E (escape)`},
		{"%[str(a]", 5, "the parenthesis is not closed"},
	} {
		_, err := ParseFormat(testScope(t, HTTPRequest), tt.text)
		wantError(t, tt.text, err, tt.off, tt.want)
	}
	sc := testScope(t, TCPContent)
	sc.HTTP = false
	_, err := ParseFormat(sc, "x %ST")
	wantError(t, "%ST in TCP mode", err, 2, "%ST is there in HTTP mode only")
	_, err = ParseFormat(sc, "x %[path]")
	wantError(t, "path in TCP mode", err, 4, `sample fetch "path" cannot be used in tcp-request content: what it reads is not there then; `+
		"it can be used in http-request, use-server, http-response, http-after-response, log")
}

func TestAllFormatsOfTheManualParse(t *testing.T) {
	for name, text := range map[string]string{"tcp": TCPLog, "http": HTTPLog, "clf": CLF, "error": ErrorLog} {
		f, err := ParseFormat(testScope(t, Log), text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		e := testEnv()
		if len(f.Append(nil, e)) == 0 {
			t.Errorf("%s writes nothing", name)
		}
	}
}

// Before a stream exists, variables of streams have nothing to say.
func TestFormatWithoutStream(t *testing.T) {
	for name := range aliases {
		e := testEnv()
		e.Stream = nil
		f, err := ParseFormat(testScope(t, Log), "%"+name)
		if err != nil {
			t.Fatalf("%%%s: %v", name, err)
		}
		f.Append(nil, e)
		if e.Stream != nil {
			t.Errorf("%%%s leaves a stream behind", name)
		}
	}
	e := testEnv()
	e.Stream = nil
	f, _ := ParseFormat(testScope(t, Log), "%ci %s %ts %TR [%tr]")
	if got, want := string(f.Append(nil, e)), "10.1.2.3 <NOSRV> -- -1 [02/Jan/2026:03:04:05.678]"; got != want {
		t.Errorf("without a stream: %q, want %q", got, want)
	}
}

func TestFormatDoesNotAllocate(t *testing.T) {
	e := testEnv()
	dst := make([]byte, 0, 4096)
	for _, text := range []string{"text", TCPLog, HTTPLog, CLF, "%[src] %[str(abc),upper] %[int(5),add(1)] %{+Q}[hdr(x)]", "%{+X}[bin]%[bin]"} {
		f, err := ParseFormat(testScope(t, Log), text)
		if err != nil {
			t.Fatal(err)
		}
		dst = f.Append(dst[:0], e)
		if n := testing.AllocsPerRun(100, func() { e.Recycle(); dst = f.Append(dst[:0], e) }); n != 0 {
			t.Errorf("%s allocates %v times", text, n)
		}
	}
}
