// Package peers tests the real binary with clients and servers that Fairlead
// itself has no need of, and a module of its own keeps them out of its
// requirements: gRPC, WebSocket, Chromium.
package peers
