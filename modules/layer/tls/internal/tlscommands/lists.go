package tlscommands

import (
	"fmt"
	"strings"

	"github.com/fairleadproxy/fairlead/core/secure"
)

func (c commands) showList(args []string, _ string) string {
	numbers := argument(args, 0) == "-n"
	if numbers {
		if args = args[1:]; len(args) == 0 {
			return "'show ssl crt-list -n' expects a filename or a directory"
		}
	}
	lists := c.Store().Lists()
	if len(args) == 0 {
		var b strings.Builder
		for _, l := range lists {
			b.WriteString(l.Name + "\n")
		}
		return b.String()
	}
	for _, l := range lists {
		if l.Name == strings.TrimSuffix(args[0], "/") {
			return writeList(&l, numbers)
		}
	}
	return "didn't find the specified filename"
}

// writeList writes a list as it would stand in a file.
func writeList(l *secure.List, numbers bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", l.Name)
	for _, line := range l.Lines {
		b.WriteString(line.Crt)
		if numbers {
			fmt.Fprintf(&b, ":%d", line.Number)
		}
		if len(line.Options) > 0 {
			var words []string
			for _, o := range line.Options {
				words = append(words, o.Name)
				if o.Value != "" {
					words = append(words, o.Value)
				}
			}
			fmt.Fprintf(&b, " [%s]", strings.Join(words, " "))
		}
		for _, f := range line.Filters {
			b.WriteString(" " + f)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (c commands) addLine(args []string, payload string) string {
	if len(args) == 0 || len(args) == 1 && payload == "" {
		return "'add ssl crtlist' expects a filename and a certificate name"
	}
	if payload == "" {
		payload = args[1]
	}
	crt, binds, err := c.Store().AddLine(args[0], payload)
	if err != nil {
		return fmt.Sprintf("Can't edit the crt-list: %v", err)
	}
	return fmt.Sprintf("Inserting certificate '%s' in crt-list '%s'%s\nSuccess!", crt, args[0], strings.Repeat(".", binds))
}

func (c commands) delLine(args []string, _ string) string {
	if len(args) < 2 {
		return "'del ssl crtlist' expects a filename and a certificate name"
	}
	crt, err := c.Store().DelLine(args[0], args[1])
	if err != nil {
		return fmt.Sprintf("Can't delete the entry: %v", err)
	}
	return fmt.Sprintf("Entry '%s' deleted in crtlist '%s'!", crt, args[0])
}
