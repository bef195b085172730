package tlscommands

import (
	"fmt"
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

func (c commands) showSNI(args []string, _ string) string {
	frontend, over, offset := "", false, time.Duration(0)
	for len(args) > 0 {
		value := argument(args, 1)
		switch args[0] {
		case "-A":
			over, args = true, args[1:]
			continue
		case "-f":
			if value == "" {
				return "'-f' requires a frontend name!"
			}
			frontend = value
		case "-t":
			if value == "" {
				return "'-t' requires an offset argument!"
			}
			var err error
			if strings.Trim(value, "0123456789") == "" {
				value += "s"
			}
			if offset, err = tree.ParseDuration(value); err != nil {
				return fmt.Sprintf("'-t %s' : %v", value, err)
			}
		default:
			return "Invalid parameters, 'show ssl sni' only supports '-f', '-A' or '-t' options!"
		}
		args = args[2:]
	}
	var b strings.Builder
	b.WriteString("# Frontend/Bind\tSNI\tNegative Filter\tType\tFilename\tNotAfter\tNotBefore\n")
	found := frontend == ""
	for _, n := range c.Store().Names() {
		if of, _, _ := strings.Cut(n.Bind, "/"); frontend != "" && of != frontend {
			continue
		}
		found = true
		if over && n.Leaf.NotAfter.After(time.Now().Add(offset)) {
			continue
		}
		not := "-"
		if len(n.Except) > 0 {
			not = "!" + strings.Join(n.Except, " !")
		}
		fmt.Fprintf(&b, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", n.Bind, n.Name, not, n.Type, n.File, date(n.Leaf.NotAfter), date(n.Leaf.NotBefore))
	}
	if !found {
		return "Couldn't find the specified frontend!"
	}
	return b.String()
}
