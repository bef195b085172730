package secure

import "os"

// KeyLog writes the secrets of connections to a file, for programs such as
// Wireshark. The file is opened for each line: it is for debugging, and may be
// removed at any time.
type KeyLog string

// Write adds lines to the file.
func (k KeyLog) Write(p []byte) (int, error) {
	f, err := os.OpenFile(string(k), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	_, err = f.Write(p) // in one call, so lines of several connections do not mix
	if e := f.Close(); err == nil {
		err = e
	}
	return len(p), err
}
