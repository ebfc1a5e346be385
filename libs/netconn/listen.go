package netconn

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// ListenOptions says on which TCP addresses to listen.
type ListenOptions struct {
	// Bind has addresses in the syntax of the bind directive: "127.0.0.1", "::1", "*" for all IPv4 and "::*" for
	// all IPv6 addresses, a name. With a leading "-" it is no error if the address is not available.
	Bind []string
	Port int
	// Backlog is the length of the queue of connections not yet accepted; 0 leaves it to the system.
	Backlog int
	// Mark is the mark of the sockets, and of those that they accept, for packet filters (SO_MARK, on Linux, for who may); 0 is none.
	// One that cannot be set is left out.
	Mark int
	// Skipped, if set, is told about addresses that were left out.
	Skipped func(addr string, err error)
}

// Listen listens on all the addresses, or on none and returns an error. Like Redis it leaves out, beside the optional
// addresses that are not available, those of a family that the system lacks; when none remains, that is an error.
func Listen(ctx context.Context, o ListenOptions) ([]net.Listener, error) {
	var lns []net.Listener
	var skipped error
	for _, bind := range o.Bind {
		addr, optional := strings.CutPrefix(bind, "-")
		ln, err := listenTCP(ctx, addr, o)
		if err == nil {
			lns = append(lns, ln)
			continue
		}
		if optional && errors.Is(err, syscall.EADDRNOTAVAIL) || familyMissing(err) {
			skipped = errors.Join(skipped, err)
			if o.Skipped != nil {
				o.Skipped(addr, err)
			}
			continue
		}
		for _, ln := range lns {
			ln.Close()
		}
		return nil, err
	}
	if len(lns) == 0 && skipped != nil {
		return nil, skipped
	}
	return lns, nil
}

func listenTCP(ctx context.Context, addr string, o ListenOptions) (net.Listener, error) {
	network, host := "tcp4", addr
	switch {
	case addr == "*":
		host = ""
	case addr == "::*":
		network, host = "tcp6", ""
	case strings.Contains(addr, ":"):
		network = "tcp6"
	case net.ParseIP(addr) == nil:
		network = "tcp"
	}
	var lc net.ListenConfig
	lc.SetMultipathTCP(false) // the options of package loop are those of plain TCP
	if o.Mark != 0 {
		lc.Control = func(_, _ string, c syscall.RawConn) error {
			return c.Control(func(fd uintptr) { setMark(int(fd), o.Mark) })
		}
	}
	ln, err := lc.Listen(ctx, network, net.JoinHostPort(host, strconv.Itoa(o.Port)))
	if err != nil {
		return nil, fmt.Errorf("listen on %s:%d: %w", addr, o.Port, err)
	}
	if err := setBacklog(ln, o.Backlog); err != nil {
		ln.Close()
		return nil, fmt.Errorf("listen on %s:%d: %w", addr, o.Port, err)
	}
	return ln, nil
}

// ListenUnix listens on a Unix socket. A socket that is in the way is removed first, as Redis does; perm, if not 0, is set
// on the new one.
func ListenUnix(path string, perm fs.FileMode, backlog int) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("listen on unix socket: %w", err)
	}
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen on unix socket: %w", err)
	}
	if perm != 0 {
		err = os.Chmod(path, perm)
	}
	if err == nil {
		err = setBacklog(ln, backlog)
	}
	if err != nil {
		ln.Close()
		return nil, fmt.Errorf("listen on unix socket %s: %w", path, err)
	}
	return ln, nil
}

// familyMissing tells errors that mean that the system does not have the address family.
func familyMissing(err error) bool {
	for _, e := range []error{syscall.ENOPROTOOPT, syscall.EPROTONOSUPPORT, syscall.ESOCKTNOSUPPORT,
		syscall.EPFNOSUPPORT, syscall.EAFNOSUPPORT} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// setBacklog changes the length of the queue: listen(2) may be called again on a listening socket.
func setBacklog(ln net.Listener, backlog int) error {
	if backlog <= 0 {
		return nil
	}
	raw, err := ln.(syscall.Conn).SyscallConn()
	if err != nil {
		return err
	}
	var lerr error
	if err := raw.Control(func(fd uintptr) { lerr = syscall.Listen(int(fd), backlog) }); err != nil {
		return err
	}
	return os.NewSyscallError("listen", lerr)
}
