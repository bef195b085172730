//go:build race

package hash_test

// Under the race detector a sync.Pool forgets at random what is put into it.
const raced = true
