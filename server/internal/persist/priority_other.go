//go:build !linux

package persist

// yieldToEngine is for systems where threads have priorities of their own.
func yieldToEngine() {}
