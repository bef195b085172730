package hash

import (
	"bytes"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/balancer/internal/hashing"
)

func init() {
	module.Register(balancer.Kind, "uri", module.Spec[URIConfig, balancer.Balancer]{
		Doc: "Picks by a hash of the request's URI, which suits caches",
		New: NewURI,
	})
	module.Register(balancer.Kind, "url_param", module.Spec[ParamConfig, balancer.Balancer]{
		Doc: "Picks by a hash of a parameter of the request's URL",
		New: NewParam,
	})
	module.Register(balancer.Kind, "hdr", module.Spec[HeaderConfig, balancer.Balancer]{
		Doc: "Picks by a hash of a header field of the request",
		New: NewHeader,
	})
}

// URIConfig is the configuration of "uri".
type URIConfig struct {
	// Len is how many bytes of the URI count. Default 0: all.
	Len int `toml:"len" min:"0"`
	// Depth is how many directories of it count. Default 0: all.
	Depth int `toml:"depth" min:"0"`
	// Whole takes the query with it. Default false.
	Whole bool `toml:"whole"`
	// PathOnly leaves scheme and authority out. Default false.
	PathOnly bool `toml:"path-only"`
	hashing.Config
}

// NewURI makes the balancer.
func NewURI(_ *module.Context, c URIConfig) (balancer.Balancer, error) {
	return hashing.New(c.Config, c.key, nil), nil
}

func (c *URIConfig) key(_ []byte, r *balancer.Request) ([]byte, bool) {
	if r.Env == nil || r.Env.Req == nil {
		return nil, false
	}
	uri := r.Env.Req.Target()
	if c.PathOnly {
		uri = path(uri)
	}
	if i := bytes.IndexByte(uri, '?'); i >= 0 && !c.Whole {
		uri = uri[:i]
	}
	if c.Len > 0 && len(uri) > c.Len {
		uri = uri[:c.Len]
	}
	if c.Depth > 0 {
		slashes := 0
		for i, b := range uri {
			if b == '/' {
				if slashes++; slashes > c.Depth {
					uri = uri[:i]
					break
				}
			}
		}
	}
	return uri, true
}

// path gives a target from its path on.
func path(target []byte) []byte {
	if i := bytes.Index(target, []byte("://")); i > 0 && target[0] != '/' {
		if j := bytes.IndexByte(target[i+3:], '/'); j >= 0 {
			return target[i+3+j:]
		}
		return nil
	}
	return target
}

// ParamConfig is the configuration of "url_param".
type ParamConfig struct {
	// Name is the parameter's. Required.
	Name string `toml:"name,required"`
	hashing.Config
}

// NewParam makes the balancer.
func NewParam(_ *module.Context, c ParamConfig) (balancer.Balancer, error) {
	return hashing.New(c.Config, c.key, nil), nil
}

func (c *ParamConfig) key(_ []byte, r *balancer.Request) ([]byte, bool) {
	if r.Env == nil || r.Env.Req == nil {
		return nil, false
	}
	_, query, ok := bytes.Cut(r.Env.Req.Target(), []byte("?"))
	for ok && len(query) > 0 {
		var pair []byte
		pair, query, _ = bytes.Cut(query, []byte("&"))
		name, value, _ := bytes.Cut(pair, []byte("="))
		if string(name) == c.Name && len(value) > 0 {
			return value, true
		}
	}
	return nil, false
}

// HeaderConfig is the configuration of "hdr".
type HeaderConfig struct {
	// Name is the field's. Required.
	Name string `toml:"name,required"`
	// UseDomainOnly hashes only the domain of a Host field, without its port and
	// what is left of the last two parts. Default false.
	UseDomainOnly bool `toml:"use-domain-only,alias=use_domain_only"`
	hashing.Config
}

// NewHeader makes the balancer.
func NewHeader(_ *module.Context, c HeaderConfig) (balancer.Balancer, error) {
	return hashing.New(c.Config, c.key, nil), nil
}

func (c *HeaderConfig) key(_ []byte, r *balancer.Request) ([]byte, bool) {
	if r.Env == nil || r.Env.Req == nil {
		return nil, false
	}
	value, ok := r.Env.Req.Header(c.Name)
	if !ok || len(value) == 0 {
		return nil, false
	}
	if c.UseDomainOnly {
		value = domain(value)
	}
	return value, true
}

// domain gives the part of a host name before its last label, as "example" of
// www.example.com:80.
func domain(host []byte) []byte {
	if i := bytes.IndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	last := bytes.LastIndexByte(host, '.')
	if last < 0 {
		return host
	}
	return host[bytes.LastIndexByte(host[:last], '.')+1 : last]
}
