package cli

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/proxy"
)

// needRestart gives the settings of [global] that differ between the start and
// now, and that a reload does not change: they are the process's.
func needRestart(start, now *config.Global) string {
	var changed []string
	for _, s := range []struct {
		key        string
		start, now any
	}{
		{"maxconn", start.Maxconn, now.Maxconn},
		{"nbthread", start.Nbthread, now.Nbthread},
		{"ulimit-n", start.UlimitN, now.UlimitN},
		{"user, group, uid or gid", owner(start), owner(now)},
		{"pidfile", start.Pidfile, now.Pidfile},
		{"stats-socket", socketsOf(start), socketsOf(now)},
		{"maxsslconn, maxsslrate or tune", proxy.TuningOf(start, 0), proxy.TuningOf(now, 0)},
	} {
		if !reflect.DeepEqual(s.start, s.now) {
			changed = append(changed, s.key)
		}
	}
	return strings.Join(changed, ", ")
}

func owner(g *config.Global) [2]string {
	return [2]string{config.NameOr(g.User, g.UID), config.NameOr(g.Group, g.GID)}
}

// socketsOf gives the sockets for commands without their places in the file.
func socketsOf(g *config.Global) []string {
	var list []string
	for _, s := range g.StatsSocket {
		list = append(list, fmt.Sprint(s.Address.Value, " ", s.Mode, " ", config.NameOr(s.User, s.UID), " ", config.NameOr(s.Group, s.GID), " ", s.Level))
	}
	return list
}
