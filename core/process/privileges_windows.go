package process

import "errors"

// DropPrivileges fails where a user or group is named: a process cannot become
// another user here.
func DropPrivileges(userName, groupName string) error {
	if userName == "" && groupName == "" {
		return nil
	}
	return errors.New("user and group need a UNIX system: have Windows start the process as that user")
}
