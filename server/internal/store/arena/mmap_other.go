//go:build !linux

package arena

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

func adviseHuge(unsafe.Pointer, int) {}

func populate(unsafe.Pointer, int) {}

// giveBack lets the kernel take the pages when it needs them.
func giveBack(p unsafe.Pointer, n int) {
	_ = unix.Madvise(unsafe.Slice((*byte)(p), n), unix.MADV_FREE)
}
