// Package tcp imports the modules that balance TCP: protocols, loggers, match
// methods and what works on connections.
package tcp

import (
	_ "github.com/fairleadproxy/fairlead/modules/action/flow"
	_ "github.com/fairleadproxy/fairlead/modules/action/stream"
	_ "github.com/fairleadproxy/fairlead/modules/action/variable"
	_ "github.com/fairleadproxy/fairlead/modules/balancer/first"
	_ "github.com/fairleadproxy/fairlead/modules/balancer/hash"
	_ "github.com/fairleadproxy/fairlead/modules/balancer/leastconn"
	_ "github.com/fairleadproxy/fairlead/modules/balancer/random"
	_ "github.com/fairleadproxy/fairlead/modules/balancer/roundrobin"
	_ "github.com/fairleadproxy/fairlead/modules/logformat/clf"
	_ "github.com/fairleadproxy/fairlead/modules/logformat/error"
	_ "github.com/fairleadproxy/fairlead/modules/logformat/json"
	_ "github.com/fairleadproxy/fairlead/modules/logformat/tcplog"
	_ "github.com/fairleadproxy/fairlead/modules/logger/file"
	_ "github.com/fairleadproxy/fairlead/modules/logger/null"
	_ "github.com/fairleadproxy/fairlead/modules/logger/ring"
	_ "github.com/fairleadproxy/fairlead/modules/logger/stderr"
	_ "github.com/fairleadproxy/fairlead/modules/logger/stdout"
	_ "github.com/fairleadproxy/fairlead/modules/logger/syslog"
	_ "github.com/fairleadproxy/fairlead/modules/matcher/standard"
	_ "github.com/fairleadproxy/fairlead/modules/protocol/fd"
	_ "github.com/fairleadproxy/fairlead/modules/protocol/mptcp"
	_ "github.com/fairleadproxy/fairlead/modules/protocol/tcp"
	_ "github.com/fairleadproxy/fairlead/modules/protocol/unix"
)
