package process

// mostConns is how many connections are taken at once where nothing is said:
// there is no limit on a process's sockets but memory, so one is chosen that
// leaves ports for connections to servers.
const mostConns = 16000

// RaiseFiles gives the number of connections that may be taken at once. There is
// no limit on file descriptors to raise.
func RaiseFiles(_, maxConn int) (int, error) {
	if maxConn > 0 {
		return maxConn, nil
	}
	return mostConns, nil
}

// MaxConn gives how many connections at once there is room for; see RaiseFiles.
func MaxConn() (int, error) { return 1 << 30, nil }
