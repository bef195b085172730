package mptcp

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// message builds a datagram of one message.
func message(kind, flags uint16, seq uint32, data []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(netlinkHeader+len(data)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, flags)
	b = binary.NativeEndian.AppendUint32(b, seq)
	b = append(b, 0, 0, 0, 0)
	return append(b, data...)
}

func refusal(errno int32, original []byte, text string) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(errno))
	b = append(b, original...)
	if text != "" {
		var a attrs
		a.uint32(unix.NLMSGERR_ATTR_OFFS, 16)
		a.bytes(unix.NLMSGERR_ATTR_MSG, append([]byte(text), 0))
		b = append(b, a...)
	}
	return b
}

func TestAnswers(t *testing.T) {
	var payload attrs
	payload.uint32(pmAttrSubflows, 7)
	generic := append([]byte{pmGetLimits, genericVersion, 0, 0}, payload...)
	request := genericMessage(30, unix.NLM_F_REQUEST, 9, pmGetLimits, nil)
	ok := message(unix.NLMSG_ERROR, 0, 9, refusal(0, request, ""))
	join := func(parts ...[]byte) (b []byte) {
		for _, p := range parts {
			b = append(b, p...)
		}
		return b
	}
	for _, c := range []struct {
		name string
		in   []byte
		seen int
		done bool
		err  string
	}{
		{"answer and ack", join(message(30, 0, 9, generic), ok), 1, true, ""},
		{"answer only", message(30, 0, 9, generic), 1, false, ""},
		{"of another request", join(message(30, 0, 8, generic), message(unix.NLMSG_ERROR, 0, 8, refusal(-1, request, ""))), 0, false, ""},
		{"dump", join(message(30, unix.NLM_F_MULTI, 9, generic), message(30, unix.NLM_F_MULTI, 9, generic), message(unix.NLMSG_DONE, 0, 9, []byte{0, 0, 0, 0})), 2, true, ""},
		{"done without a number", message(unix.NLMSG_DONE, 0, 9, nil), 0, true, ""},
		{"dump that failed", message(unix.NLMSG_DONE, 0, 9, refusal(-int32(unix.EPERM), nil, "")), 0, true, "operation not permitted"},
		{"dump that changed", join(message(30, unix.NLM_F_DUMP_INTR, 9, generic), message(unix.NLMSG_DONE, 0, 9, nil)), 1, true, errInterrupted.Error()},
		{"refused", message(unix.NLMSG_ERROR, 0, 9, refusal(-int32(unix.EINVAL), request, "")), 0, true, "invalid argument"},
		{"refused with a reason", message(unix.NLMSG_ERROR, unix.NLM_F_ACK_TLVS, 9, refusal(-int32(unix.EINVAL), request, "bad address")), 0, true, "bad address (invalid argument)"},
		{"capped, with a reason", message(unix.NLMSG_ERROR, unix.NLM_F_ACK_TLVS|unix.NLM_F_CAPPED, 9, refusal(-int32(unix.EINVAL), request[:16], "bad address")), 0, true, "bad address (invalid argument)"},
		{"reason cut short", message(unix.NLMSG_ERROR, unix.NLM_F_ACK_TLVS|unix.NLM_F_CAPPED, 9, append(refusal(-int32(unix.EINVAL), request[:16], ""), 1)), 0, true, "invalid argument\n" + errShort.Error()},
		{"original longer than all", message(unix.NLMSG_ERROR, unix.NLM_F_ACK_TLVS, 9, refusal(-int32(unix.EINVAL), request[:16], "")), 0, true, errShort.Error()},
		{"impossible number", message(unix.NLMSG_ERROR, 0, 9, refusal(5, request, "")), 0, true, "impossible error number 5"},
		{"lost", message(unix.NLMSG_OVERRUN, 0, 9, nil), 0, true, "lost"},
		{"no generic header", message(30, 0, 9, []byte{1, 1}), 0, true, errShort.Error()},
		{"header cut short", make([]byte, 15), 0, true, errShort.Error()},
		{"longer than the datagram", message(30, 0, 9, generic)[:20], 0, true, errShort.Error()},
		{"length 0", make([]byte, 16), 0, true, errShort.Error()},
	} {
		seen := 0
		r := answers{seq: 9, each: func(b []byte) error {
			seen++
			l, err := parseLimits(b)
			if l.Subflows != 7 {
				t.Errorf("%s: %+v, %v", c.name, l, err)
			}
			return err
		}}
		done, err := r.datagram(c.in)
		if done != c.done || seen != c.seen || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: done %v, %d seen, error %v", c.name, done, seen, err)
		}
	}
}

func TestParseRefused(t *testing.T) {
	build := func(kind uint16, value ...byte) []byte {
		var a attrs
		a.bytes(kind, value)
		return a
	}
	for name, b := range map[string][]byte{
		"no address":             build(addrAttrID, 1),
		"short IPv4 address":     build(addrAttrAddr4, 10, 0, 0),
		"long IPv6 address":      build(addrAttrAddr6, make([]byte, 17)...),
		"long id":                build(addrAttrID, 1, 2),
		"short port":             build(addrAttrPort, 1),
		"short flags":            build(addrAttrFlags, 1, 0),
		"short device":           build(addrAttrIfIdx),
		"attribute past the end": {8, 0, 1, 0},
		"attribute of 3 bytes":   {3, 0, 1, 0},
		"half a header":          {8, 0},
	} {
		if e, _, err := parseEndpoint(b); err == nil {
			t.Errorf("%s: got %s", name, e)
		}
	}
	if _, err := parseLimits(build(pmAttrSubflows, 1)); err == nil {
		t.Error("a limit of one byte was taken")
	}
}

func TestUnknownFamily(t *testing.T) {
	g, err := openGenl()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := g.family("no_such_family"); !errors.Is(err, unix.ENOENT) {
		t.Errorf("got %v", err)
	}
}

func FuzzAnswers(f *testing.F) {
	e := Endpoint{ID: 3, Addr: addr("10.0.1.1"), Port: 80, Signal: true}
	var a attrs
	a.nested(pmAttrAddr, endpointAttrs(e, 2))
	f.Add(message(30, unix.NLM_F_MULTI, 9, append([]byte{3, 1, 0, 0}, a...)))
	f.Add(message(unix.NLMSG_ERROR, unix.NLM_F_ACK_TLVS|unix.NLM_F_CAPPED, 9, refusal(-22, make([]byte, 16), "bad")))
	f.Add(message(unix.NLMSG_DONE, 0, 9, []byte{0, 0, 0, 0}))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := answers{seq: 9, each: func(b []byte) error {
			if _, err := parseLimits(b); err != nil {
				return err
			}
			return eachAttr(b, func(_ uint16, value []byte) error {
				e, device, err := parseEndpoint(value)
				if err != nil {
					return err
				}
				e.Implicit = false // which is only read
				again, index, err := parseEndpoint(endpointAttrs(e, device))
				if err != nil || again != e || index != device {
					t.Errorf("%s on %d became %s on %d, %v", e, device, again, index, err)
				}
				return nil
			})
		}}
		if done, err := r.datagram(b); err != nil && !done {
			t.Errorf("an error and not done: %v", err)
		}
	})
}
