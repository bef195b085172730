// Package expressions compares the expression language with the real HAProxy:
// the same sample expressions and conditions are given to both, and the results
// must be the same.
//
// The package holds tests alone. They need the haproxy binary, version 2.6 or
// later, and skip without it, unless FAIRLEAD_TEST_ALL=1 makes that a failure.
// HAProxy listens on a free port of the loopback address and gets one request.
package expressions
