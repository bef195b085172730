package config

import "github.com/fairleadproxy/fairlead/core/config/tree"

// TuneH2 are the tune.h2.* settings (section 3.2). Those with "fe" are for
// clients, those with "be" for servers; they come before those without.
type TuneH2 struct {
	// H2HeaderTableSize is the size of the table that the peer may compress heads with,
	// in bytes. Default "4k".
	H2HeaderTableSize tree.Size `toml:"h2.header-table-size" min:"1" max:"65535"`
	// H2MaxFrameSize is the size of the largest frame that is taken, in bytes. Default "16k".
	H2MaxFrameSize tree.Size `toml:"h2.max-frame-size" min:"16k" max:"16777215"`
	// H2InitialWindowSize is how much a peer may send on a stream before it has to wait,
	// in bytes. Default 65535.
	H2InitialWindowSize tree.Size `toml:"h2.initial-window-size" min:"1" max:"2147483647"`
	// H2FeInitialWindowSize is that for clients. Default 0: as above.
	H2FeInitialWindowSize tree.Size `toml:"h2.fe.initial-window-size" min:"0" max:"2147483647"`
	// H2BeInitialWindowSize is that for servers. Default 0: as above.
	H2BeInitialWindowSize tree.Size `toml:"h2.be.initial-window-size" min:"0" max:"2147483647"`
	// H2MaxConcurrentStreams is how many streams a connection carries at once. Default 100.
	H2MaxConcurrentStreams int `toml:"h2.max-concurrent-streams" min:"1"`
	// H2FeMaxConcurrentStreams is that for clients. Default 0: as above.
	H2FeMaxConcurrentStreams int `toml:"h2.fe.max-concurrent-streams" min:"0"`
	// H2BeMaxConcurrentStreams is that for servers. Default 0: as above.
	H2BeMaxConcurrentStreams int `toml:"h2.be.max-concurrent-streams" min:"0"`
	// H2FeGlitchesThreshold is how many oddities of a client end its connection. At
	// three quarters of them it takes no more requests.
	// Default 0: a number that no sane client reaches.
	H2FeGlitchesThreshold int `toml:"h2.fe.glitches-threshold" min:"0"`
	// H2BeGlitchesThreshold is how many of a server do. Default 0: as for clients.
	H2BeGlitchesThreshold int `toml:"h2.be.glitches-threshold" min:"0"`
}

// SetDefaults sets what HAProxy's manual says.
func (t *TuneH2) SetDefaults() {
	*t = TuneH2{H2HeaderTableSize: 4 << 10, H2MaxFrameSize: 16 << 10, H2InitialWindowSize: 65535, H2MaxConcurrentStreams: 100}
}
