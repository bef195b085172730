//go:build unix

package devloop

import (
	"os"
	"syscall"
)

// ownGroup has a process begin a group of its own.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// ask asks a process to end.
func ask(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

// kill ends a process with those that it has started.
func kill(p *os.Process) error { return syscall.Kill(-p.Pid, syscall.SIGKILL) }
