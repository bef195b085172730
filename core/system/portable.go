//go:build portable

package system

const portable = true
