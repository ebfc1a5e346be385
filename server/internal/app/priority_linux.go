package app

import (
	"os"

	"golang.org/x/sys/unix"
)

// engineSlice is in nanoseconds. The default is 1.4 ms and more, 0.1 ms is the least that the kernel takes.
const engineSlice = 300_000

// preferLatency asks the scheduler to run the calling thread, the engine's, soon after it wakes, also when all cores are busy with
// snapshots and loads: a thread with short slices may interrupt one with longer ones (Linux 6.12; older kernels ignore it). Its share of
// the processor stays the same.
func preferLatency() error {
	attr, err := unix.SchedGetAttr(0, 0)
	if err != nil || attr.Policy != unix.SCHED_NORMAL {
		return err
	}
	attr.Runtime = engineSlice
	return unix.SchedSetAttr(0, attr, 0)
}

// bindThread lets the calling thread run on some processors only. The threads that Go starts do not inherit that: it clones none from a locked one.
func bindThread(cpus []int) error {
	var set unix.CPUSet
	for _, n := range cpus {
		set.Set(n)
	}
	return os.NewSyscallError("sched_setaffinity", unix.SchedSetaffinity(0, &set))
}
