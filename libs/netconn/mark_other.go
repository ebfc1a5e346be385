//go:build !linux

package netconn

// setMark does nothing where sockets have no marks.
func setMark(int, int) {}
