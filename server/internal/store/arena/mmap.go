package arena

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

const pageSize = 4096

// mapMemory maps n bytes. Running out of address space or mappings cannot be handled by any caller, as in
// every program whose allocator fails, so it panics.
func mapMemory(n int) unsafe.Pointer {
	p, err := unix.MmapPtr(-1, 0, nil, uintptr(n), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		panic(fmt.Sprintf("arena: map %d bytes: %v", n, err))
	}
	return p
}

func unmapMemory(p unsafe.Pointer, n int) {
	if err := unix.MunmapPtr(p, uintptr(n)); err != nil {
		panic(fmt.Sprintf("BUG: arena: unmap %d bytes: %v", n, err))
	}
}

// mapChunk maps one chunk aligned to its size, so that it can be made of huge pages.
func mapChunk() unsafe.Pointer {
	p := mapMemory(chunkSize)
	if uintptr(p)%chunkSize == 0 {
		return p
	}
	unmapMemory(p, chunkSize)
	p = mapMemory(2 * chunkSize)
	lead := int(-uintptr(p) % chunkSize)
	if lead > 0 {
		unmapMemory(p, lead)
	}
	q := unsafe.Add(p, lead)
	if lead < chunkSize {
		unmapMemory(unsafe.Add(q, chunkSize), chunkSize-lead)
	}
	return q
}
