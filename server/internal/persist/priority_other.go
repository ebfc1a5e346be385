//go:build !linux

package persist

// YieldToEngine is for systems where threads have priorities of their own.
func YieldToEngine() {}
