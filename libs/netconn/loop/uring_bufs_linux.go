package loop

import (
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

const recvBufSize = 16 << 10

// recvRing is the ring of buffers from which the kernel takes one for each receive that completes. They are outside of
// Go's heap, shared by all connections, touched only as far as they get used. When the kernel finds none, the receive
// ends with ENOBUFS and is armed again.
type recvRing struct {
	mask    uint16 // number of buffers, a power of two, less one
	mem     []byte
	ring    []byte
	entries []uringBuf
	tail    uint16
}

func newRecvRing(r *ring, count int) (*recvRing, error) {
	const entry = int(unsafe.Sizeof(uringBuf{}))
	anon := func(size int) ([]byte, error) {
		b, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		return b, os.NewSyscallError("mmap", err)
	}
	b := &recvRing{mask: uint16(count - 1)}
	var err error
	if b.ring, err = anon(count * entry); err != nil {
		return nil, err
	}
	if b.mem, err = anon(count * recvBufSize); err != nil {
		b.free()
		return nil, err
	}
	b.entries = unsafe.Slice((*uringBuf)(unsafe.Pointer(&b.ring[0])), count)
	reg := uringBufReg{ringAddr: uint64(uintptr(unsafe.Pointer(&b.ring[0]))), ringEntries: uint32(count)}
	if err := r.register(registerPbufRing, unsafe.Pointer(&reg), 1); err != nil {
		b.free()
		return nil, err
	}
	for i := range count {
		b.give(uint16(i))
	}
	b.publish()
	return b, nil
}

// bytes returns the first n bytes of a buffer that the kernel has filled.
func (b *recvRing) bytes(bid uint16, n int) []byte {
	off := int(bid) * recvBufSize
	return b.mem[off : off+n : off+n]
}

// give hands a buffer to the kernel, at the next publish.
func (b *recvRing) give(bid uint16) {
	e := &b.entries[b.tail&b.mask]
	e.addr = uint64(uintptr(unsafe.Pointer(&b.mem[int(bid)*recvBufSize])))
	e.len = recvBufSize
	e.bid = bid
	b.tail++
}

// publish stores the tail, a 16-bit field next to bid of the first entry, which is written with it in one go: package
// atomic has no 16-bit store, and the order of the stores matters on some processors.
func (b *recvRing) publish() {
	e := &b.entries[0]
	word := (*uint32)(unsafe.Pointer(&e.bid))
	v := [2]uint16{e.bid, b.tail}
	atomic.StoreUint32(word, *(*uint32)(unsafe.Pointer(&v)))
}

func (b *recvRing) free() {
	if b.ring != nil {
		unix.Munmap(b.ring)
	}
	if b.mem != nil {
		unix.Munmap(b.mem)
	}
}
