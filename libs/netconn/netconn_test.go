//go:build linux

package netconn

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestListenBindSyntax(t *testing.T) {
	hasV6 := false
	if ln, err := net.Listen("tcp6", "[::1]:0"); err == nil {
		hasV6 = true
		ln.Close()
	}
	for _, test := range []struct {
		bind    []string
		want    []string // hosts listened on
		skipped []string
		fails   bool
		v6      bool
	}{
		{bind: []string{"127.0.0.1"}, want: []string{"127.0.0.1"}},
		{bind: []string{"127.0.0.1", "127.0.0.2"}, want: []string{"127.0.0.1", "127.0.0.2"}},
		{bind: []string{"*"}, want: []string{"0.0.0.0"}},
		{bind: []string{"127.0.0.1", "::1"}, want: []string{"127.0.0.1", "::1"}, v6: true},
		{bind: []string{"*", "-::*"}, want: []string{"0.0.0.0", "::"}, v6: true},
		{bind: []string{"127.0.0.1", "-192.0.2.1"}, want: []string{"127.0.0.1"}, skipped: []string{"192.0.2.1"}},
		{bind: []string{"127.0.0.1", "192.0.2.1"}, fails: true},
		{bind: []string{"-192.0.2.1"}, fails: true, skipped: []string{"192.0.2.1"}},
		{bind: []string{"-no such name"}, fails: true},
		{bind: nil},
	} {
		if test.v6 && !hasV6 {
			continue
		}
		port := freePort(t)
		var skipped []string
		lns, err := Listen(context.Background(), ListenOptions{Bind: test.bind, Port: port, Backlog: 511,
			Skipped: func(addr string, err error) { skipped = append(skipped, addr) }})
		var hosts []string
		for _, ln := range lns {
			a := ln.Addr().(*net.TCPAddr)
			hosts = append(hosts, a.IP.String())
			if a.Port != port {
				t.Errorf("%q: port %d, want %d", test.bind, a.Port, port)
			}
			ln.Close()
		}
		if !slices.Equal(hosts, test.want) || !slices.Equal(skipped, test.skipped) || (err != nil) != test.fails {
			t.Errorf("%q: listens on %q, skipped %q, error %v", test.bind, hosts, skipped, err)
		}
		if test.fails { // all or nothing
			ln, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
			if err != nil {
				t.Errorf("%q: address still taken: %v", test.bind, err)
				continue
			}
			ln.Close()
		}
	}
}

func TestListenInUse(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, err = Listen(context.Background(), ListenOptions{Bind: []string{"-127.0.0.1"}, Port: ln.Addr().(*net.TCPAddr).Port})
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("error %v, want that the address is in use, optional or not", err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

func TestListenUnix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sock")
	first, err := ListenUnix(path, 0o700, 16)
	if err != nil {
		t.Fatal(err)
	}
	first.(*net.UnixListener).SetUnlinkOnClose(false)
	first.Close() // leaves a stale socket, as a crash does
	ln, err := ListenUnix(path, 0o720, 16)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if fi.Mode() != fs.ModeSocket|0o720 {
		t.Errorf("mode %v, want a socket with 0720", fi.Mode())
	}
	nc, err := Dial(context.Background(), path, DialOptions{Timeout: time.Second, KeepAlive: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	nc.Close()
	if _, err := ListenUnix(filepath.Join(path, "below"), 0, 0); err == nil {
		t.Error("listening below a file succeeded")
	}
}

func TestDial(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for _, test := range []struct{ source, want string }{
		{"", "127.0.0.1"},
		{"127.0.0.2", "127.0.0.2"},
		{"-127.0.0.3", "127.0.0.3"},
		{"*", "127.0.0.1"},
		{"::*", "127.0.0.1"},
		{"192.0.2.1", "127.0.0.1"}, // not ours: the system chooses
		{"::1", "127.0.0.1"},       // other family
	} {
		nc, err := Dial(context.Background(), ln.Addr().String(), DialOptions{Source: test.source, KeepAlive: 300 * time.Second, Timeout: 5 * time.Second})
		if err != nil {
			t.Errorf("source %q: %v", test.source, err)
			continue
		}
		if got := nc.LocalAddr().(*net.TCPAddr).IP.String(); got != test.want {
			t.Errorf("source %q: connected from %s, want %s", test.source, got, test.want)
		}
		checkKeepAlive(t, nc, 300, 100, 3)
		nc.Close()
	}
	ln.Close()
	if _, err := Dial(context.Background(), ln.Addr().String(), DialOptions{Source: "127.0.0.1"}); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("error %v, want refused", err)
	}
}

// checkKeepAlive compares with tcp-keepalive as Redis sets it: n, n/3, 3.
func checkKeepAlive(t *testing.T, nc net.Conn, idle, interval, count int) {
	t.Helper()
	raw, err := nc.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		for opt, want := range map[int]int{unix.TCP_KEEPIDLE: idle, unix.TCP_KEEPINTVL: interval, unix.TCP_KEEPCNT: count} {
			if got, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, opt); err != nil || got != want {
				t.Errorf("option %d is %d (%v), want %d", opt, got, err, want)
			}
		}
	})
}

func TestRaiseFileLimit(t *testing.T) {
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &old)
	low := unix.Rlimit{Cur: 100, Max: old.Max}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	if got, err := RaiseFileLimit(50); got != 100 || err != nil {
		t.Errorf("RaiseFileLimit(50) = %d, %v, want 100", got, err)
	}
	if got, err := RaiseFileLimit(200); got != 200 || err != nil {
		t.Errorf("RaiseFileLimit(200) = %d, %v, want 200", got, err)
	}
	var lim unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); lim.Cur != 200 {
		t.Errorf("limit is %d, want 200", lim.Cur)
	}
	if got, err := RaiseFileLimit(1 << 30); err == nil && got < 1<<30 || err != nil && got >= 1<<30 {
		t.Errorf("RaiseFileLimit(1<<30) = %d, %v", got, err)
	}
}

func TestListenMark(t *testing.T) {
	lns, err := Listen(context.Background(), ListenOptions{Bind: []string{"127.0.0.1"}, Port: freePort(t), Mark: 77})
	if err != nil {
		t.Fatal(err)
	}
	defer lns[0].Close()
	raw, err := lns[0].(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var mark int
	var setErr, err2 error
	if err := raw.Control(func(fd uintptr) {
		mark, err2 = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MARK)
		setErr = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MARK, 77)
	}); err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	if setErr != nil {
		t.Skipf("the kernel lets us set no mark: %v", setErr)
	}
	if mark != 77 {
		t.Errorf("the socket has the mark %d, want 77", mark)
	}
}
