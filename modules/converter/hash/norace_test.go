//go:build !race

package hash_test

const raced = false
