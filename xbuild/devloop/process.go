package devloop

import (
	"os/exec"
	"time"
)

// endTime is how long a process has to end by itself.
const endTime = 10 * time.Second

// process is a program that runs. A nil process has ended.
type process struct {
	cmd  *exec.Cmd
	done chan error
}

// start starts a program, in a group of its own: an interrupt from the terminal
// is for the loop, which ends the program in its turn.
func (l *Loop) start(program string) (*process, error) {
	cmd := exec.Command(program, l.Args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = l.Dir, l.Stdout, l.Stderr
	cmd.SysProcAttr = ownGroup()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd, make(chan error, 1)}
	go func() { p.done <- cmd.Wait() }()
	return p, nil
}

// ended gives how the process ended, once it has.
func (p *process) ended() <-chan error {
	if p == nil {
		return nil
	}
	return p.done
}

// end ends the process: it is asked to, and killed if it takes too long.
func (p *process) end() {
	if p == nil {
		return
	}
	_ = ask(p.cmd.Process) // it may have ended
	select {
	case <-p.done:
	case <-time.After(endTime):
		_ = kill(p.cmd.Process) // the same
		<-p.done
	}
}
