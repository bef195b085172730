package cli

import (
	"os"
	"syscall"
)

const aboutSignals = `Ctrl-C, and the end of the session, stop gracefully: no new connections are
taken, and those in progress end within hard-stop-after. A second Ctrl-C ends
at once. The command reload reads the configuration again; if it is wrong, the
one in force stays.`

// heeded are the signals that mean something: Ctrl-C and Ctrl-Break, and the
// end of the session or the machine.
var heeded = []os.Signal{syscall.SIGINT, syscall.SIGTERM}

// reopen has the log files reopened; nothing sends it here.
const reopen = syscall.Signal(-1)
