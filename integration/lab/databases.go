package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// KnotKey is the key "fairlead." that may change Knot's zone by hmac-sha256.
const KnotKey = "c2VjcmV0IHNlY3JldCBzZWNyZXQ="

// Knot runs Knot DNS with the zone example.com, whose names all are the
// loopback, and gives its address.
func Knot(t testing.TB) string {
	t.Helper()
	program := Need(t, "knotd")
	dir, port := t.TempDir(), Port(t)
	if err := os.Mkdir(filepath.Join(dir, "db"), 0o700); err != nil {
		t.Fatal(err)
	}
	Write(t, filepath.Join(dir, "example.com.zone"), `
@ 60 SOA ns.example.com. admin.example.com. 1 60 60 60 60
@ 60 NS ns
* 60 A 127.0.0.1
ns 60 A 127.0.0.1
`)
	Write(t, filepath.Join(dir, "knot.conf"), fmt.Sprintf(`
server:
  rundir: "%[1]s"
  listen: 127.0.0.1@%[2]s
database:
  storage: "%[1]s/db"
key:
  - id: fairlead.
    algorithm: hmac-sha256
    secret: %[3]s
acl:
  - id: acme
    key: fairlead.
    action: update
    update-type: TXT
template:
  - id: default
    storage: "%[1]s"
zone:
  - domain: example.com
    file: example.com.zone
    acl: acme
`, dir, port, KnotKey))
	p := Start(t, dir, program, "-c", "knot.conf")
	Listening(t, p, port)
	return "127.0.0.1:" + port
}

// Redis runs a Redis that keeps nothing, and gives its address.
func Redis(t testing.TB) string {
	t.Helper()
	port := Port(t)
	p := Start(t, t.TempDir(), Need(t, "redis-server"), "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
	Listening(t, p, port)
	return "127.0.0.1:" + port
}
