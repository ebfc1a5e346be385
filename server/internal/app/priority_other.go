//go:build !linux

package app

// preferLatency does nothing where the scheduler cannot be asked for it.
func preferLatency() error { return nil }
