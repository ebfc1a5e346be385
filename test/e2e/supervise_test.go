package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

// manager is the socket of a service manager that notes what it is told.
type manager struct {
	t    *testing.T
	conn *net.UnixConn
	told []string // all assignments so far
}

// newManager makes servers started from here on believe that systemd has started them.
func newManager(t *testing.T) *manager {
	t.Helper()
	dir, err := os.MkdirTemp("", "notify") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	addr := &net.UnixAddr{Name: filepath.Join(dir, "s"), Net: "unixgram"}
	conn, err := net.ListenUnixgram("unixgram", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); os.RemoveAll(dir) })
	t.Setenv("NOTIFY_SOCKET", addr.Name)
	return &manager{t: t, conn: conn}
}

// wait reads until an assignment begins with the wanted text.
func (m *manager) wait(want string) {
	m.t.Helper()
	if err := m.conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		m.t.Fatal(err)
	}
	buf := make([]byte, 4096)
	for {
		n, err := m.conn.Read(buf)
		if err != nil {
			m.t.Fatalf("waiting for %q: %v; told so far: %q", want, err, m.told)
		}
		lines := strings.Split(string(buf[:n]), "\n")
		m.told = append(m.told, lines...)
		if slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, want) }) {
			return
		}
	}
}

func (m *manager) wasTold(line string) bool { return slices.Contains(m.told, line) }

// Guarantee (R43): a master is ready when its data is loaded, a replica without data when its first sync is done and not
// before, one with data at once; status and end are told.
func TestSystemdIsTold(t *testing.T) {
	m := newManager(t)
	config := rig.Config{"supervised": "systemd"}
	master := rig.Start(t, rig.Ours, "master", config)
	m.wait("READY=1")
	if got := master.Info("server")["process_supervised"]; got != "systemd" {
		t.Errorf("process_supervised is %s", got)
	}
	master.Must("SET", "a", "b")
	master.Shutdown("SAVE")
	m.wait("STOPPING=1")
	master.Restart(config)
	m.wait("STATUS=Loading dataset")
	m.wait("READY=1")

	m = newManager(t)
	replica := rig.Start(t, rig.Ours, "replica", rig.Config{"supervised": "auto", "replicaof": "127.0.0.1 1"})
	m.wait("STATUS=MASTER <-> REPLICA sync")
	if m.wasTold("READY=1") {
		t.Error("a replica without data said that it is ready before its first sync")
	}
	replica.Follow(master.Port)
	m.wait("READY=1")
	if !m.wasTold("STATUS=MASTER <-> REPLICA sync: Loading dataset") || !m.wasTold("STATUS=MASTER <-> REPLICA sync: Finished with success. Ready to accept connections in read-only mode.") {
		t.Errorf("told about the full sync: %q", m.told)
	}
	replica.WaitLink()
	replica.Shutdown("SAVE")
	m.wait("STOPPING=1")
	m.told = nil
	replica.Restart(rig.Config{"replicaof": "127.0.0.1 1"})
	m.wait("READY=1") // it has data to serve, though nobody to follow
	replica.Follow(master.Port)
	m.wait("STATUS=MASTER <-> REPLICA sync: Partial Resynchronization accepted.")
	if n := slices.Index(m.told, "READY=1"); slices.Contains(m.told[n+1:], "READY=1") {
		t.Errorf("it is ready twice: %q", m.told)
	}
}

// Guarantee (R43): the watchdog is fed while the engine turns, and starves when it does not.
func TestWatchdog(t *testing.T) {
	m := newManager(t)
	t.Setenv("WATCHDOG_USEC", "400000")
	s := rig.Start(t, rig.Ours, "server", rig.Config{"supervised": "auto"})
	m.wait("WATCHDOG=1")
	m.wait("WATCHDOG=1")
	go s.Do(t.Context(), "DEBUG", "SLEEP", "1.5")
	rig.Until(t, 10*time.Second, func() error { // until a time goes by in which it ought to have been fed
		if err := m.conn.SetReadDeadline(time.Now().Add(600 * time.Millisecond)); err != nil {
			return err
		}
		if _, err := m.conn.Read(make([]byte, 4096)); err != nil {
			return nil
		}
		return os.ErrDeadlineExceeded
	})
	m.wait("WATCHDOG=1")
}

// Guarantee (R43): under Upstart a server stops itself when it is ready, and goes on when it is let.
func TestUpstartSeesItStop(t *testing.T) {
	if !rig.Lockstep() {
		t.Skip("redis-server stops before it is ready")
	}
	t.Setenv("UPSTART_JOB", "test")
	done := make(chan *rig.Server)
	dir := t.TempDir()
	go func() {
		done <- rig.StartIn(t, rig.Ours, "server", dir, rig.Config{"supervised": "upstart", "pidfile": filepath.Join(dir, "pid")})
	}()
	var pid int
	rig.Until(t, 20*time.Second, func() error {
		b, err := os.ReadFile(filepath.Join(dir, "pid"))
		if err != nil {
			return err
		}
		pid, err = stopped(strings.TrimSpace(string(b)))
		return err
	})
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if s := <-done; s == nil {
		t.Error("the server did not start")
	} else if got := s.Info("server")["process_supervised"]; got != "upstart" {
		t.Errorf("process_supervised is %s", got)
	}
}

// Without a manager in the environment the directive only complains.
func TestSupervisedWithoutManager(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	t.Setenv("UPSTART_JOB", "")
	for mode, want := range map[string]string{"auto": "", "systemd": "NOTIFY_SOCKET not found", "upstart": "UPSTART_JOB not found", "no": ""} {
		s := rig.Start(t, rig.Ours, mode, rig.Config{"supervised": mode})
		if got := s.Info("server")["process_supervised"]; got != "no" || !strings.Contains(s.Log(), want) {
			t.Errorf("supervised %s: process_supervised %s, want no; the log must say %q", mode, got, want)
		}
	}
}

// stopped returns a process's number once the process is stopped.
func stopped(number string) (int, error) {
	pid, err := strconv.Atoi(number)
	if err != nil {
		return 0, err
	}
	stat, err := os.ReadFile(filepath.Join("/proc", number, "stat"))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	if !strings.HasPrefix(rest, "T") {
		return 0, fmt.Errorf("the process's state is %.1s", rest)
	}
	return pid, nil
}
