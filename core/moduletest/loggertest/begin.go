package loggertest

import (
	"context"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/module"
)

// begin prepares and starts a logger, and gives what stops it.
func begin(t *testing.T, l any) (stop func() error) {
	t.Helper()
	var list module.Instances
	ctx := module.NewContext(module.ContextOptions{})
	list.Add(l)
	if err := list.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	if err := list.Start(ctx); err != nil {
		t.Fatal(err)
	}
	return func() error {
		over, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		err := list.Stop(over)
		if late := ctx.Close(over); late != nil {
			t.Error(late)
		}
		return err
	}
}
