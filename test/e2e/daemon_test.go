package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
	"github.com/redis/go-redis/v9"
)

// daemonize yes returns at once and leaves a server in the background, with its PID in a file, that read standard input too.
func TestDaemonize(t *testing.T) {
	dir := t.TempDir()
	port, pidFile := rig.FreePort(t), filepath.Join(dir, "server.pid")
	got := run(t, dir, fmt.Sprintf("maxmemory 123mb\nport %d\n", port), rig.Program(t, "lockstep-server"), "-", "--daemonize", "yes", "--dir", dir, "--pidfile", pidFile, "--logfile", filepath.Join(dir, "log"))
	if got.Code != 0 || got.Out+got.Stderr != "" {
		t.Fatalf("status %d: %s%s", got.Code, got.Out, got.Stderr)
	}
	c := redis.NewClient(&redis.Options{Addr: loopback(port), MaxRetries: -1, DisableIdentity: true})
	t.Cleanup(func() { c.Close() })
	rig.Until(t, 20*time.Second, func() error { return c.Ping(context.Background()).Err() })
	text, err := os.ReadFile(pidFile)
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 1 {
		t.Fatalf("PID file: %q, %v", text, err)
	}
	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
	if v := configValue(t, c, "maxmemory"); v != strconv.Itoa(123<<20) {
		t.Errorf("maxmemory is %s", v)
	}
	if sid, _, errno := syscall.Syscall(syscall.SYS_GETSID, uintptr(pid), 0, 0); errno != 0 || int(sid) != pid {
		t.Errorf("session %d of process %d, %v", sid, pid, errno)
	}
	_ = c.Do(context.Background(), "SHUTDOWN", "NOSAVE").Err()
	rig.Until(t, 20*time.Second, func() error {
		if _, err := os.Stat(pidFile); err == nil {
			return fmt.Errorf("the PID file is still there")
		}
		return nil
	})
}
