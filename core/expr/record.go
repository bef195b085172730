package expr

import "github.com/fairleadproxy/fairlead/core/module"

// The kinds of records that the language is made of. Standard records live in
// modules/fetch, modules/converter and modules/matcher, by family.
var (
	FetchKind     = module.NewKind[Fetch]("fetch")
	ConverterKind = module.NewKind[Converter]("converter")
	MatcherKind   = module.NewKind[Matcher]("matcher")
)

// Arg declares one argument of a fetch or converter.
type Arg struct {
	// Name is what error texts and the reference call it.
	Name string
	// Type is Bool, Int, IP, Str or Bin, or a special kind below.
	Type ArgType
	// Optional arguments come last.
	Optional bool
}

// ArgType is the type of an argument.
type ArgType uint8

// The types of arguments.
const (
	ArgStr      ArgType = iota // text
	ArgInt                     // integer, 64 bits signed
	ArgSize                    // integer with k, m, g
	ArgDuration                // time with unit, stored as nanoseconds in Int
	ArgIP                      // an address
	ArgMask                    // an IPv4 mask: /24, 24 or 255.255.255.0; Int is the prefix length
	ArgMask6                   // an IPv6 mask: /64, 64 or ffff:ffff::; Int is the prefix length
	ArgRegex                   // a regular expression, compiled at load into ArgValue.Regex
	ArgFrontend                // a frontend's name, checked at load
	ArgBackend                 // a backend's name, checked at load
	ArgServer                  // [backend/]server, checked at load
	ArgVar                     // a variable's name with scope, such as txn.x
	ArgUserlist                // a userlist's name, checked at load
	ArgIntOrVar                // an integer, or the name of a variable that holds one
	ArgStrOrVar                // text, or the name of a variable (with a scope prefix and no quotes)
)

// Fetch is the record of a sample fetch.
type Fetch struct {
	// Doc is one sentence for the reference.
	Doc string
	// Out is the type of the samples it gives.
	Out Type
	// Args are the arguments it takes.
	Args []Arg
	// Phases are those in which it is legal; elsewhere it is a configuration error.
	Phases Phases
	// Multi says that it may give several values; Eval is then called again,
	// with Sample.Next as it left it, until it returns false. Where one value
	// is wanted, as in a log format, Last says that the last one counts.
	Multi, Last bool
	// Bind checks the arguments at load and may keep what it made of them in
	// Args.Data. Nil when there is nothing to check.
	Bind func(sc *Scope, a *Args) error
	// Eval sets s and reports whether there is a value. It must not allocate,
	// block or keep views.
	Eval func(e *Env, a *Args, s *Sample) bool
}

// Converter is the record of a converter.
type Converter struct {
	Doc string
	// In is the input type: the sample is cast to it first. Any takes all.
	In Type
	// Out is the output type; Any means the type of the input.
	Out  Type
	Args []Arg
	Bind func(sc *Scope, a *Args) error
	// Eval changes s in place and reports whether there still is a value.
	Eval func(e *Env, a *Args, s *Sample) bool
}

// Matcher is the record of a match method (-m NAME).
type Matcher struct {
	Doc string
	// In is the type the sample is cast to before matching.
	In Type
	// Compile turns the patterns of one ACL into a set. fold is -i.
	Compile func(patterns []string, fold bool) (PatternSet, error)
}

// PatternSet is a compiled set of patterns of one match method.
type PatternSet interface {
	// Match reports whether any pattern matches. It must not allocate.
	Match(e *Env, s *Sample) bool
}
