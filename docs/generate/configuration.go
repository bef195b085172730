package main

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/docs/generate/reference"
)

// section is a table at the top level of a configuration.
type section struct {
	title, text string
	types       []reflect.Type // whose keys it takes; none: as the text says
}

var sections = []section{
	{"[global]", "What concerns the process. A reload takes up `hard-stop-after`, `log`, `log-tag`, `log-send-hostname`, " +
		"`mptcp-fallback`, `mptcp`, `spread-checks`, and what it says of TLS but for `maxsslconn` and `maxsslrate`; the other keys hold from the start to the end of the process.", []reflect.Type{reflect.TypeFor[config.Global]()}},
	{"[defaults] and [defaults.NAME]", "Settings that frontends and backends start from: all keys of " +
		"[frontend.NAME](#frontendname) and [backend.NAME](#backendname) apart from `id`, `description`, `bind`, `use-backend`, " +
		"`monitor-fail`, `servers`, `server` and `use-server`. A proxy takes those of the section that its `from` names, else those of `[defaults]`. " +
		"Logs, rules and ACLs are added to, and stand before, the proxy's own; `timeout`, `option`, `errorfile` and `default-server` are completed one by one; " +
		"anything else is replaced by what the proxy says.", nil},
	{"[frontend.NAME]", "What faces clients: where to listen, the rules for what comes, and the backend that gets it.", []reflect.Type{reflect.TypeFor[config.Frontend]()}},
	{"[backend.NAME]", "What faces servers: which there are, how one is chosen, and how it is reached.", []reflect.Type{reflect.TypeFor[config.Backend]()}},
	{"[listen.NAME]", "A frontend and a backend of one name in one section: it takes the keys of both. " +
		"Its `default-backend` is itself unless it says otherwise, and its rules run once.", nil},
	{"[userlist.NAME]", "Users and groups for the fetches `http_auth` and `http_auth_group` (section 12.2).", []reflect.Type{reflect.TypeFor[config.Userlist]()}},
	{"[http-errors.NAME]", "Responses by status, for `errorfiles` (section 12.4).", []reflect.Type{reflect.TypeFor[config.HTTPErrors]()}},
	{"[crt-store.NAME]", "Certificates whose files are named one by one, which binds and servers have as `@NAME/ALIAS` or `@NAME/FILE` (section 12.7).", []reflect.Type{reflect.TypeFor[config.CrtStore]()}},
}

const configurationIntro = `# Configuration reference

A configuration is one or more TOML files. Their sections merge; what two files define is an error. In a directory, the files
whose names end in .toml are read. Keys are HAProxy's keywords with dashes, in lower case; unknown keys are errors.
Section numbers are those of HAProxy's configuration manual, whose explanations hold unless this page says otherwise.

| Value | Written as |
|---|---|
| duration | a string with a number and us, ms, s, m, h or d, such as "500ms"; an integer is milliseconds |
| size | a string with a number and k, m or g, such as "16k"; an integer is bytes |
| list of | an array: ["a", "b"] |
| string or table | the string stands for a table that has only the key which is required |
| name of a module | see the [modules](modules.md); the other keys of the table are the module's |
| environment | ${NAME} and ${NAME:-default} in any string; $${ stands for a literal ${ |

Conditions, sample expressions and log formats are strings in HAProxy's own languages (sections 7 and 8.2.6).

`

// configuration makes the page of the configuration's keys.
func configuration(src *reference.Source) (string, error) {
	c := &configurationPage{src: src, titles: map[reflect.Type]string{}}
	c.types = reference.Namer{Special: special, Table: c.link}
	var b strings.Builder
	b.WriteString(configurationIntro)
	for _, s := range sections {
		fmt.Fprintf(&b, "## %s\n\n%s\n\n", s.title, s.text)
		for _, t := range s.types {
			c.write(&b, t)
		}
	}
	b.WriteString("## Tables within sections\n\n")
	c.link(reflect.TypeFor[config.Rule]())
	for _, t := range []reflect.Type{reflect.TypeFor[config.Log](), reflect.TypeFor[config.Check](), reflect.TypeFor[config.Options]()} {
		c.link(t)
	}
	for i := 0; i < len(c.found); i++ { // grows while it is written
		t := c.found[i]
		fmt.Fprintf(&b, "### %s\n\n", c.titles[t])
		c.errs = append(c.errs, c.describe(&b, t))
	}
	return strings.TrimRight(b.String(), "\n") + "\n", errors.Join(c.errs...)
}

// special are types with a decoder of their own.
var special = map[reflect.Type]string{
	reflect.TypeFor[config.Options]():        "string or list of strings, see [option](#option)",
	reflect.TypeFor[config.Logs]():           "`\"global\"`, string, [log](#log), list of these, or `false`",
	reflect.TypeFor[config.Check]():          "boolean, string or [check](#check)",
	reflect.TypeFor[config.RetryOn]():        "string or list of strings",
	reflect.TypeFor[config.Protocols]():      "string or list of strings",
	reflect.TypeFor[config.ProxyV2Options](): "string or list of strings",
	reflect.TypeFor[config.FileMode]():       "string or integer, in octal",
	reflect.TypeFor[config.ForwardedPart]():  "boolean or string",
	reflect.TypeFor[config.Network]():        "string",
	reflect.TypeFor[config.AltSvc]():         "boolean or string",
	reflect.TypeFor[config.TCPRequest]():     "[tcp-request](#tcp-request), or list of rules with `on`",
	reflect.TypeFor[config.TCPResponse]():    "[tcp-response](#tcp-response), or list of: string or [rule](#rule)",
	reflect.TypeFor[*tree.Node]():            "table, see [server](#server)", // default-server
}

// titles are those that are not the name of the type.
var titles = map[reflect.Type]string{
	reflect.TypeFor[config.Timeouts]():    "timeout",
	reflect.TypeFor[config.Options]():     "option",
	reflect.TypeFor[config.TCPRequest]():  "tcp-request",
	reflect.TypeFor[config.TCPResponse](): "tcp-response",
}

type configurationPage struct {
	src    *reference.Source
	types  reference.Namer
	found  []reflect.Type // structs that are written as tables, in the order of mention
	titles map[reflect.Type]string
	errs   []error
}

// link gives a link to the description of a struct, which it sees to.
func (c *configurationPage) link(t reflect.Type) string {
	title := c.titles[t]
	if title == "" {
		if title = titles[t]; title == "" {
			title = reference.Kebab(t.Name())
		}
		c.titles[t] = title
		c.found = append(c.found, t)
	}
	return "[" + title + "](#" + title + ")"
}

// write writes the keys of a struct.
func (c *configurationPage) write(b *strings.Builder, t reflect.Type) {
	rows, err := c.src.Rows(t, c.types)
	c.errs = append(c.errs, err)
	reference.WriteRows(b, rows)
	for _, special := range []reflect.Type{reflect.TypeFor[config.TCPRequest](), reflect.TypeFor[config.TCPResponse]()} {
		for i := range rows {
			if rows[i].Keys[0] == titles[special] {
				c.link(special)
			}
		}
	}
}

// describe writes what a table within a section is for, and its keys.
func (c *configurationPage) describe(b *strings.Builder, t reflect.Type) error {
	text, err := c.src.TypeDoc(t)
	if err != nil {
		return err
	}
	text = reference.WithoutSubject(text, []string{t.Name()})
	fmt.Fprintf(b, "%s\n\n", strings.ReplaceAll(text, "*", `\*`))
	switch t {
	case reflect.TypeFor[config.Options]():
		return writeOptions(b, c.src)
	case reflect.TypeFor[config.Check]():
		return c.writeCheck(b)
	}
	c.write(b, t)
	return nil
}

// writeCheck writes the keys of a check, whose module and times the code keeps
// apart.
func (c *configurationPage) writeCheck(b *strings.Builder) error {
	docs, err := c.src.FieldDocs(reflect.TypeFor[config.Check]())
	if err != nil {
		return err
	}
	rows, err := c.src.Rows(reflect.TypeFor[config.Check](), c.types)
	if err != nil {
		return err
	}
	text, otherwise := reference.SplitDefault(docs["Module"].Text)
	kind := reference.Row{Keys: []string{"type"}, Kinds: []string{"name of a module"}, Otherwise: otherwise, Doc: reference.WithoutSubject(text, []string{"Module"})}
	for i := range rows {
		if rows[i].Keys[0] == "inter" {
			rows[i].Keys = []string{"inter", "interval"}
		}
	}
	reference.WriteRows(b, append([]reference.Row{kind}, rows...))
	return nil
}
