package app

import (
	"bytes"
	"os"
	"path"
	"strconv"
	"strings"
)

// freeMemory is how much memory the process may take besides what it has: what the machine has left, or its control group. It is
// negative where the system does not tell.
func freeMemory(read func(name string) ([]byte, error)) int64 {
	free := machineMemory(read)
	for _, limit := range groupMemory(read) {
		if free < 0 || limit < free {
			free = limit
		}
	}
	return free
}

// machineMemory is MemAvailable of /proc/meminfo.
func machineMemory(read func(string) ([]byte, error)) int64 {
	b, err := read("/proc/meminfo")
	if err != nil {
		return -1
	}
	for line := range bytes.Lines(b) {
		if f := bytes.Fields(line); len(f) >= 2 && string(f[0]) == "MemAvailable:" {
			if kb, err := strconv.ParseInt(string(f[1]), 10, 64); err == nil {
				return kb << 10
			}
		}
	}
	return -1
}

// groupMemory is what each control group above the process has left, for those that have a limit.
func groupMemory(read func(string) ([]byte, error)) (left []int64) {
	b, err := read("/proc/self/cgroup")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(b)) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) != 3 {
			continue
		}
		root, max, used := "/sys/fs/cgroup", "memory.max", "memory.current"
		switch {
		case f[0] == "0" && f[1] == "": // version 2
		case f[1] == "memory": // version 1
			root, max, used = "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
		default:
			continue
		}
		for at := path.Clean("/" + f[2]); ; at = path.Dir(at) {
			if limit, ok := number(read, root+at+"/"+max); ok {
				n, _ := number(read, root+at+"/"+used)
				left = append(left, limit-n)
			}
			if at == "/" {
				break
			}
		}
	}
	return left
}

// number reads a file that holds one; "max" is none.
func number(read func(string) ([]byte, error), name string) (int64, bool) {
	b, err := read(path.Clean(name))
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return n, err == nil
}

// freeForData is what the data may grow by: what maxmemory leaves, and not more than there is.
func (a *App) freeForData() int64 {
	free := freeMemory(os.ReadFile)
	if limit := a.cfg.MaxMemory; limit > 0 {
		left := max(limit-a.engine.UsedMemory(), 0)
		if free < 0 || left < free {
			free = left
		}
	}
	return free
}
