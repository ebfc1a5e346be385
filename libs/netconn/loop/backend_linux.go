package loop

import "errors"

func newBackend(name string, l *Loop) (backend, error) {
	switch name {
	case Portable:
		return newPortable(l), nil
	}
	return nil, errors.New("not built yet")
}
