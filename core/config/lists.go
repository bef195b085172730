package config

import (
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// decodeList reads a list of words, or one string with commas between them, as HAProxy
// has it. check may be nil; else it is told where a word stands in its text.
func decodeList(n *tree.Node, check func(t tree.Text, off int, word string, errs *tree.Errors)) ([]string, error) {
	var list tree.OneOrMany[tree.Text]
	errs := &tree.Errors{}
	errs.Add(n.Decode(&list), n.Pos, n.Path)
	words := make([]string, 0, len(list))
	for _, t := range list {
		off := 0
		for part := range strings.SplitSeq(t.Value, ",") {
			word := strings.TrimSpace(part)
			if word == "" {
				t.Fail(errs, off, "an empty name").Hint = "write names with a comma between them, or a list of names"
			} else if check != nil {
				check(t, off, word, errs)
			}
			words = append(words, word)
			off += len(part) + 1
		}
	}
	return words, errs.Err()
}

// Protocols are names of application protocols (RFC 7301): a list, or one string with
// commas.
type Protocols []string

// DecodeNode reads either form.
func (p *Protocols) DecodeNode(n *tree.Node) error {
	words, err := decodeList(n, nil)
	*p = words
	return err
}

// ProxyV2Options are what a PROXY protocol header tells besides addresses (section 5.2
// "proxy-v2-options"): a list of names, or one string with commas.
type ProxyV2Options []string

// The names.
const (
	ProxySSL       = "ssl"
	ProxyCertCN    = "cert-cn"
	ProxySSLCipher = "ssl-cipher"
	ProxyCertSig   = "cert-sig"
	ProxyCertKey   = "cert-key"
	ProxyAuthority = "authority"
	ProxyCRC32C    = "crc32c"
	ProxyUniqueID  = "unique-id"
)

// DecodeNode reads either form.
func (p *ProxyV2Options) DecodeNode(n *tree.Node) error {
	known := []string{ProxySSL, ProxyCertCN, ProxySSLCipher, ProxyCertSig, ProxyCertKey, ProxyAuthority, ProxyCRC32C, ProxyUniqueID}
	words, err := decodeList(n, func(t tree.Text, off int, word string, errs *tree.Errors) {
		if slices.Contains(known, word) {
			return
		}
		if e := t.Fail(errs, off, "unknown option %q", word).Suggest(word, known); e.Hint == "" {
			e.Hint = "the options are " + strings.Join(known, ", ")
		}
	})
	*p = words
	return err
}
