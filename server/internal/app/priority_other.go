//go:build !linux

package app

import "errors"

// preferLatency does nothing where the scheduler cannot be asked for it.
func preferLatency() error { return nil }

func bindThread([]int) error { return errors.ErrUnsupported }
