//go:build unix

package cli

import (
	"os"
	"syscall"
)

const aboutSignals = `SIGTERM and SIGINT stop gracefully: no new connections are taken, and those in
progress end within hard-stop-after. A second one ends at once. SIGHUP reads
the configuration again; if it is wrong, the one in force stays. SIGUSR1
reopens log files.`

// heeded are the signals that mean something.
var heeded = []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, reopen}

// reopen has the log files reopened.
const reopen = syscall.SIGUSR1
