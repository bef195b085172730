package builder

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// SBOM gives the bill of materials of a build, in CycloneDX's form 1.6
// (https://cyclonedx.org/docs/1.6/json/). It holds no time, so that the same
// build has the same bill; file is the SHA-256 of the binary, "" for none.
func (r *Recipe) SBOM(file string) ([]byte, error) {
	root := component{
		Type: "application", Ref: "pkg:golang/" + CorePath + "@" + r.Core.Version + "#cmd/fairlead", Name: "fairlead", Version: r.Core.Version,
		Properties: []property{{"fairlead:go", r.Go}, {"fairlead:target", r.Target}},
	}
	if file != "" {
		root.Hashes = []fileHash{{"SHA-256", file}}
	}
	modules := map[string][]property{}
	for _, m := range r.Modules {
		modules[m.Module] = append(modules[m.Module], property{"fairlead:module", m.ID()})
	}
	b := bom{Format: "CycloneDX", Spec: "1.6", Version: 1, Metadata: metadata{Component: root, Tools: tools{[]component{{Type: "application", Name: "xbuild"}}}}}
	add := func(path, version, sum string) {
		c := component{Type: "library", Name: path, Version: version, PURL: purl(path, version), Properties: modules[path]}
		c.Ref = c.PURL
		if raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(sum, "h1:")); err == nil && len(raw) == sha256.Size {
			// Go's sum is the SHA-256 of a list of the module's files and theirs.
			c.Properties = append(c.Properties, property{"go:h1", sum})
		}
		b.Components = append(b.Components, c)
		b.rootNeeds = append(b.rootNeeds, c.Ref)
	}
	sums := map[string]string{}
	for _, d := range r.Dependencies {
		sums[d.Path] = d.Sum
	}
	seen := map[string]bool{}
	for _, s := range append([]Source{r.Core}, r.Plugins...) {
		if !seen[s.Module] {
			seen[s.Module] = true
			add(s.Module, s.Version, s.Sum+sums[s.Module]) // one of them is empty
		}
	}
	for _, d := range r.Dependencies {
		if !seen[d.Path] {
			seen[d.Path] = true
			add(d.Path, d.Version, d.Sum)
		}
	}
	add("std", strings.TrimPrefix(r.Go, "go"), "")
	b.Dependencies = []dependsOn{{root.Ref, b.rootNeeds}}
	if err := b.number(); err != nil {
		return nil, err
	}
	out, err := json.MarshalIndent(b, "", "  ")
	return append(out, '\n'), err
}

// number sets the serial number, a UUID that follows from the contents.
func (b *bom) number() error {
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	u := sum[:16]
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80 // RFC 9562: version 8, whose bits are ours
	h := hex.EncodeToString(u)
	b.Serial = fmt.Sprintf("urn:uuid:%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
	return nil
}

// purl names a Go module as package URLs do.
func purl(path, version string) string {
	p := "pkg:golang/" + path
	if version != "" && version != "(devel)" {
		p += "@" + strings.ReplaceAll(version, "+", "%2B")
	}
	return p
}

type bom struct {
	Format       string      `json:"bomFormat"`
	Spec         string      `json:"specVersion"`
	Serial       string      `json:"serialNumber,omitempty"`
	Version      int         `json:"version"`
	Metadata     metadata    `json:"metadata"`
	Components   []component `json:"components"`
	Dependencies []dependsOn `json:"dependencies"`
	rootNeeds    []string
}

type metadata struct {
	Tools     tools     `json:"tools"`
	Component component `json:"component"`
}

type tools struct {
	Components []component `json:"components"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref,omitempty"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	PURL       string     `json:"purl,omitempty"`
	Hashes     []fileHash `json:"hashes,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type fileHash struct {
	Alg     string `json:"alg"`
	Content string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependsOn struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn"`
}
