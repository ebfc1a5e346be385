package arena

import "unsafe"

// The kernel clears a huge page at the first touch, which takes a millisecond or more: too long for the engine. So a Space that
// has grown to some size keeps half a chunk ahead of its allocations, and another goroutine touches it first. When
// allocations are faster than that (a bulk load), they take fresh memory themselves, and both cores share the work.

const (
	// prefaultFrom is the number of chunks from which on that is worth the memory: 2 MiB of at least 32.
	prefaultFrom = 8
	halfChunk    = chunkSize / 2
)

// spare is a chunk that is being prepared, or is ready.
type spare struct {
	base unsafe.Pointer // nil: none
	done chan struct{}
}

// entered is called when a slab is cut from half a chunk for the first time: it has the next half prepared.
func (sp *Space) entered(ch *chunk, half int) {
	ch.entered |= 1 << half
	if !ch.huge || sp.shared < prefaultFrom || sp.spare.base != nil {
		return
	}
	if half == 0 {
		if ch.entered&2 == 0 {
			go populate(unsafe.Add(ch.base, halfChunk), halfChunk)
		}
		return
	}
	s := spare{mapChunk(), make(chan struct{})}
	adviseHuge(s.base, chunkSize)
	sp.spare = s
	go func() {
		populate(s.base, halfChunk)
		close(s.done)
	}()
}

// takeSpare returns the spare chunk, or nil when there is none that is ready.
func (sp *Space) takeSpare() unsafe.Pointer {
	s := sp.spare
	if s.base == nil {
		return nil
	}
	select {
	case <-s.done:
		sp.spare = spare{}
		return s.base
	default:
		return nil
	}
}

// dropSpare unmaps the spare chunk.
func (sp *Space) dropSpare() {
	if s := sp.spare; s.base != nil {
		<-s.done
		unmapMemory(s.base, chunkSize)
		sp.spare = spare{}
	}
}
