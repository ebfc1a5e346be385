package loop

import (
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// takeFD returns a second descriptor of a plain socket; the caller closes v.
func takeFD(v any) (fd int, ok bool) {
	switch v.(type) {
	case *net.TCPListener, *net.UnixListener, *net.TCPConn, *net.UnixConn:
	default:
		return -1, false
	}
	raw, err := v.(syscall.Conn).SyscallConn()
	if err != nil {
		return -1, false
	}
	fd = -1
	raw.Control(func(old uintptr) {
		if n, err := unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0); err == nil {
			fd = n
		}
	})
	return fd, fd >= 0
}

// dupConn returns a second descriptor of fd as a net.Conn with deadlines.
func dupConn(fd int) (net.Conn, error) {
	n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	f := os.NewFile(uintptr(n), "")
	defer f.Close() // FileConn makes its own
	return net.FileConn(f)
}

func closeFD(fd int) {
	if fd >= 0 {
		unix.Close(fd)
	}
}

// sockAddr returns an address of a socket, nil if it has none.
func sockAddr(fd int, remote bool) net.Addr {
	get := unix.Getsockname
	if remote {
		get = unix.Getpeername
	}
	sa, err := get(fd)
	if err != nil {
		return nil
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return &net.TCPAddr{IP: net.IP(sa.Addr[:]), Port: sa.Port}
	case *unix.SockaddrInet6:
		return &net.TCPAddr{IP: net.IP(sa.Addr[:]), Port: sa.Port}
	case *unix.SockaddrUnix:
		return &net.UnixAddr{Name: sa.Name, Net: "unix"}
	}
	return nil
}

// inheritTCP sets options on a listening socket. Errors are ignored, as there is nothing better to do than to go on
// without the option.
func inheritTCP(fd int, keepAlive time.Duration) {
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	setKeepAliveFD(fd, keepAlive)
}

// setKeepAliveFD sets the options as Redis does for tcp-keepalive: three probes, at a third of the interval.
func setKeepAliveFD(fd int, d time.Duration) error {
	cfg := keepAliveConfig(d)
	if !cfg.Enable {
		return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0))
	}
	err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
	for _, o := range [][2]int{
		{unix.TCP_KEEPIDLE, seconds(cfg.Idle)},
		{unix.TCP_KEEPINTVL, seconds(cfg.Interval)},
		{unix.TCP_KEEPCNT, cfg.Count},
	} {
		if err == nil {
			err = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, o[0], o[1])
		}
	}
	return os.NewSyscallError("setsockopt", err)
}

func shutdownFD(fd int) { _ = unix.Shutdown(fd, unix.SHUT_RDWR) }

func seconds(d time.Duration) int { return max(1, int(d/time.Second)) }

func (c *Conn) setNoDelay(on bool) error {
	if c.pump != nil {
		return setNoDelay(c.pump.nc, on)
	}
	if _, tcp := sockAddr(c.fd, false).(*net.TCPAddr); !tcp {
		return nil
	}
	v := 0
	if on {
		v = 1
	}
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(c.fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, v))
}

func (c *Conn) setKeepAlive(d time.Duration) error {
	if c.pump == nil {
		return setKeepAliveFD(c.fd, d)
	}
	if tc, ok := c.pump.nc.(*net.TCPConn); ok {
		return tc.SetKeepAliveConfig(keepAliveConfig(d))
	}
	return nil
}
