package aof

import (
	"bytes"
	"fmt"
	"io"
	"math"
)

// Scanner cuts a file into records.
//
//	s := aof.NewScanner(file, 0)
//	for {
//		record, err := s.Next()
//		if err == io.EOF {
//			break // the file is whole
//		}
//		...
//	}
//
// It checks the framing and that transactions are closed and not nested; what the commands say is not its business. Memory is
// bounded by twice the largest record that is really there.
type Scanner struct {
	r    io.Reader
	buf  []byte
	pos  int   // start of the record under way
	end  int   // of what was read
	base int64 // offset of buf[0]

	// Counted from the record's first byte:
	at    int    // what is parsed
	piece int    // where the line or argument begins that is read, or was read last
	spans []span // the arguments

	rec    Record
	args   [][]byte // memory of rec.Args
	cut    int64
	multi  bool
	breaks int64
	err    error
}

const scanBuffer = 256 << 10

// NewScanner reads records from r, whose first byte has the given offset in the file: 0, or what an RDB preamble takes.
func NewScanner(r io.Reader, offset int64) *Scanner {
	return &Scanner{r: r, buf: make([]byte, scanBuffer), base: offset, cut: offset}
}

// Offset is the end of the last record.
func (s *Scanner) Offset() int64 { return s.base + int64(s.pos) + int64(len(s.rec.Raw)) }

// Cut is the last cut point: the end of the last record that is outside of a transaction or ends one.
func (s *Scanner) Cut() int64 { return s.cut }

// Multi reports whether the last record is in a transaction that is not closed.
func (s *Scanner) Multi() bool { return s.multi }

// Breaks counts the line breaks of commands that were read, as redis-check-aof does, those of a damaged one included.
func (s *Scanner) Breaks() int64 { return s.breaks }

// Next returns the next record. It returns io.EOF at the end of a whole file, and *SyntaxError or an error of the reader
// otherwise; errors stay. A file that ends inside of a transaction is truncated.
func (s *Scanner) Next() (*Record, error) {
	if s.err != nil {
		return nil, s.err
	}
	s.pos += len(s.rec.Raw)
	s.piece -= len(s.rec.Raw) // the last record's, for a file that ends in a transaction
	s.rec, s.at, s.spans = Record{}, 0, s.spans[:0]
	if cap(s.spans) > keepArgs {
		s.spans = nil
	}
	if err := s.record(); err != nil {
		s.err = err
		return nil, err
	}
	s.rec.Start, s.rec.Raw = s.base+int64(s.pos), s.buf[s.pos:s.pos+s.at]
	if err := s.transaction(); err != nil {
		s.rec, s.err = Record{}, err
		return nil, err
	}
	if !s.multi {
		s.cut = s.Offset()
	}
	return &s.rec, nil
}

// record parses up to the end of one record.
func (s *Scanner) record() error {
	have, err := s.need(1)
	if err != nil {
		return err
	}
	if !have {
		if s.multi {
			return s.fault("Reached EOF before reading EXEC for MULTI", io.ErrUnexpectedEOF)
		}
		return io.EOF
	}
	s.piece = 0
	switch c := s.buf[s.pos]; c {
	case '#':
		return s.annotation()
	case '*':
		return s.command()
	default:
		return s.fault(fmt.Sprintf("Expected prefix '*', got: '%c'", c), nil)
	}
}

func (s *Scanner) annotation() error {
	n, err := s.line(maxAnnotation)
	if err != nil {
		return err
	}
	if n == 0 {
		if s.left() >= maxAnnotation {
			return s.fault(fmt.Sprintf("Annotation longer than %d bytes", maxAnnotation), nil)
		}
		return s.fault("Annotation cut short", io.ErrUnexpectedEOF)
	}
	s.at = n
	return nil
}

// maxHeader bounds a header line, in bytes.
const maxHeader = 128

// keepArgs is the number of arguments up to which their memory is kept for the next command.
const keepArgs = 4096

func (s *Scanner) command() error {
	count, err := s.header('*')
	if err != nil {
		return err
	}
	if count < 1 || count > math.MaxInt32 {
		return s.fault(fmt.Sprintf("Expected to read a command of %d arguments, which is not in the suitable range", count), nil)
	}
	for range count {
		if err := s.argument(); err != nil {
			return err
		}
	}
	if s.args = s.args[:0]; cap(s.args) > keepArgs && count <= keepArgs {
		s.args = nil
	}
	for _, sp := range s.spans {
		s.args = append(s.args, s.buf[s.pos+sp.from:s.pos+sp.to:s.pos+sp.to])
	}
	s.rec.Args, s.rec.spans = s.args, s.spans
	return nil
}

func (s *Scanner) argument() error {
	n, err := s.header('$')
	if err != nil {
		return err
	}
	if n < 0 || n > math.MaxInt64-2 {
		return s.fault(fmt.Sprintf("Expected to read string of %d bytes, which is not in the suitable range", n), nil)
	}
	s.piece = s.at
	have, err := s.need(n + 2)
	if err != nil {
		return err
	}
	if !have {
		return s.fault(fmt.Sprintf("Expected to read %d bytes, got %d bytes", n+2, s.left()), io.ErrUnexpectedEOF)
	}
	from, to := s.at, s.at+int(n)
	if end := s.buf[s.pos+to:][:2]; end[0] != '\r' || end[1] != '\n' {
		return s.fault(notBreak(end), nil)
	}
	s.spans = append(s.spans, span{from, to})
	s.at = to + 2
	s.breaks++
	return nil
}

// header reads the line of a number.
func (s *Scanner) header(prefix byte) (int64, error) {
	s.piece = s.at
	if value, n := shortHeader(s.buf[s.pos+s.at:s.end], prefix); n > 0 {
		s.at += n
		s.breaks++
		return value, nil
	}
	n, err := s.line(maxHeader)
	if err != nil {
		return 0, err
	}
	ended := n > 0
	if !ended {
		n = min(s.left(), maxHeader)
	}
	line := s.buf[s.pos+s.at:][:n]
	if n == 0 {
		return 0, s.fault("", io.ErrUnexpectedEOF)
	}
	if line[0] != prefix {
		return 0, s.fault(fmt.Sprintf("Expected prefix '%c', got: '%c'", prefix, line[0]), nil)
	}
	value, digits, ok := number(line[1:])
	tail := string(line[1+digits:])
	if tail != "\r\n" {
		var cause error
		if !ended && n < maxHeader && (tail == "" || tail == "\r") {
			cause = io.ErrUnexpectedEOF
		}
		return 0, s.fault(notBreak([]byte(tail)), cause)
	}
	if !ok {
		return 0, s.fault(fmt.Sprintf("Expected a number, got: %.32q", line[1:n-2]), nil)
	}
	s.at += n
	s.breaks++
	return value, nil
}

// shortHeader reads the usual line: all there, one to nine digits. n is its length, 0 when header has to look closer.
func shortHeader(b []byte, prefix byte) (value int64, n int) {
	if len(b) < 12 || b[0] != prefix {
		return 0, 0
	}
	for i := 1; i < 11; i++ {
		c := b[i]
		if c == '\r' && b[i+1] == '\n' && i > 1 {
			return value, i + 2
		}
		if c-'0' > 9 {
			break
		}
		value = value*10 + int64(c-'0')
	}
	return 0, 0
}

// number reads digits with an optional minus; n of them.
func number(b []byte) (value int64, n int, ok bool) {
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		n = 1
	}
	first := n
	for ; n < len(b) && b[n] >= '0' && b[n] <= '9'; n++ {
		if value > (math.MaxInt64-9)/10 {
			return 0, n, false
		}
		value = value*10 + int64(b[n]-'0')
	}
	if negative {
		value = -value
	}
	return value, n, n > first
}

// notBreak says that something else stands where a line must end. What the file no longer has counts as zeros.
func notBreak(b []byte) string {
	var got [2]byte
	copy(got[:], b)
	return fmt.Sprintf(`Expected \r\n, got: %02x%02x`, got[0], got[1])
}

// transaction follows MULTI and EXEC.
func (s *Scanner) transaction() error {
	s.rec.Multi = s.multi
	if len(s.rec.Args) == 0 {
		return nil
	}
	s.piece = s.spans[len(s.spans)-1].from
	switch name := s.rec.Args[0]; {
	case bytes.EqualFold(name, []byte("multi")):
		if s.multi {
			return s.fault("Unexpected MULTI in AOF", nil)
		}
		s.multi, s.rec.Multi = true, true
	case bytes.EqualFold(name, []byte("exec")):
		if !s.multi {
			return s.fault("Unexpected EXEC in AOF", nil)
		}
		s.multi, s.rec.Multi = false, true
	}
	return nil
}

// fault makes the error for the piece that is read.
func (s *Scanner) fault(reason string, err error) error {
	return &SyntaxError{Offset: s.base + int64(s.pos+s.piece), Reason: reason, Err: err}
}
