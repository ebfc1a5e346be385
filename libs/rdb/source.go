package rdb

import (
	"errors"
	"fmt"
	"io"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/crc64"
)

const defaultBufferSize = 128 << 10

// source is the buffered input: it counts and checksums what was consumed, and can keep a copy of it. Both happen only
// when consumed bytes leave the buffer, in large pieces.
//
//	buf: | checksummed | consumed | unread | free |
//	     0          summed       pos      end    len
type source struct {
	r    io.Reader // nil: buf is all there is, and is never written to
	buf  []byte
	pos  int // 0 <= pos <= end <= len(buf)
	end  int
	base int64 // offset of buf[0] in the input

	crc     uint64 // of everything before base + summed
	summed  int    // 0 <= summed <= pos
	skipCRC bool

	capturing bool
	captured  []byte // what left the buffer since startCapture
	captureAt int    // 0 <= captureAt <= pos, the first byte not yet in captured

	limit    int64 // where the input ends, if that is known; else 0
	failedAt int64 // where the read began that found the input too short
}

// offset returns the number of bytes consumed.
func (s *source) offset() int64 { return s.base + int64(s.pos) }

// settle brings checksum and capture up to pos.
func (s *source) settle() {
	if !s.skipCRC {
		s.crc = crc64.Update(s.crc, s.buf[s.summed:s.pos])
	}
	s.summed = s.pos
	if s.capturing {
		s.captured = append(s.captured, s.buf[s.captureAt:s.pos]...)
		s.captureAt = s.pos
	}
}

// startCapture begins to copy what is consumed from here on.
func (s *source) startCapture() {
	s.capturing, s.captured, s.captureAt = true, s.captured[:0], s.pos
}

// stopCapture returns the copy, which is valid until the next read.
func (s *source) stopCapture() []byte {
	if len(s.captured) == 0 { // all of it is still in the buffer
		s.capturing = false
		return s.buf[s.captureAt:s.pos]
	}
	s.settle()
	s.capturing = false
	return s.captured
}

// fill makes at least n <= len(buf) unread bytes available.
func (s *source) fill(n int) error {
	if s.r == nil {
		s.failedAt = s.offset()
		s.pos = s.end
		return io.ErrUnexpectedEOF
	}
	if len(s.buf)-s.pos < n || s.pos == s.end {
		s.settle()
		s.base += int64(s.pos)
		s.end = copy(s.buf, s.buf[s.pos:s.end])
		s.pos, s.summed, s.captureAt = 0, 0, 0
	}
	for stalls := 0; s.end-s.pos < n; {
		k, err := s.r.Read(s.buf[s.end:])
		s.end += k
		if s.end-s.pos >= n {
			return nil
		}
		if err == io.EOF {
			s.failedAt = s.offset()
			s.pos = s.end // the offset of the fault is the end of the input
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errInput, err)
		}
		if k > 0 {
			stalls = 0
		} else if stalls++; stalls > 100 {
			return fmt.Errorf("%w: %w", errInput, io.ErrNoProgress)
		}
	}
	return nil
}

func (s *source) byte() (byte, error) {
	if s.pos == s.end {
		if err := s.fill(1); err != nil {
			return 0, err
		}
	}
	b := s.buf[s.pos]
	s.pos++
	return b, nil
}

// take consumes n bytes. The result aliases the buffer, or *mem when n is larger than the buffer, and is valid until
// the next read. A length that lies costs no more memory than twice what the input really holds.
func (s *source) take(n uint64, mem *[]byte) ([]byte, error) {
	if n <= uint64(s.end-s.pos) {
		b := s.buf[s.pos : s.pos+int(n) : s.pos+int(n)]
		s.pos += int(n)
		return b, nil
	}
	start := s.offset()
	if s.r == nil {
		s.failedAt = start
		s.pos = s.end
		return nil, io.ErrUnexpectedEOF
	}
	if n <= uint64(len(s.buf)) {
		if err := s.fill(int(n)); err != nil {
			return nil, err
		}
		return s.take(n, mem)
	}
	m := (*mem)[:0]
	for n > 0 {
		if s.pos == s.end {
			if err := s.fill(1); err != nil {
				s.failedAt = start
				return nil, err
			}
		}
		k := int(min(n, uint64(s.end-s.pos)))
		m = append(m, s.buf[s.pos:s.pos+k]...)
		s.pos += k
		n -= uint64(k)
	}
	*mem = m
	return m, nil
}

// errBeyond is a length that leads beyond the end of the input.
var errBeyond = errors.New("a length that leads beyond the end")

// skip consumes n bytes without keeping them. Where the limit is known and nothing is summed, it jumps over them.
func (s *source) skip(n uint64) error {
	if s.limit > 0 && n > uint64(s.limit-s.offset()) {
		return errBeyond
	}
	have := uint64(s.end - s.pos)
	if n <= have {
		s.pos += int(n)
		return nil
	}
	start := s.offset()
	if s.r == nil {
		s.pos, s.failedAt = s.end, start
		return io.ErrUnexpectedEOF
	}
	if seeker, ok := s.r.(io.Seeker); ok && s.limit > 0 && s.skipCRC {
		if _, err := seeker.Seek(int64(n-have), io.SeekCurrent); err != nil {
			return fmt.Errorf("%w: %w", errInput, err)
		}
		s.base += int64(s.end) + int64(n-have)
		s.pos, s.end, s.summed = 0, 0, 0
		return nil
	}
	for n > have {
		s.pos, n = s.end, n-have
		if err := s.fill(1); err != nil {
			s.failedAt = start
			return err
		}
		have = uint64(s.end - s.pos)
	}
	s.pos += int(n)
	return nil
}

// rest returns a reader of everything that was not consumed.
func (s *source) rest() io.Reader {
	left := &remainder{buf: s.buf[s.pos:s.end], r: s.r}
	return left
}

type remainder struct {
	buf []byte
	r   io.Reader
}

func (m *remainder) Read(p []byte) (int, error) {
	if len(m.buf) > 0 {
		n := copy(p, m.buf)
		m.buf = m.buf[n:]
		return n, nil
	}
	if m.r == nil {
		return 0, io.EOF
	}
	return m.r.Read(p)
}
