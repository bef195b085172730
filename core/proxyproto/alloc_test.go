package proxyproto

import "testing"

func TestNoAllocation(t *testing.T) {
	v1 := AppendV1(nil, src6, dst6)
	unknown := []byte("PROXY UNKNOWN\r\n")
	v2, err := AppendV2(nil, Header{Transport: TCP6, Src: src6, Dst: dst6, TLVs: AppendChecksum([]byte(alpnH2))})
	if err != nil {
		t.Fatal(err)
	}
	tlvs := AppendChecksum([]byte(alpnH2))
	out := make([]byte, 0, 256)
	parse := func(b []byte) func() {
		return func() {
			if _, n, err := Parse(b); n != len(b) || err != nil {
				t.Error(n, err)
			}
		}
	}
	for name, do := range map[string]func(){
		"parsing version 1":         parse(v1),
		"parsing version 1 unknown": parse(unknown),
		"parsing version 2":         parse(v2),
		"an incomplete header": func() {
			if _, _, err := Parse(v2[:20]); err != ErrIncomplete {
				t.Error(err)
			}
		},
		"writing version 1": func() { out = AppendV1(out[:0], src6, dst4) },
		"writing version 2": func() {
			h := NewHeader(src4, dst4)
			h.TLVs = tlvs
			b, err := AppendV2(out[:0], h)
			if err != nil {
				t.Error(err)
			}
			out = b
		},
		"walking TLVs": func() {
			n := 0
			for _, v := range All(tlvs) {
				n += len(v)
			}
			if n != 6 {
				t.Error(n)
			}
		},
	} {
		if n := testing.AllocsPerRun(100, do); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

func BenchmarkParseV1(b *testing.B) { benchmarkParse(b, AppendV1(nil, src6, dst6)) }

func BenchmarkParseV2(b *testing.B) {
	h := NewHeader(src4, dst4)
	h.TLVs = []byte(alpnH2)
	in, err := AppendV2(nil, h)
	if err != nil {
		b.Fatal(err)
	}
	benchmarkParse(b, in)
}

func benchmarkParse(b *testing.B, in []byte) {
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Parse(in); err != nil {
			b.Fatal(err)
		}
	}
}
