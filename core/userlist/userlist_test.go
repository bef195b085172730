package userlist

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// The hashes are those of "secret", made by: openssl passwd -1 (-5, -6) -salt saltsalt secret
var hashes = map[string]string{
	"md5":    "$1$saltsalt$9xy1btjgzLYfb7hivXtC//",
	"sha256": "$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA",
	"sha512": "$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1",
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
	start = time.Now()
	for range 20 {
		l.Check("slow", "secret")
	}
	if again := time.Since(start); again > 10*first {
		t.Errorf("20 checks took %v, the first %v: nothing is remembered", again, first)
	}
}

func TestBadHash(t *testing.T) {
	_, err := New([]User{{Name: "ann", Password: "secret"}, {Name: "bob", Password: "$9$x$y"}})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`"ann"`, `"bob"`, "insecure-password"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s is missing in %v", want, err)
		}
	}
}
