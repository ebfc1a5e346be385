package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

// A signal saves if save points are configured, as shutdown-on-sigterm and -sigint say, and exits 0.
func TestSignals(t *testing.T) {
	for _, tt := range []struct {
		name   string
		signal syscall.Signal
		config rig.Config
		saved  bool
	}{
		{"SIGTERM with save points", syscall.SIGTERM, rig.Config{"save": "3600 1"}, true},
		{"SIGINT with save points", syscall.SIGINT, rig.Config{"save": "3600 1"}, true},
		{"SIGTERM without", syscall.SIGTERM, rig.Config{"save": `""`}, false},
		{"shutdown-on-sigterm nosave", syscall.SIGTERM, rig.Config{"save": "3600 1", "shutdown-on-sigterm": "nosave"}, false},
		{"shutdown-on-sigint save", syscall.SIGINT, rig.Config{"save": `""`, "shutdown-on-sigint": "save"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := rig.Start(t, rig.Ours, "A", tt.config)
			s.Must("SET", "k", "v")
			s.Signal(tt.signal)
			if code := s.WaitExit(); code != 0 {
				t.Errorf("exit status %d, want 0", code)
			}
			if _, err := os.Stat(filepath.Join(s.Dir, "dump.rdb")); (err == nil) != tt.saved {
				t.Errorf("dump.rdb: %v, want saved: %v", err, tt.saved)
			}
			if !tt.saved {
				return
			}
			s.Restart(nil)
			if v := s.Must("GET", "k"); v != "v" {
				t.Errorf("after the restart GET k = %v, want v", v)
			}
		})
	}
}

func TestShutdownCommand(t *testing.T) {
	s := rig.Start(t, rig.Ours, "A", rig.Config{"save": "3600 1", "pidfile": "server.pid", "unixsocket": "s"})
	if _, err := os.Stat(filepath.Join(s.Dir, "server.pid")); err != nil {
		t.Errorf("pidfile: %v", err)
	}
	s.Must("SET", "k", "v")
	s.Shutdown("NOSAVE")
	for _, name := range []string{"dump.rdb", "server.pid", "s"} {
		if _, err := os.Stat(filepath.Join(s.Dir, name)); err == nil {
			t.Errorf("%s is left after SHUTDOWN NOSAVE", name)
		}
	}
	s.Restart(nil)
	s.Must("SET", "k", "w")
	s.Shutdown("SAVE")
	s.Restart(nil)
	if v := s.Must("GET", "k"); v != "w" {
		t.Errorf("after SHUTDOWN SAVE GET k = %v, want w", v)
	}
}

// A server that was killed starts with what it saved last, and a temporary file left behind does not hurt.
func TestKilledServerStartsFromLastSave(t *testing.T) {
	s := rig.Start(t, rig.Ours, "A", nil)
	s.Must("SET", "k", "saved")
	s.Must("SAVE")
	s.Must("SET", "k", "lost")
	if err := os.WriteFile(filepath.Join(s.Dir, "temp-1.rdb"), []byte("REDIS00"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.Signal(syscall.SIGKILL)
	s.WaitExit()
	s.Restart(nil)
	if v := s.Must("GET", "k"); v != "saved" {
		t.Errorf("GET k = %v, want saved", v)
	}
}

// A data directory that cannot be written to fails the save, and shows in replies and INFO, but not more.
func TestSaveFails(t *testing.T) {
	s := rig.Start(t, rig.Ours, "A", rig.Config{"enable-protected-configs": "yes", "stop-writes-on-bgsave-error": "no"})
	s.Must("SET", "k", "v")
	s.Must("SAVE")
	before, err := os.ReadFile(filepath.Join(s.Dir, "dump.rdb"))
	if err != nil {
		t.Fatal(err)
	}
	s.Must("SET", "k", "w")
	// A directory under the name of the target lets the rename fail, for root as well.
	if err := os.MkdirAll(filepath.Join(s.Dir, "blocked.rdb", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.Must("CONFIG", "SET", "dbfilename", "blocked.rdb")
	if err := s.Do(context.Background(), "SAVE").Err(); err == nil {
		t.Error("SAVE onto a directory answers OK")
	}
	if v := s.Must("GET", "k"); v != "w" {
		t.Errorf("GET k = %v, want w", v)
	}
	after, err := os.ReadFile(filepath.Join(s.Dir, "dump.rdb"))
	if err != nil || string(after) != string(before) {
		t.Errorf("the file saved before changed (%v)", err)
	}
	left, _ := filepath.Glob(filepath.Join(s.Dir, "temp*"))
	if len(left) > 0 {
		t.Errorf("files left behind: %s", strings.Join(left, " "))
	}
}

// SHUTDOWN NOSAVE ends a background save, and leaves nothing of it behind.
func TestShutdownEndsSave(t *testing.T) {
	s := rig.Start(t, rig.Ours, "A", rig.Config{"rdb-key-save-delay": "10000000"})
	s.Must("SET", "k", "v")
	s.Must("BGSAVE")
	temp := filepath.Join(s.Dir, fmt.Sprintf("temp-%d.rdb", s.PID()))
	rig.Until(t, 20*time.Second, func() error { _, err := os.Stat(temp); return err })
	s.Shutdown("NOSAVE")
	if left, _ := filepath.Glob(filepath.Join(s.Dir, "*.rdb")); len(left) > 0 {
		t.Errorf("files left behind: %s", strings.Join(left, " "))
	}
}

// A save that fails keeps SHUTDOWN from ending the server, which goes on taking writes: only a background save that fails refuses them.
func TestShutdownFails(t *testing.T) {
	s := rig.Start(t, rig.Ours, "A", rig.Config{"save": "3600 1"})
	s.Must("SET", "k", "v")
	if err := os.MkdirAll(filepath.Join(s.Dir, "dump.rdb", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := s.Do(context.Background(), "SHUTDOWN").Err(); err == nil || !strings.Contains(err.Error(), "Errors trying to SHUTDOWN") {
		t.Errorf("SHUTDOWN onto a directory: %v", err)
	}
	s.Must("SET", "k", "w")
	s.Must("PING")
	s.Shutdown("NOSAVE")
}

// A signal that ends the process leaves what the goroutines did in the log.
func TestCrashIsLogged(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGABRT, syscall.SIGSEGV} {
		s := rig.Start(t, rig.Ours, "A", nil)
		s.Signal(sig)
		if code := s.WaitExit(); code == 0 {
			t.Errorf("%v: exit status 0", sig)
		}
		for _, want := range []string{fmt.Sprintf("crashed by signal: %d", int(sig)), "STACK TRACE", "loop.(*Loop).Run"} {
			if !strings.Contains(s.Log(), want) {
				t.Errorf("%v: the log has no %q", sig, want)
			}
		}
	}
}

// A signal ends a load at once, and leaves the file alone.
func TestSignalDuringLoad(t *testing.T) {
	s := rig.Start(t, rig.Ours, "A", rig.Config{"save": "3600 1", "enable-debug-command": "yes"})
	s.Must("DEBUG", "POPULATE", 10000)
	s.Must("SAVE")
	s.Must("CONFIG", "SET", "key-load-delay", 10000) // 100 seconds
	reload := make(chan error, 1)
	go func() { reload <- s.Do(context.Background(), "DEBUG", "RELOAD", "NOSAVE").Err() }()
	rig.Until(t, 20*time.Second, func() error {
		if err := s.Ping(context.Background()).Err(); err == nil || !strings.HasPrefix(err.Error(), "LOADING") {
			return fmt.Errorf("PING: %v", err)
		}
		return nil
	})
	s.Signal(syscall.SIGTERM)
	start := time.Now()
	if code := s.WaitExit(); code != 0 || time.Since(start) > 20*time.Second {
		t.Errorf("exit status %d after %s", code, time.Since(start))
	}
	<-reload
	s.Restart(rig.Config{"key-load-delay": "0"})
	if n := s.Must("DBSIZE"); n != int64(10000) {
		t.Errorf("%v keys are left", n)
	}
}

// A server that is stopped says nothing more, as redis-server does: whoever stops it, a test of a failover say, may rely on that.
func TestStoppedAtOnce(t *testing.T) {
	s := rig.Start(t, rig.Ours, "A", nil)
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	reply := make([]byte, 16)
	read := func(patience time.Duration) error {
		_ = c.SetReadDeadline(time.Now().Add(patience))
		_, err := c.Read(reply)
		return err
	}
	for range 50 {
		s.Signal(syscall.SIGSTOP)
		if _, err := c.Write([]byte("PING\r\n")); err != nil {
			t.Fatal(err)
		}
		if read(5*time.Millisecond) == nil {
			t.Fatal("a stopped server answers")
		}
		s.Signal(syscall.SIGCONT)
		if err := read(20 * time.Second); err != nil {
			t.Fatal(err)
		}
	}
}
