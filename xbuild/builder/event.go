package builder

import (
	"fmt"
	"io"
)

// Step is a step of a build.
type Step string

// The steps, in their order.
const (
	StepResolve   Step = "resolve"
	StepCheck     Step = "check"
	StepCatalogue Step = "catalogue"
	StepPlan      Step = "plan"
	StepLink      Step = "link"
	StepVerify    Step = "verify"
)

// Steps gives all steps in their order.
func Steps() []Step {
	return []Step{StepResolve, StepCheck, StepCatalogue, StepPlan, StepLink, StepVerify}
}

// Event tells what a build is at.
type Event struct {
	Step Step `json:"step"`
	// Target is the platform, such as linux/amd64.
	Target string `json:"target"`
	// Text says it in words.
	Text string `json:"text"`
}

// Lines gives a function that writes a line for each event.
func Lines(w io.Writer) func(Event) {
	return func(e Event) { fmt.Fprintf(w, "xbuild: %s\n", e.Text) }
}

func (r *Request) tell(step Step, format string, args ...any) {
	e := Event{step, r.Target.String(), fmt.Sprintf(format, args...)}
	if r.Progress != nil {
		Lines(r.Progress)(e)
	}
	if r.Events != nil {
		r.Events(e)
	}
}
