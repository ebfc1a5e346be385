package e2e

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// The process shows its address as redis-server does, so that ps and scripts find it; the environment stays what it was to it.
func TestTitle(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("titles are Linux's")
	}
	title := func(s *rig.Server) string {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", s.PID()))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimRight(string(text), "\x00")
	}
	s := rig.Start(t, rig.Ours, "A", nil)
	if got := title(s); !strings.HasSuffix(got, fmt.Sprintf("lockstep-server 127.0.0.1:%d", s.Port)) {
		t.Errorf("title %q", got)
	}
	s.Must("CONFIG", "SET", "proc-title-template", "short {port}")
	if got := title(s); got != fmt.Sprintf("short %d", s.Port) {
		t.Errorf("title %q", got)
	}
	s.Must("CONFIG", "SET", "proc-title-template", strings.Repeat("long ", 40_000)+"{port}")
	if got := title(s); !strings.HasPrefix(got, "long long ") {
		t.Errorf("title %q", got)
	}
	s.Must("PING")

	s = rig.Start(t, rig.Ours, "B", rig.Config{"set-proc-title": "no"})
	if got := title(s); strings.Contains(got, "127.0.0.1:") || !strings.Contains(got, "\x00") {
		t.Errorf("title %q, want the command line", got)
	}
}
