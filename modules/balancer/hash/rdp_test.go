package hash

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/moduletest"
)

func TestRDPConformance(t *testing.T) {
	moduletest.Run(t, balancer.Kind, "rdp-cookie", ``, `name = "msts"`)
}

func TestRDPName(t *testing.T) {
	for name, ok := range map[string]bool{"mstshash": true, "msts": true, "": false, "a)": false, "a,b": false} {
		_, err := NewRDP(nil, RDPConfig{Name: name})
		if (err == nil) != ok {
			t.Errorf("name %q: %v", name, err)
		}
	}
}
