package acme

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is so many in a time: "10/1m".
type Rate struct {
	Count int
	Per   time.Duration
}

// UnmarshalText reads a rate.
func (r *Rate) UnmarshalText(text []byte) error {
	count, per, _ := strings.Cut(string(text), "/")
	n, err := strconv.Atoi(count)
	d, err2 := time.ParseDuration(per)
	if err != nil || err2 != nil || n < 1 || d <= 0 {
		return fmt.Errorf("%q is no rate: write a number and a time, such as \"10/1m\"", text)
	}
	r.Count, r.Per = n, d
	return nil
}

func (r Rate) String() string { return fmt.Sprintf("%d/%v", r.Count, r.Per) }
