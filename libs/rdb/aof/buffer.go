package aof

import (
	"bytes"
	"fmt"
	"io"
)

// left is the number of bytes read and not parsed.
func (s *Scanner) left() int { return s.end - s.pos - s.at }

// line returns the length of the next line with its line feed, 0 when there is none within limit bytes.
func (s *Scanner) line(limit int) (int, error) {
	for seen := 0; ; {
		b := s.buf[s.pos+s.at : s.end]
		b = b[:min(len(b), limit)]
		if i := bytes.IndexByte(b[seen:], '\n'); i >= 0 {
			return seen + i + 1, nil
		}
		if seen = len(b); seen == limit {
			return 0, nil
		}
		if more, err := s.need(int64(seen) + 1); err != nil || !more {
			return 0, err
		}
	}
}

// need makes n bytes behind at available; false says that the file ends before.
func (s *Scanner) need(n int64) (bool, error) {
	for stalls := 0; int64(s.left()) < n; stalls++ {
		if s.end == len(s.buf) {
			s.makeRoom(n)
		}
		k, err := s.r.Read(s.buf[s.end:])
		s.end += k
		switch {
		case err == io.EOF && k == 0:
			return false, nil
		case k > 0:
			stalls = 0
		case err == nil && stalls > 100:
			err = io.ErrNoProgress
		}
		if err != nil && err != io.EOF {
			return false, fmt.Errorf("read append-only file at offset %d: %w", s.base+int64(s.end), err)
		}
	}
	return true, nil
}

// makeRoom moves the record under way to the front of the buffer, and doubles the buffer when the record fills more than half
// of it: a length that lies costs no more than twice what is there.
func (s *Scanner) makeRoom(n int64) {
	have := s.end - s.pos
	to := s.buf
	if have > len(s.buf)/2 {
		to = make([]byte, 2*len(s.buf))
	} else if len(s.buf) > 16*scanBuffer && int64(s.at)+n < scanBuffer && have < scanBuffer {
		to = make([]byte, scanBuffer) // what a large record needed
	}
	copy(to, s.buf[s.pos:s.end])
	s.base += int64(s.pos)
	s.buf, s.pos, s.end = to, 0, have
}
