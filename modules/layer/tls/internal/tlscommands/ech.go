package tlscommands

import (
	"fmt"
	"strings"
	"time"
)

func (c commands) showECH(args []string, _ string) string {
	var b strings.Builder
	for _, e := range c.Store().ECHs() {
		if len(args) > 0 && e.Bind != args[0] {
			continue
		}
		frontend, _, _ := strings.Cut(e.Bind, "/")
		fmt.Fprintf(&b, "***\nfrontend: %s\nbind: %s\n", frontend, e.Bind)
		for i, k := range e.Keys {
			fmt.Fprintf(&b, "ECH entry: %d public_name: %s age: %d (has private key)\n\t[fe0d,%02x,%s,%x]\n",
				i, k.PublicName, int(time.Since(k.Loaded).Seconds()), k.ID, k.PublicName, k.Public)
		}
	}
	if len(args) > 0 && b.Len() == 0 {
		return "'show ssl ech' unable to locate referenced name"
	}
	return b.String()
}

func (c commands) changeECH(verb, done string) func([]string, string) string {
	return func(args []string, payload string) string {
		if len(args) == 0 || (payload == "") != (verb == "del") {
			return fmt.Sprintf("syntax: %s ssl ech <name> <PEM file content>", verb)
		}
		found, err := c.Store().SetECH(args[0], []byte(payload), verb == "add")
		switch {
		case !found:
			return fmt.Sprintf("'%s ssl ech' unable to locate referenced name", verb)
		case err != nil:
			return fmt.Sprintf("'%s ssl ech' error adding provided PEM ECH value: %v", verb, err)
		}
		return fmt.Sprintf(done, args[0])
	}
}
