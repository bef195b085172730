// Package secure makes the TLS settings of binds and servers: certificates from
// files, lists and stores, which of them a client gets, the names of versions,
// ciphers, curves and algorithms, the checks of clients' and servers'
// certificates, and what is to be told of a handshake.
//
//	store := secure.NewStore(time.Now)
//	for _, r := range store.Load(files) { ... }
//	table.Add(secure.Entry{Pair: pair})
//	config.GetCertificate = ...
//
// A Store loads and belongs to one goroutine at a time; what it gives may be used
// by all at once. Nothing here opens connections.
package secure
