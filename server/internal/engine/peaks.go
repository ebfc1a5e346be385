package engine

import (
	"time"

	"github.com/lockstep-db/lockstep/server/internal/session"
)

// peakSeconds is for how long INFO remembers the largest buffers, as in Redis.
const peakSeconds = 8

// bufferPeaks holds the largest buffers of any client, a slot for each of the last seconds.
type bufferPeaks [peakSeconds]bufferPeak

type bufferPeak struct {
	second  int64 // Unix; the slot is of another time if it is not the one that is asked for
	in, out int
}

// note counts buffers at a time in Unix ms.
func (p *bufferPeaks) note(now int64, in, out int) {
	second := now / int64(time.Second/time.Millisecond)
	slot := &p[second%peakSeconds]
	if slot.second != second {
		*slot = bufferPeak{second: second}
	}
	slot.in, slot.out = max(slot.in, in), max(slot.out, out)
}

// recent returns the largest of the seconds up to now.
func (p *bufferPeaks) recent(now int64) (in, out int) {
	second := now / int64(time.Second/time.Millisecond)
	for _, slot := range p {
		if slot.second > second-peakSeconds {
			in, out = max(in, slot.in), max(out, slot.out)
		}
	}
	return in, out
}

// notePeak counts the buffers of a client.
func (e *Engine) notePeak(s *session.Session) {
	if s.Conn == nil {
		return
	}
	in := s.In.Buffered() + s.In.Free()
	if s.Multi != nil {
		in += s.Multi.Bytes
	}
	e.peaks.note(e.clock.ms, in, s.Output())
}

// BufferPeaks returns the largest query buffer and output of any client in the last seconds, in bytes.
func (e *Engine) BufferPeaks() (in, out int) {
	for s := e.clients.head; s != nil; s = s.Next {
		e.notePeak(s)
	}
	return e.peaks.recent(e.clock.ms)
}
