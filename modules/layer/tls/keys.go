package tls

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// extraFiles are the files beside certificates' that are read (ssl-load-extra-files).
func extraFiles(g *config.Global) secure.Extra {
	x := secure.Extra{DelExt: g.SSLLoadExtraDelExt}
	wanted := g.SSLLoadExtraFiles
	if len(wanted) == 0 || slices.Contains(wanted, "all") {
		return x
	}
	x.Without = map[string]bool{}
	for name, what := range map[string]string{"bundle": "bundle", "key": ".key", "issuer": ".issuer", "ocsp": ".ocsp", "sctl": ".sctl"} {
		x.Without[what] = !slices.Contains(wanted, name)
	}
	return x
}

// passphraseTimeout is how long the program of ssl-passphrase-cmd may take.
const passphraseTimeout = 30 * time.Second

// passphrase has a program give the passphrase of a file's key.
func passphrase(cmd []string, file string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), passphraseTimeout)
	defer cancel()
	args := append([]string{file}, cmd[1:]...)
	out, err := exec.CommandContext(ctx, cmd[0], args...).Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) && len(failed.Stderr) > 0 {
			err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(failed.Stderr)))
		}
		return "", fmt.Errorf("ssl-passphrase-cmd gives no passphrase: %w", err)
	}
	return strings.TrimRight(string(out), "\r\n"), nil
}
