package loop

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Accepted connections have the options that Redis sets: no delay, keep-alive n, n/3, 3.
func TestSocketOptions(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		type options struct{ noDelay, keepAlive, idle, interval, count int }
		got := make(chan options, 1)
		gather := false
		s := start(t, Options{Backend: backend, KeepAlive: 300 * time.Second}, &funcs{accept: func(c *Conn) {
			get := func(level, name int) int {
				v, err := unix.GetsockoptInt(c.FD(), level, name)
				if err != nil {
					t.Error(err)
				}
				return v
			}
			if gather {
				if err := c.SetNoDelay(false); err != nil {
					t.Error(err)
				}
			}
			got <- options{
				get(unix.IPPROTO_TCP, unix.TCP_NODELAY), get(unix.SOL_SOCKET, unix.SO_KEEPALIVE),
				get(unix.IPPROTO_TCP, unix.TCP_KEEPIDLE), get(unix.IPPROTO_TCP, unix.TCP_KEEPINTVL), get(unix.IPPROTO_TCP, unix.TCP_KEEPCNT),
			}
		}})
		s.dial()
		if o := wait(t, got, "Accept"); o != (options{1, 1, 300, 100, 3}) {
			t.Errorf("options %+v", o)
		}
		s.do(func() { s.l.SetKeepAlive(60 * time.Second) })
		s.dial()
		if o := wait(t, got, "Accept"); o != (options{1, 1, 60, 20, 3}) {
			t.Errorf("after SetKeepAlive: %+v", o)
		}
		s.do(func() { gather = true; s.l.SetKeepAlive(0) })
		s.dial()
		if o := wait(t, got, "Accept"); o.keepAlive != 0 || o.noDelay != 0 {
			t.Errorf("after SetKeepAlive(0), with SetNoDelay(false): %+v", o)
		}
	})
}
