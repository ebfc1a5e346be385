package arena

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// adviseHuge asks for huge pages. Nothing forks here, so that they cost no copy on write (decision 0002).
// Refusal does no harm: the result is ignored on purpose.
func adviseHuge(p unsafe.Pointer, n int) {
	_ = unix.Madvise(unsafe.Slice((*byte)(p), n), unix.MADV_HUGEPAGE)
}

// giveBack returns the pages to the kernel; the addresses stay usable and read as zeros.
func giveBack(p unsafe.Pointer, n int) {
	_ = unix.Madvise(unsafe.Slice((*byte)(p), n), unix.MADV_DONTNEED)
}

// populate makes the kernel back the pages now. Kernels before 5.14 refuse; the pages are then backed when they are touched.
func populate(p unsafe.Pointer, n int) {
	_ = unix.Madvise(unsafe.Slice((*byte)(p), n), unix.MADV_POPULATE_WRITE)
}
