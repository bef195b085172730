package config

// openSSLs are tune.ssl.* settings of HAProxy's that have no counterpart in Go's TLS,
// and why.
var openSSLs = map[string]string{
	"ssl.capture-buffer-size":     "all that a client offers is kept for the fetches",
	"ssl.capture-cipherlist-size": "all that a client offers is kept for the fetches",
	"ssl.certificate-compression": "Go's TLS compresses no certificates",
	"ssl.default-dh-param":        "Go's TLS has no finite-field Diffie-Hellman",
	"ssl.force-private-cache":     "there is one process, whose sessions all its threads have",
	"ssl.hard-maxrecord":          records,
	"ssl.maxrecord":               records,
	"ssl.keyupdate-rate-limit":    "Go's TLS ends a connection that sends 16 such messages in a row",
}

const records = "Go's TLS begins with records of a packet's size, and sends larger ones once much is sent"
