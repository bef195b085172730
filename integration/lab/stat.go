package lab

import (
	"encoding/csv"
	"io"
	"net"
	"testing"
)

// InHAProxy gives how many streams a backend of HAProxy has, and how many of them wait
// for a server. The socket is that of its commands.
func InHAProxy(t testing.TB, socket, backend string) (all, queued string) {
	t.Helper()
	c, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "show stat\n"); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(c).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	const qcur, scur = 2, 4
	for _, row := range rows[1:] {
		if row[0] == backend && row[1] == "BACKEND" {
			return row[scur], row[qcur]
		}
	}
	t.Fatalf("there is no backend %s", backend)
	return "", ""
}
