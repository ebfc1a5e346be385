package loop

import (
	"net"
	"strconv"
)

// RemoteAddr returns the peer's address as Redis writes it: "127.0.0.1:6379", "[::1]:6379", for a Unix socket its path
// and ":0"; "?:0" if it is not known any more.
func (c *Conn) RemoteAddr() string {
	if c.remote == "" {
		c.remote = c.format(true)
	}
	return c.remote
}

// LocalAddr returns the own address of the connection in the format of RemoteAddr.
func (c *Conn) LocalAddr() string {
	if c.local == "" {
		c.local = c.format(false)
	}
	return c.local
}

func (c *Conn) format(remote bool) string {
	var a net.Addr
	switch {
	case c.pump == nil && c.fd >= 0:
		a = sockAddr(c.fd, remote)
	case c.pump != nil && remote:
		a = c.pump.nc.RemoteAddr()
	case c.pump != nil:
		a = c.pump.nc.LocalAddr()
	}
	switch a := a.(type) {
	case *net.TCPAddr:
		return net.JoinHostPort(a.IP.String(), strconv.Itoa(a.Port))
	case *net.UnixAddr:
		name := a.Name
		if (name == "" || name == "@") && remote {
			// A client's socket has no name; Redis shows the path of the listener.
			if la, ok := c.connLocal().(*net.UnixAddr); ok {
				name = la.Name
			}
		}
		return name + ":0"
	}
	return "?:0"
}

func (c *Conn) connLocal() net.Addr {
	switch {
	case c.pump != nil:
		return c.pump.nc.LocalAddr()
	case c.fd < 0:
		return nil
	}
	return sockAddr(c.fd, false)
}

// IsUnix says that c is a connection of a Unix socket.
func (c *Conn) IsUnix() bool {
	_, ok := c.connLocal().(*net.UnixAddr)
	return ok
}
