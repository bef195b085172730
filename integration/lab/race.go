//go:build race

package lab

// RaceEnabled reports whether the race detector is on.
const RaceEnabled = true
