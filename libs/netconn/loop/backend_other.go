//go:build !linux

package loop

import "errors"

func newBackend(name string, l *Loop) (backend, error) {
	if name != Portable {
		return nil, errors.New("only on Linux")
	}
	return newPortable(l), nil
}
