//go:build unix

package process

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// DropPrivileges changes to the user and group, names or numbers, "" for no
// change. It is called once all sockets are open, and needs root.
func DropPrivileges(userName, groupName string) error {
	uid, gid := -1, -1
	if userName != "" {
		u, err := lookupUser(userName)
		if err != nil {
			return err
		}
		if uid, err = strconv.Atoi(u.Uid); err != nil {
			return fmt.Errorf("user %q has no numeric id: %w", userName, err)
		}
		if gid, err = strconv.Atoi(u.Gid); err != nil {
			return fmt.Errorf("user %q has no numeric group id: %w", userName, err)
		}
	}
	if groupName != "" {
		g, err := lookupGroup(groupName)
		if err != nil {
			return err
		}
		if gid, err = strconv.Atoi(g.Gid); err != nil {
			return fmt.Errorf("group %q has no numeric id: %w", groupName, err)
		}
	}
	if (uid < 0 || uid == os.Getuid()) && (gid < 0 || gid == os.Getgid()) {
		return nil
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("cannot change to user %q group %q: the process was not started as root", userName, groupName)
	}
	if gid >= 0 {
		if err := syscall.Setgroups([]int{gid}); err != nil {
			return fmt.Errorf("setgroups: %w", err)
		}
		if err := syscall.Setgid(gid); err != nil {
			return fmt.Errorf("setgid %d: %w", gid, err)
		}
	}
	if uid >= 0 {
		if err := syscall.Setuid(uid); err != nil {
			return fmt.Errorf("setuid %d: %w", uid, err)
		}
	}
	return nil
}

func lookupUser(name string) (*user.User, error) {
	if u, err := user.Lookup(name); err == nil {
		return u, nil
	}
	if u, err := user.LookupId(name); err == nil {
		return u, nil
	}
	if _, err := strconv.Atoi(name); err == nil {
		return &user.User{Uid: name, Gid: name}, nil
	}
	return nil, fmt.Errorf("there is no user %q on this system", name)
}

func lookupGroup(name string) (*user.Group, error) {
	if g, err := user.LookupGroup(name); err == nil {
		return g, nil
	}
	if _, err := strconv.Atoi(name); err == nil {
		return &user.Group{Gid: name}, nil
	}
	return nil, fmt.Errorf("there is no group %q on this system", name)
}
