//go:build !linux || portable

package descriptor

import (
	"fmt"
	"io"
	"os"
	"sync"
)

// open is what several numbers may stand for.
type open struct {
	io.Closer
	numbers int
}

// table is this process's, as the kernel's table of descriptors is.
var table = struct {
	sync.Mutex
	last    int
	entries map[int]*open
}{entries: map[int]*open{}}

// Put gives the first number for c.
func Put(c io.Closer) int {
	table.Lock()
	defer table.Unlock()
	return add(&open{Closer: c})
}

// add gives a number that was never given before, so that one which was given
// back stands for nothing.
func add(o *open) int {
	table.last++
	table.entries[table.last] = o
	o.numbers++
	return table.last
}

// Get gives what a number stands for.
func Get(n int) (io.Closer, error) {
	table.Lock()
	defer table.Unlock()
	o, err := get(n)
	if err != nil {
		return nil, err
	}
	return o.Closer, nil
}

func get(n int) (*open, error) {
	o := table.entries[n]
	if o == nil {
		return nil, fmt.Errorf("descriptor %d: %w", n, os.ErrClosed)
	}
	return o, nil
}

// Dup gives another number for the same socket.
func Dup(n int) (int, error) {
	table.Lock()
	defer table.Unlock()
	o, err := get(n)
	if err != nil {
		return -1, err
	}
	return add(o), nil
}

// Close gives a number back.
func Close(n int) error {
	table.Lock()
	o, err := get(n)
	if err == nil {
		delete(table.entries, n)
		o.numbers--
	}
	last := err == nil && o.numbers == 0
	table.Unlock()
	if last {
		err = o.Closer.Close()
	}
	return err
}
