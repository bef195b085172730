package userlist

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
)

var _ expr.Userlist = (*List)(nil)

// The hashes are those of "secret", made by crypt(3) of libxcrypt.
var hashes = map[string]string{
	"md5":    "$1$saltsalt$9xy1btjgzLYfb7hivXtC//",
	"sha256": "$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA",
	"sha512": "$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1",
	"rounds": "$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2",
	"2a":     "$2a$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
	"2b":     "$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
	"2y":     "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
}

func TestPasswords(t *testing.T) {
	users := []User{{Name: "plain", InsecurePassword: "secret", Groups: []string{"a", "b"}}}
	for name, hash := range hashes {
		users = append(users, User{Name: name, Password: hash})
	}
	l, err := New(users)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range users {
		for range 2 { // the second time from memory
			if !l.Check(u.Name, "secret") {
				t.Errorf("%s: the right password is refused", u.Name)
			}
			if l.Check(u.Name, "Secret") || l.Check(u.Name, "") {
				t.Errorf("%s: a wrong password is taken", u.Name)
			}
		}
	}
	if l.Check("nobody", "secret") {
		t.Error("an unknown user is let in")
	}
	if !slices.Equal(l.Groups("plain"), []string{"a", "b"}) || l.Groups("md5") != nil || l.Groups("nobody") != nil {
		t.Error("groups are mixed up")
	}
}

func TestRemembered(t *testing.T) {
	l, err := New([]User{{Name: "slow", Password: hashes["sha512"]}})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	l.Check("slow", "secret")
	first := time.Since(start)
	again := time.Hour
	for range 10 { // the least of them, since a busy machine makes them longer only
		start = time.Now()
		for range 20 {
			l.Check("slow", "secret")
		}
		again = min(again, time.Since(start))
	}
	if again > 10*first {
		t.Errorf("20 checks took %v, the first %v: nothing is remembered", again, first)
	}
}

func TestBadHash(t *testing.T) {
	_, err := New([]User{{Name: "ann", Password: "secret"}, {Name: "bob", Password: "$9$x$y"}, {Name: "cid", Password: "abNANd1rDfiNc"}})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`"ann"`, `"bob"`, `"cid"`, "insecure-password"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s is missing in %v", want, err)
		}
	}
}

// A password that was right is remembered for its user alone, and a list knows
// all its users at a time.
func TestTogether(t *testing.T) {
	l, err := New([]User{{Name: "ann", Password: hashes["2b"]}, {Name: "bob", Password: hashes["md5"]}, {Name: "cid", InsecurePassword: "other"}})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				if !l.Check("ann", "secret") || !l.Check("bob", "secret") || l.Check("cid", "secret") || l.Check("bob", "other") {
					t.Error("users are mixed up")
				}
			}
		})
	}
	wg.Wait()
}

// A wrong password, however long or odd, is refused and changes nothing.
func TestOddPasswords(t *testing.T) {
	var users []User
	for name, hash := range hashes {
		users = append(users, User{Name: name, Password: hash})
	}
	l, err := New(users)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range users {
		for _, p := range []string{strings.Repeat("x", 1000), "secret\x00", "\xff\xfe", "secret "} {
			if l.Check(u.Name, p) {
				t.Errorf("%s: %.10q is taken", u.Name, p)
			}
		}
		if !l.Check(u.Name, "secret") {
			t.Errorf("%s: the right password is refused afterwards", u.Name)
		}
	}
}
