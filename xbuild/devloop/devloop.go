// Package devloop builds a program, runs it, and does so again whenever a file
// changes, for those who write a plugin.
//
//	l := devloop.Loop{Dir: ".", Build: build, Args: []string{"run", "--config", "lb.toml"}}
//	err := l.Run(ctx)
//
// The old process ends before the new one begins, since both want the same
// ports. A Loop runs once.
package devloop

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"
)

// Loop is what to build and to run.
type Loop struct {
	// Dir is the directory whose files count, and in which the program runs.
	Dir string
	// Build builds the program and gives its path. It may give the same again:
	// the file of a program that runs is replaced, not written to.
	Build func(context.Context) (string, error)
	// Args are the program's arguments.
	Args []string
	// Once does not watch: Run ends when the program does, with its error.
	Once bool
	// Stdout and Stderr are the program's.
	Stdout, Stderr io.Writer
	// Say is told what the loop has to say; nil means a line of Stderr for each.
	Say func(text string)
}

// settle is how long files must stay as they are before a build: editors write
// in several steps.
const settle = 200 * time.Millisecond

func (l *Loop) say(format string, args ...any) {
	if l.Say != nil {
		l.Say(fmt.Sprintf(format, args...))
		return
	}
	fmt.Fprintf(l.Stderr, "xbuild: "+format+"\n", args...)
}

// Run builds and runs until ctx ends. An error of the first build ends it, too,
// unless it is to watch.
func (l *Loop) Run(ctx context.Context) error {
	if l.Once {
		return l.once(ctx)
	}
	changes, stop, err := watch(l.Dir)
	if err != nil {
		return err
	}
	defer stop()
	var p *process
	defer func() { p.end() }()
	p = l.replace(ctx, p)
	quiet := time.NewTimer(time.Hour)
	defer quiet.Stop()
	quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case name, ok := <-changes:
			if !ok {
				return nil
			}
			if relevant(name) {
				quiet.Reset(settle)
			}
		case <-quiet.C:
			p = l.replace(ctx, p)
		case err := <-p.ended():
			l.say("the program has ended (%s); it starts again after a change", ending(err))
			p = nil
		}
	}
}

func (l *Loop) once(ctx context.Context) error {
	program, err := l.Build(ctx)
	if err != nil {
		return err
	}
	p, err := l.start(program)
	if err != nil {
		return err
	}
	select {
	case err := <-p.ended():
		return err
	case <-ctx.Done():
		p.end()
		return nil
	}
}

// replace builds, and puts a new process in the place of the old one, which goes
// on when there is an error.
func (l *Loop) replace(ctx context.Context, old *process) *process {
	program, err := l.Build(ctx)
	if err != nil {
		if ctx.Err() == nil {
			l.say("%v", err)
			if old != nil {
				l.say("the program before goes on; it is replaced after the next change that builds")
			}
		}
		return old
	}
	old.end()
	p, err := l.start(program)
	if err != nil {
		l.say("%v", err)
		return nil
	}
	return p
}

func ending(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// relevant reports whether a file is one that a build or a run depends on.
func relevant(name string) bool {
	base := filepath.Base(name)
	if strings.HasPrefix(base, ".") || strings.HasSuffix(base, "~") {
		return false
	}
	switch filepath.Ext(base) {
	case ".go", ".toml", ".mod", ".sum", ".s", ".c", ".h", ".txt", ".tmpl", ".json":
		return true
	}
	return false
}
