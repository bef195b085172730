package tlscommands

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

func (c commands) showKeys(args []string, _ string) string {
	var b strings.Builder
	files := c.Store().TicketFiles()
	id := argument(args, 0)
	if id == "" {
		b.WriteString("# id (file)\n")
		for _, f := range files {
			fmt.Fprintf(&b, "%d (%s)\n", f.ID, f.File)
		}
		return b.String()
	}
	b.WriteString("# id secret\n")
	found := id == "*"
	for _, f := range files {
		if id != "*" && id != f.File && strings.TrimPrefix(id, "#") != strconv.Itoa(f.ID) {
			continue
		}
		found = true
		fmt.Fprintf(&b, "# %d (%s)\n", f.ID, f.File)
		for i, k := range f.Keys {
			fmt.Fprintf(&b, "%d.%d %s\n", f.ID, i, base64.StdEncoding.EncodeToString(k))
		}
	}
	if !found {
		return "'show tls-keys' unable to locate referenced filename"
	}
	return b.String()
}

func (c commands) setKey(args []string, _ string) string {
	if len(args) < 2 {
		return "'set ssl tls-key' expects a filename and the new TLS key in base64 encoding."
	}
	if err := c.Store().SetTicketKey(args[0], args[1]); err != nil {
		return err.Error()
	}
	return "TLS ticket key updated!"
}
