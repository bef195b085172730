package logs

import "github.com/fairleadproxy/fairlead/core/config/tree"

// SinkConfig is the part that the configurations of loggers share; they embed it.
type SinkConfig struct {
	// Header is what stands before each line, as HAProxy's log format: "raw",
	// "short", "timed", "iso", "priority", "local", "rfc3164" or "rfc5424".
	// Default: "raw"; of syslog: "local".
	Header Style `toml:"header"`
	// Facility is the syslog facility, "kern" to "local7". Default: "local0".
	Facility Facility `toml:"facility"`
	// Tag names the program in the styles that do. Default: "fairlead".
	Tag string `toml:"tag"`
	// Hostname names this machine in the styles that do; "-" leaves it out.
	// Default: the system's host name.
	Hostname string `toml:"hostname"`
	// Queue is the memory for lines that wait to be written, in bytes; what
	// comes when it is full is dropped and counted. As much again holds what is
	// being written. Default: "1m".
	Queue tree.Size `toml:"queue" min:"64k" max:"1g"`
}

// SetNames sets the program's and this machine's name before the table itself
// is decoded; empty ones leave the defaults.
func (c *SinkConfig) SetNames(tag, hostname string) {
	if tag != "" {
		c.Tag = tag
	}
	if hostname != "" {
		c.Hostname = hostname
	}
}
