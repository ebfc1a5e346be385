package netconn

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"
)

// DialOptions configures Dial. The zero value is usable.
type DialOptions struct {
	// Source is the own address, without port, from which to connect. If it cannot be used, the system chooses, as in
	// Redis; so it does for "" and for addresses that mean all ("*").
	Source string
	// Timeout bounds the time until the connection stands; 0 leaves it to ctx.
	Timeout time.Duration
	// KeepAlive is the time without traffic after which a TCP connection is probed; 0 means never.
	KeepAlive time.Duration
}

// Dial connects to addr: "host:port", or the path of a Unix socket if it contains a slash.
func Dial(ctx context.Context, addr string, o DialOptions) (net.Conn, error) {
	d := net.Dialer{Timeout: o.Timeout, KeepAlive: -1}
	if o.KeepAlive > 0 {
		d.KeepAliveConfig = net.KeepAliveConfig{Enable: true, Idle: o.KeepAlive, Interval: max(o.KeepAlive/3, time.Second), Count: 3}
	}
	if strings.Contains(addr, "/") {
		return wrapDial(d.DialContext(ctx, "unix", addr))
	}
	d.SetMultipathTCP(false)
	if ip := sourceIP(o.Source); ip != nil {
		bound := d
		bound.LocalAddr = &net.TCPAddr{IP: ip}
		if nc, err := bound.DialContext(ctx, "tcp", addr); err == nil || ctx.Err() != nil || !sourceFault(err) {
			return wrapDial(nc, err)
		}
	}
	return wrapDial(d.DialContext(ctx, "tcp", addr))
}

func wrapDial(nc net.Conn, err error) (net.Conn, error) {
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return nc, nil
}

// sourceIP returns the address for bind(2), nil if the system is to choose.
func sourceIP(s string) net.IP {
	ip := net.ParseIP(strings.TrimPrefix(s, "-"))
	if ip == nil || ip.IsUnspecified() {
		return nil
	}
	return ip
}

// sourceFault tells whether a connection failed because of the source address: it is not ours, or of the other family.
func sourceFault(err error) bool {
	var ae *net.AddrError
	return errors.As(err, &ae) || errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EINVAL) ||
		errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EACCES)
}

// Conn is a connection as Dial returns it and the loop adopts it: net.Conn, for packages that hold one but open none.
type Conn = net.Conn
