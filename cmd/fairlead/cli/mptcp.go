package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/core/mptcp"
)

func mptcpCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "mptcp",
		Short: "Tell of Multipath TCP: the kernel's settings, what is missing, the connections",
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(mptcpStatusCommand(), mptcpCheckCommand(), mptcpConnectionsCommand())
	for _, sub := range c.Commands() {
		sub.Args = checkArgs(nil)
	}
	return c
}

// mptcpStatus is what mptcp status tells.
type mptcpStatus struct {
	mptcp.Kernel
	Counters mptcp.Counters `json:"counters"`
}

func mptcpStatusCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Print what the kernel has and counts of Multipath TCP",
		Long: `Print what the kernel has and counts of Multipath TCP: settings, limits,
endpoints and interfaces, and the counters of all programs since the machine,
or the network namespace, began.`,
		RunE: func(c *cobra.Command, _ []string) error {
			var s mptcpStatus
			var err error
			if s.Kernel, err = mptcp.Support(); err != nil {
				return err
			}
			if s.Counters, err = mptcp.ReadCounters(); err != nil {
				return err
			}
			if asJSON {
				return indented(c.OutOrStdout(), s)
			}
			return s.print(c.OutOrStdout())
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print all of it as JSON")
	return c
}

func indented(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func (s *mptcpStatus) print(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) { fmt.Fprintf(tw, name+"\t"+format+"\n", args...) } // Flush gives the error
	switch {
	case !s.Compiled:
		line("Multipath TCP", "not in this kernel, Linux %s", s.Release)
		return tw.Flush()
	case !s.Usable:
		line("Multipath TCP", "refused by Linux %s: %s", s.Release, s.Refusal)
	default:
		line("Multipath TCP", "on, Linux %s", s.Release)
	}
	line("path manager", "%s", orNone(s.PathManager))
	line("scheduler", "%s", orNone(s.Scheduler))
	if s.Unreadable != "" {
		line("endpoints", "%s", s.Unreadable)
	} else {
		line("limits", "subflows %d, add_addr_accepted %d", s.Limits.Subflows, s.Limits.AddAddrAccepted)
		several(line, "endpoints", s.Endpoints, mptcp.Endpoint.String)
	}
	several(line, "interfaces", s.Interfaces, func(i mptcp.Interface) string {
		text := i.Name
		for _, a := range i.Addresses {
			text += " " + a.String()
		}
		return text
	})
	n := s.Counters
	line("connections", "%d now; since the start %d accepted, %d opened, %d fell back to plain TCP", n.Established, n.Accepted, n.Opened, n.FallenBack)
	line("further paths", "%d accepted, %d opened, %d refused", n.PathsAccepted, n.PathsOpened, n.PathsRefused)
	line("addresses", "%d announced, %d learned", n.Announced, n.Learned)
	line("retransmits", "%d", n.Retransmits)
	several(line, "sysctls", slices.Sorted(maps.Keys(s.Sysctls)), func(key string) string {
		return "net.mptcp." + key + " = " + s.Sysctls[key]
	})
	return tw.Flush()
}

// several prints a line for each, the first with the name.
func several[T any](line func(name, format string, args ...any), name string, list []T, text func(T) string) {
	if len(list) == 0 {
		line(name, "none")
	}
	for _, x := range list {
		line(name, "%s", text(x))
		name = ""
	}
}

func orNone(s string) string {
	if s == "" {
		return "the kernel has no choice"
	}
	return s
}

func mptcpCheckCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Find what is missing for Multipath TCP to work here, and the commands that mend it",
		Long: `Find what is missing for Multipath TCP to work here, and the commands that mend
it. The exit status is 1 if anything is.`,
		RunE: func(c *cobra.Command, _ []string) error {
			list, err := mptcp.Check()
			if err != nil {
				return err
			}
			if asJSON {
				err = indented(c.OutOrStdout(), append([]mptcp.Finding{}, list...)) // [], not null
			} else {
				err = printFindings(c.OutOrStdout(), list)
			}
			return errors.Join(err, verdict(list))
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the findings as JSON")
	return c
}

func printFindings(w io.Writer, list []mptcp.Finding) error {
	var b strings.Builder
	if len(list) == 0 {
		b.WriteString("nothing is missing for Multipath TCP to work\n")
	}
	for _, f := range list {
		fmt.Fprintf(&b, "%s: %s\n", f.Name, f.Problem)
		for _, command := range f.Fix {
			fmt.Fprintf(&b, "    %s\n", command)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// verdict is the error that the findings amount to.
func verdict(list []mptcp.Finding) error {
	switch {
	case len(list) == 0:
		return nil
	case slices.ContainsFunc(list, func(f mptcp.Finding) bool { return f.Fatal }):
		return errors.New("MPTCP does not work here")
	case len(list) == 1:
		return errors.New("MPTCP works, but one thing keeps it from using paths")
	}
	return fmt.Errorf("MPTCP works, but %d things keep it from using paths", len(list))
}

func mptcpConnectionsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "connections",
		Short: "Print the Multipath TCP connections of the running process, with their paths",
	}
	return command(c, "show mptcp connections", func(answer string) error {
		if strings.HasPrefix(answer, "Unknown command") {
			return errors.New("the process does not know \"show mptcp connections\": it runs another version")
		}
		if answer == "" {
			return nil
		}
		_, err := fmt.Fprintln(c.OutOrStdout(), answer)
		return err
	})
}
