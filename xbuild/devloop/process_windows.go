package devloop

import (
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// ownGroup has a process begin a group of its own.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

// ask asks a process to end, as Ctrl-Break does.
func ask(p *os.Process) error {
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(p.Pid))
}

// kill ends a process.
func kill(p *os.Process) error { return p.Kill() }
