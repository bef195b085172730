package config

import (
	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// Userlist is a [userlist.NAME] section (section 12.2).
type Userlist struct {
	// Name is the section's name.
	Name string `toml:"-"`
	// Users are the users.
	Users []User `toml:"users"`
	// Groups are groups, by name or with their users. Those that users name
	// themselves need not be listed.
	Groups []Group `toml:"groups"`
	// Pos is where the section stands.
	Pos tree.Pos `toml:"-"`
}

// User is a user of a userlist.
type User struct {
	// Name is the user's.
	Name tree.Text `toml:"name,required"`
	// Password is a hash as crypt(3) makes it, such as "$6$...".
	Password tree.Text `toml:"password"`
	// InsecurePassword is the password itself.
	InsecurePassword tree.Text `toml:"insecure-password"`
	// Groups are those the user is in. Default: none. After loading, those that
	// the userlist's groups put the user in are among them.
	Groups tree.OneOrMany[tree.Text] `toml:"groups"`
}

// Group is a group of a userlist.
type Group struct {
	// Name is the group's.
	Name tree.Text `toml:"name,required,short"`
	// Users are members. Default: those who name the group.
	Users tree.OneOrMany[tree.Text] `toml:"users"`
}
