package config

import (
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// Options are the names that option lists (section 4.2 "option"). All but
// abortonclose are off by default.
type Options struct {
	// Connection is "http-keep-alive", "http-server-close" or "httpclose".
	// Default "": keep-alive.
	Connection string
	// LogFormat is "tcplog", "httplog", "httpslog" or "clf". Default "".
	LogFormat string
	// Redispatch is at which retries another server is tried: n for every nth, -n
	// for the nth from the last, 0 for none. "redispatch" alone is -1.
	Redispatch int

	Dontlognull       bool // no log line for connections without data
	DontlogNormal     bool // no log line for what succeeded
	LogSeparateErrors bool // failed streams are logged at level err
	Logasap           bool // log before the end of the stream
	LogHealthChecks   bool // log every check of a server

	// Abortonclose takes a client that closes its half, before its TLS handshake or
	// while its request waits for a server, for one that has left. Default nil: so it
	// is for handshakes, and in backends with mode http.
	Abortonclose *bool

	Allbackups       bool // use all backup servers at once
	Persist          bool // use a cookie's server even when it is down
	DisableH2Upgrade bool // clients without TLS do not change to HTTP/2
	HTTPIgnoreProbes bool // say nothing to connections without a request
	TCPKA            bool // TCP keep-alive on both sides
	CliTCPKA         bool // TCP keep-alive towards clients
	SrvTCPKA         bool // TCP keep-alive towards servers

	forwardfor, forwarded, originalto bool // for the keys of these names
}

// side is where an option has a meaning.
type side uint8

const (
	front side = 1 << iota
	back
	both = front | back
)

// option is one that may be listed.
type option struct {
	name string
	side side
	flag func(*Options) *bool
	set  func(o *Options, on bool, arg string) bool // false: the argument is wrong
	args string                                     // what may follow the name
}

// optionTable is made anew for each use, being no state of the package.
func optionTable() []option {
	return []option{
		{name: "abortonclose", side: both, set: abortonclose},
		{name: "allbackups", side: back, flag: func(o *Options) *bool { return &o.Allbackups }},
		{name: "clf", side: front, set: logOption("clf")},
		{name: "clitcpka", side: front, flag: func(o *Options) *bool { return &o.CliTCPKA }},
		{name: "disable-h2-upgrade", side: front, flag: func(o *Options) *bool { return &o.DisableH2Upgrade }},
		{name: "dontlog-normal", side: front, flag: func(o *Options) *bool { return &o.DontlogNormal }},
		{name: "dontlognull", side: front, flag: func(o *Options) *bool { return &o.Dontlognull }},
		{name: "forwarded", side: back, flag: func(o *Options) *bool { return &o.forwarded }},
		{name: "forwardfor", side: both, flag: func(o *Options) *bool { return &o.forwardfor }},
		{name: "http-ignore-probes", side: front, flag: func(o *Options) *bool { return &o.HTTPIgnoreProbes }},
		{name: "http-keep-alive", side: both, set: connectionOption("http-keep-alive")},
		{name: "http-server-close", side: both, set: connectionOption("http-server-close")},
		{name: "httpclose", side: both, set: connectionOption("httpclose")},
		{name: "httplog", side: front, set: httplog, args: "clf or nothing"},
		{name: "httpslog", side: front, set: logOption("httpslog")},
		{name: "log-health-checks", side: back, flag: func(o *Options) *bool { return &o.LogHealthChecks }},
		{name: "log-separate-errors", side: front, flag: func(o *Options) *bool { return &o.LogSeparateErrors }},
		{name: "logasap", side: front, flag: func(o *Options) *bool { return &o.Logasap }},
		{name: "originalto", side: both, flag: func(o *Options) *bool { return &o.originalto }},
		{name: "persist", side: back, flag: func(o *Options) *bool { return &o.Persist }},
		{name: "redispatch", side: back, set: redispatch, args: "a number that is not 0, or nothing"},
		{name: "srvtcpka", side: back, flag: func(o *Options) *bool { return &o.SrvTCPKA }},
		{name: "tcpka", side: both, flag: func(o *Options) *bool { return &o.TCPKA }},
		{name: "tcplog", side: front, set: logOption("tcplog")},
	}
}

// elsewhere says how options are written here that are no options any more.
func elsewhere(name string) string {
	switch name {
	case "httpchk":
		return `write check = { type = "http", path = "/" }`
	case "tcp-check":
		return `write check = { type = "tcp" }`
	case "splice-auto", "splice-request", "splice-response", "http-no-delay", "idle-close-on-response":
		return "leave it out: it is always so"
	case "external-check", "ldap-check", "mysql-check", "pgsql-check", "redis-check", "smtpchk", "spop-check", "ssl-hello-chk":
		return "write check = with the name of a check module"
	}
	return ""
}

// DecodeNode reads a name or a list of names, each after "no " to take it back.
func (o *Options) DecodeNode(n *tree.Node) error {
	var list tree.OneOrMany[tree.Text]
	errs := &tree.Errors{}
	if err := n.Decode(&list); err != nil {
		return err
	}
	table := optionTable()
	for _, t := range list {
		o.apply(table, t, errs)
	}
	return errs.Err()
}

func (o *Options) apply(table []option, t tree.Text, errs *tree.Errors) {
	opt, arg, on := findOption(table, t.Value)
	if opt == nil {
		name := optionName(t.Value)
		e := t.Fail(errs, len(t.Value)-len(strings.TrimPrefix(t.Value, "no ")), "unknown option %q", name)
		if e.Hint = elsewhere(name); e.Hint == "" {
			names := make([]string, len(table))
			for i := range table {
				names[i] = table[i].name
			}
			e.Suggest(name, names)
		}
		return
	}
	switch {
	case opt.set != nil:
		if !opt.set(o, on, arg) {
			t.Fail(errs, strings.Index(t.Value, opt.name), "option %s has a wrong argument", opt.name).Hint = "it takes " + opt.argument()
		}
	case arg != "":
		e := t.Fail(errs, strings.LastIndex(t.Value, arg), "option %s takes no argument", opt.name)
		if opt.name == "forwardfor" || opt.name == "forwarded" || opt.name == "originalto" {
			e.Hint = "write " + opt.name + " = { ... } beside option"
		}
	default:
		*opt.flag(o) = on
	}
}

func (o *option) argument() string {
	if o.args == "" {
		return "none"
	}
	return o.args
}

// optionName gives the name in a list's entry.
func optionName(text string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(text, "no "), " ")
	return name
}

func findOption(table []option, text string) (opt *option, arg string, on bool) {
	name, arg, _ := strings.Cut(strings.TrimPrefix(text, "no "), " ")
	for i := range table {
		if table[i].name == name {
			return &table[i], arg, !strings.HasPrefix(text, "no ")
		}
	}
	return nil, "", false
}

func logOption(name string) func(*Options, bool, string) bool {
	return func(o *Options, on bool, arg string) bool {
		if on {
			o.LogFormat = name
		} else if o.LogFormat == name {
			o.LogFormat = ""
		}
		return arg == ""
	}
}

func abortonclose(o *Options, on bool, arg string) bool {
	o.Abortonclose = &on
	return arg == ""
}

func httplog(o *Options, on bool, arg string) bool {
	if arg == "clf" {
		return logOption("clf")(o, on, "")
	}
	return logOption("httplog")(o, on, arg)
}

func connectionOption(name string) func(*Options, bool, string) bool {
	return func(o *Options, on bool, arg string) bool {
		if on {
			o.Connection = name
		} else if o.Connection == name {
			o.Connection = ""
		}
		return arg == ""
	}
}

func redispatch(o *Options, on bool, arg string) bool {
	if !on {
		o.Redispatch = 0
		return arg == ""
	}
	o.Redispatch = -1
	if arg == "" {
		return true
	}
	n, err := strconv.Atoi(arg)
	o.Redispatch = n
	return err == nil && n != 0
}
