package loop

import (
	"os"
	"syscall"
)

// writeNow writes to a socket without waiting.
type writeNow struct {
	raw syscall.RawConn
	try func(fd uintptr) bool // made once: it does not allocate then
	b   []byte
	n   int
	err error
}

func newWriteNow(raw syscall.RawConn) *writeNow {
	w := &writeNow{raw: raw}
	w.try = func(fd uintptr) bool {
		w.n, w.err = syscall.Write(int(fd), w.b)
		return true
	}
	return w
}

// write returns how many bytes the kernel has taken, 0 when it would have to wait.
func (w *writeNow) write(b []byte) (int, error) {
	w.b, w.n = b, 0
	err := w.raw.Write(w.try)
	w.b = nil
	switch {
	case err != nil:
		return 0, err
	case w.err == syscall.EAGAIN || w.err == syscall.EINTR:
		return 0, nil
	case w.err != nil:
		return 0, os.NewSyscallError("write", w.err)
	}
	return w.n, nil
}
