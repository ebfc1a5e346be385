package arena

import "unsafe"

// Handle names a block of a Space: 40 bits, 0 = no block.
type Handle uint64

const (
	chunkBits  = 22
	chunkSize  = 1 << chunkBits
	offsetBits = chunkBits - 3 // blocks are 8-byte aligned
	offsetMask = 1<<offsetBits - 1

	// HandleBits is the width of a handle. Tables pack a handle and a tag into one word.
	HandleBits = 40
)

// Reader reads blocks and objects. A Space embeds the live one; a View has one of its own, which stays valid
// on other goroutines while the Space grows.
type Reader struct {
	chunks  []unsafe.Pointer // by chunk index; nil: not mapped, or a number never handed out (0)
	objects []*objectChunk
}

// Pointer returns the address of a block. It stays valid until the block is freed.
func (r *Reader) Pointer(h Handle) unsafe.Pointer {
	return unsafe.Add(r.chunks[h>>offsetBits], (h&offsetMask)<<3)
}

// Bytes returns the first n bytes of a block. The slice must not outlive the block.
func (r *Reader) Bytes(h Handle, n int) []byte {
	return unsafe.Slice((*byte)(r.Pointer(h)), n)
}

// Object returns the root of a large value.
func (r *Reader) Object(id ObjID) Big {
	return r.objects[id/objectsPerChunk][id%objectsPerChunk]
}
