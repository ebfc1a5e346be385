package rig

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// endWithChildren kills a process and the children that it has forked: a redis-server that saves leaves one behind, which goes on
// writing into the test's directory while that is being removed. The process is stopped first, so that it forks no more
// while its children are listed.
func endWithChildren(pid int) {
	_ = syscall.Kill(pid, syscall.SIGSTOP)
	poll(func() bool { return state(pid) != 'R' && state(pid) != 'S' })
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	var gone []int
	for _, f := range strings.Fields(string(children)) {
		if child, err := strconv.Atoi(f); err == nil {
			_ = syscall.Kill(child, syscall.SIGKILL)
			gone = append(gone, child)
		}
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	for _, child := range gone {
		poll(func() bool { s := state(child); return s == 0 || s == 'Z' })
	}
}

// poll waits until done, for five seconds at most.
func poll(done func() bool) {
	for deadline := time.Now().Add(5 * time.Second); !done() && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
}

// state is the letter of a process's state in /proc, 0 when there is no such process.
func state(pid int) byte {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	if i := strings.LastIndexByte(string(b), ')'); i >= 0 && i+2 < len(b) {
		return b[i+2]
	}
	return 0
}
