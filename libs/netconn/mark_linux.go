package netconn

import "golang.org/x/sys/unix"

// setMark marks a socket; who may not is left without, as in Redis.
func setMark(fd, mark int) { _ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MARK, mark) }
