//go:build !linux

package loop

import (
	"net"
	"time"
)

// Only the back ends of Linux use descriptors.

func takeFD(any) (fd int, ok bool)  { return -1, false }
func dupConn(int) (net.Conn, error) { panic("BUG: descriptor in the portable back end") }
func closeFD(int)                   {}
func shutdownFD(int)                {}
func sockAddr(int, bool) net.Addr   { return nil }
func inheritTCP(int, time.Duration) {}

func (c *Conn) setNoDelay(on bool) error { return setNoDelay(c.pump.nc, on) }

func (c *Conn) setKeepAlive(d time.Duration) error {
	if tc, ok := c.pump.nc.(*net.TCPConn); ok {
		return tc.SetKeepAliveConfig(keepAliveConfig(d))
	}
	return nil
}
