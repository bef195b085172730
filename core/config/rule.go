package config

import (
	"time"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// Rule is an action and its condition: { do = "deny", status = 429, if = "bad" },
// or "accept" for an action without settings. Keys besides those here are the
// action's.
type Rule struct {
	// Do is the action module.
	Do tree.Module `toml:",inline" module:"do"`
	// If is the condition under which the action is taken, Unless that under
	// which it is not (section 7.2). Default: always.
	If     tree.Text `toml:"if"`
	Unless tree.Text `toml:"unless"`

	// Pos is where the rule stands.
	Pos tree.Pos `toml:"-"`
}

// TCPRequest are the rules for bytes from clients: a table of lists, as in
// tcp-request = { content = [...] }, or a list of rules that say where they
// belong, as in { on = "connection", do = "reject", if = "bad" }.
type TCPRequest struct {
	// Connection are the rules for connections just accepted. Frontends.
	Connection []Rule `toml:"connection"`
	// Session are the rules once the session is made: after the PROXY protocol
	// and TLS. Frontends.
	Session []Rule `toml:"session"`
	// Content are the rules for the first bytes.
	Content []Rule `toml:"content"`
	// InspectDelay is how long content rules may wait for bytes. Default 0:
	// they take what is there.
	InspectDelay time.Duration `toml:"inspect-delay"`
}

// DecodeNode reads either form.
func (t *TCPRequest) DecodeNode(n *tree.Node) error {
	if n.Kind == tree.Table {
		type plain TCPRequest // without this method
		return n.Decode((*plain)(t))
	}
	var list []struct {
		Rule
		On string `toml:"on,required" enum:"connection|session|content"`
	}
	err := n.Decode(&list)
	for _, r := range list {
		switch r.On {
		case "connection":
			t.Connection = append(t.Connection, r.Rule)
		case "session":
			t.Session = append(t.Session, r.Rule)
		case "content":
			t.Content = append(t.Content, r.Rule)
		}
	}
	return err
}

// TCPResponse are the rules for the first bytes from servers: a list, or a table
// with the list and the delay.
type TCPResponse struct {
	// Content are the rules.
	Content []Rule `toml:"content"`
	// InspectDelay is how long they may wait for bytes. Default 0: they take
	// what is there.
	InspectDelay time.Duration `toml:"inspect-delay"`
}

// DecodeNode reads either form.
func (t *TCPResponse) DecodeNode(n *tree.Node) error {
	if n.Kind == tree.Table {
		type plain TCPResponse // without this method
		return n.Decode((*plain)(t))
	}
	var list []struct {
		Rule
		On string `toml:"on" enum:"content"`
	}
	err := n.Decode(&list)
	for _, r := range list {
		t.Content = append(t.Content, r.Rule)
	}
	return err
}

// UseBackend is a rule that chooses the backend: { backend = "api", if = "is_api" }
// (section 4.2 "use_backend").
type UseBackend struct {
	// Backend is the backend's name, or a log-format string that makes it.
	Backend tree.Text `toml:"backend,required,short"`
	// If is the condition for it, Unless that against it. Default: always.
	If     tree.Text `toml:"if"`
	Unless tree.Text `toml:"unless"`

	// Pos is where the rule stands.
	Pos tree.Pos `toml:"-"`
}

// UseServer is a rule that chooses a server: { server = "a", if = "is_admin" }
// (section 4.2 "use-server").
type UseServer struct {
	// Server is the server's name, or a log-format string that makes it.
	Server tree.Text `toml:"server,required"`
	// If is the condition for it, Unless that against it. One of them is needed.
	If     tree.Text `toml:"if"`
	Unless tree.Text `toml:"unless"`

	// Pos is where the rule stands.
	Pos tree.Pos `toml:"-"`
}

// MonitorFail is a condition under which monitor-uri answers 503.
type MonitorFail struct {
	// If is the condition to fail, Unless that to succeed.
	If     tree.Text `toml:"if"`
	Unless tree.Text `toml:"unless"`

	// Pos is where the condition stands.
	Pos tree.Pos `toml:"-"`
}
