//go:build !portable

package system

const portable = false
