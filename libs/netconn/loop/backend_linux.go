package loop

func newBackend(name string, l *Loop) (backend, error) {
	switch name {
	case Uring:
		return newUring(l)
	case Epoll:
		return newEpoll(l)
	}
	return newPortable(l), nil
}
