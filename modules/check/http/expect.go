package http

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/core/health"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/module"
)

// Expect is what a response has to be like. One of the first four is given.
type Expect struct {
	// Status are statuses and ranges, such as "200-299,401".
	Status string `toml:"status,short"`
	// RStatus is a regular expression for the status.
	RStatus string `toml:"rstatus"`
	// String is what has to be in the body.
	String string `toml:"string"`
	// RString is a regular expression for the body.
	RString string `toml:"rstring"`
	// Not turns it around. Default false.
	Not bool `toml:"not"`
}

// expectation judges responses.
type expectation struct {
	ranges  [][2]int
	rstatus *regexp.Regexp
	text    []byte
	rtext   *regexp.Regexp
	not     bool
}

func newExpectation(c Expect) (e expectation, err error) {
	e.not = c.Not
	given := 0
	for _, s := range []string{c.Status, c.RStatus, c.String, c.RString} {
		if s != "" {
			given++
		}
	}
	switch {
	case given > 1:
		return e, module.Wrong("expect", "write one of status, rstatus, string and rstring")
	case given == 0 && c.Not:
		return e, module.Wrong("expect", "not turns nothing around")
	case c.RStatus != "":
		e.rstatus, err = regexp.Compile(c.RStatus)
	case c.String != "":
		e.text = []byte(c.String)
	case c.RString != "":
		e.rtext, err = regexp.Compile(c.RString)
	case c.Status == "":
		e.ranges = [][2]int{{200, 399}}
	default:
		e.ranges, err = parseRanges(c.Status)
	}
	if err != nil {
		err = module.Wrong("expect", "%w", err)
	}
	return e, err
}

func parseRanges(text string) (out [][2]int, err error) {
	for part := range strings.SplitSeq(text, ",") {
		low, high, two := strings.Cut(strings.TrimSpace(part), "-")
		if !two {
			high = low
		}
		a, err1 := strconv.Atoi(low)
		b, err2 := strconv.Atoi(high)
		if err1 != nil || err2 != nil || a < 100 || b > 999 || a > b {
			return nil, fmt.Errorf("%q is neither a status nor a range such as 200-299", part)
		}
		out = append(out, [2]int{a, b})
	}
	return out, nil
}

// body reports whether the body is looked at.
func (e *expectation) body() bool { return e.text != nil || e.rtext != nil }

func (e *expectation) judge(status int, body []byte) health.Result {
	met := false
	switch {
	case e.text != nil:
		met = bytes.Contains(body, e.text)
	case e.rtext != nil:
		met = e.rtext.Match(body)
	case e.rstatus != nil:
		met = e.rstatus.MatchString(strconv.Itoa(status))
	default:
		for _, r := range e.ranges {
			met = met || r[0] <= status && status <= r[1]
		}
	}
	r := health.Result{OK: met != e.not, Code: "L7OK", Status: status, Desc: httpmsg.StatusText(status)}
	switch {
	case r.OK:
	case e.body():
		r.Code, r.Desc = "L7RSP", "the body is not as expected"
	default:
		r.Code = "L7STS"
	}
	return r
}
