package moduletest

import (
	"os"
	"runtime"
	"testing"
	"time"
)

// NoLeaks checks, when the test ends, that it leaves no goroutine and no
// descriptor behind. What other cleanups close must be registered after the call.
func NoLeaks(t *testing.T) {
	t.Helper()
	before := count()
	t.Cleanup(func() { before.compare(t, "") })
}

// held is what the process holds.
type held struct{ goroutines, files int }

func count() held {
	h := held{goroutines: runtime.NumGoroutine()}
	if list, err := os.ReadDir("/proc/self/fd"); err == nil {
		h.files = len(list)
	}
	return h
}

// compare waits for what ends soon, and reports what does not; after says what
// has just been done.
func (h held) compare(t *testing.T, after string) {
	t.Helper()
	var now held
	for range 500 {
		if now = count(); now.goroutines <= h.goroutines && now.files <= h.files {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	if now.goroutines > h.goroutines {
		stacks := make([]byte, 1<<16)
		t.Errorf("%s%d goroutines are left over; start them by Context.Go and end them in Stop. These are there now:\n%s", after, now.goroutines-h.goroutines, stacks[:runtime.Stack(stacks, true)])
	}
	if now.files > h.files {
		t.Errorf("%s%d descriptors are left open: close files and connections in Stop, and where Prepare or Start fails", after, now.files-h.files)
	}
}
