package app

import (
	"os"
	"testing"
)

// B6: the least of what the machine and each control group above the process have left.
func TestFreeMemory(t *testing.T) {
	meminfo := "MemTotal: 100 kB\nMemFree: 1 kB\nMemAvailable:      50 kB\n"
	for _, tc := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"nothing is told", nil, -1},
		{"the machine", map[string]string{"/proc/meminfo": meminfo}, 50 << 10},
		{"no limit", map[string]string{"/proc/meminfo": meminfo, "/proc/self/cgroup": "0::/a\n", "/sys/fs/cgroup/a/memory.max": "max\n"}, 50 << 10},
		{"a group", map[string]string{"/proc/meminfo": meminfo, "/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/b/memory.max": "20000\n", "/sys/fs/cgroup/a/b/memory.current": "5000\n"}, 15000},
		{"the group above it", map[string]string{"/proc/meminfo": meminfo, "/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/b/memory.max": "max\n",
			"/sys/fs/cgroup/a/memory.max": "9000\n", "/sys/fs/cgroup/a/memory.current": "8000\n"}, 1000},
		{"version 1", map[string]string{"/proc/meminfo": meminfo, "/proc/self/cgroup": "9:cpu:/\n4:memory:/a\n", "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": "7000",
			"/sys/fs/cgroup/memory/a/memory.usage_in_bytes": "1"}, 6999},
		{"a group alone", map[string]string{"/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "10", "/sys/fs/cgroup/memory.current": "3"}, 7},
	} {
		got := freeMemory(func(name string) ([]byte, error) {
			if text, ok := tc.files[name]; ok {
				return []byte(text), nil
			}
			return nil, os.ErrNotExist
		})
		if got != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, got, tc.want)
		}
	}
	if n := freeMemory(os.ReadFile); n == 0 {
		t.Error("this machine has no memory left")
	}
}
