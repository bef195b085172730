// Package null is the logger that throws lines away, to switch a log off
// without taking its table out of the configuration.
//
//	[[global.log]]
//	to = "null"
//
// It does not count what it throws away.
package null

import (
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(logs.Kind, "null", module.Spec[Config, logs.Logger]{
		Doc: "Throws lines away", New: New,
	})
}

// Config is the configuration of the logger: there is nothing to configure.
type Config struct{}

// Logger throws lines away.
type Logger struct{}

// New makes the logger.
func New(*module.Context, Config) (logs.Logger, error) { return Logger{}, nil }

// Log does nothing.
func (Logger) Log(logs.Level, []byte) {}
