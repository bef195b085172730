// Package fd is the protocol of listening sockets that the process was started
// with: fd@3 is the first that systemd hands over (sd_listen_fds(3)).
// It needs Linux, as systemd does.
package fd
