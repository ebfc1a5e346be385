package persist

import (
	"runtime"
	"syscall"
)

// backgroundNice is the niceness of work beside the engine: a third of the processor time of who competes with it.
const backgroundNice = 5

// YieldToEngine lowers the priority of the calling goroutine for the rest of its life: its thread ends with it, as a priority
// cannot be raised again without privileges. That it fails is no harm.
func YieldToEngine() {
	runtime.LockOSThread()
	if nice, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0); err == nil {
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 20-nice+backgroundNice) // the system call returns 20 less the niceness
	}
}
