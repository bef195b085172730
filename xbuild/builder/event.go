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
	// Note says that the text is worth reading after the build, too.
	Note bool `json:"note,omitempty"`
	// Lift is the dependency that the text is about.
	Lift *Lift `json:"lift,omitempty"`
}

// Lines gives a function that writes a line for each event.
func Lines(w io.Writer) func(Event) {
	return func(e Event) { fmt.Fprintf(w, "xbuild: %s\n", e.Text) }
}

// tell tells what the build is at.
func (r *Request) tell(step Step, format string, args ...any) {
	r.event(Event{Step: step, Target: r.Target.String(), Text: fmt.Sprintf(format, args...)})
}

// note tells what whoever asked for the build should know.
func (r *Request) note(step Step, format string, args ...any) {
	r.event(Event{Step: step, Target: r.Target.String(), Text: fmt.Sprintf(format, args...), Note: true})
}

func (r *Request) event(e Event) {
	if r.Progress != nil {
		Lines(r.Progress)(e)
	}
	if r.Events != nil {
		r.Events(e)
	}
}
