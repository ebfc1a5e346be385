package rdb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// ScanOptions are the choices of a Scanner.
type ScanOptions struct {
	DecodeOptions
	// Headless also looks for records in an input that does not begin like an RDB file at all.
	Headless bool
}

// Scanner reads a file to its end, whatever is wrong with it: it goes on behind a fault. It needs random access, for
// going on may mean going back.
//
// When the structure of a value is whole and only its content is damaged, the next record begins where the structure
// ends. Else the Scanner looks for the next place where records begin that a writer could have written, one after the
// other, see probe.go.
//
//	s := rdb.NewScanner(file, size, rdb.ScanOptions{})
//	for {
//		item, err := s.Next()
//		var fault *rdb.Fault
//		switch {
//		case err == io.EOF:
//			return
//		case errors.As(err, &fault):
//			// a finding: call Next again
//		case err != nil:
//			return err // the input cannot be read
//		}
//	}
//
// An error of item.Value.NextElem that is a *SyntaxError comes again as a *Fault from the next call of Next.
type Scanner struct {
	in      io.ReaderAt
	size    int64
	opts    ScanOptions
	d       *Decoder
	probe   *prober
	trail   []passed // the latest records since the last gap, the current one at the end
	end     bool     // nothing is left to read
	whole   bool     // the end of the file was reached at its place
	gap     bool     // a fault lies right before the next record
	empty   int      // EmptyKeys of earlier decoders
	lastKey []byte   // the key before, in database lastDB, if hasKey
	lastDB  int
	hasKey  bool
	spare   []byte // buffer of Again
}

// passed is a record that was read.
type passed struct {
	begin int64
	db    int // that was selected before it
}

// mostTrail is how many records a Scanner goes back: a length that is damaged swallows some records, and what follows may
// look like others before the fault is met.
const mostTrail = 8

// Fault is a SyntaxError, and where the Scanner went on.
type Fault struct {
	SyntaxError
	// Record is where the record begins in which the fault was met.
	Record int64
	// Resume is where reading goes on, -1 when nothing that could be read follows.
	Resume int64
	// Retract is how many of the latest records are part of the damage: the file goes on in the middle of the first of
	// them. At most eight, and never more than were read since the last fault.
	Retract int
	// From is where the damage begins: Record, or the first of the records that are retracted.
	From int64
	// Sure says that reading goes on where the structure of the damaged value ends, at a border beyond doubt.
	Sure bool
	// Doubt says that the fault is met right at the border of two records: the one before may have been cut short.
	Doubt bool
}

func (f *Fault) Unwrap() error { return &f.SyntaxError }

// NewScanner reads the first size bytes of in.
func NewScanner(in io.ReaderAt, size int64, opts ScanOptions) *Scanner {
	s := &Scanner{in: in, size: size, opts: opts, probe: newProber(in, size)}
	s.d = NewDecoder(io.NewSectionReader(in, 0, size), opts.DecodeOptions)
	return s
}

// Decoder returns the Decoder that reads now; another one after each fault.
func (s *Scanner) Decoder() *Decoder { return s.d }

// Whole says, after io.EOF, that the end of the file stood where it should and not just where the input ended.
func (s *Scanner) Whole() bool { return s.whole }

// Offset returns the end of the record that was read, or of all when Next has returned io.EOF.
func (s *Scanner) Offset() int64 { return s.d.offset() }

// EmptyKeys returns how many keys were skipped because their collections were empty.
func (s *Scanner) EmptyKeys() int { return s.empty + s.d.empty }

// Again reads the current record a second time, beside the first: who must know a value before showing it. end returns
// the offset behind the record once its elements are read. The Item is valid until the next call.
func (s *Scanner) Again() (it *Item, end func() int64, err error) {
	if s.spare == nil {
		s.spare = make([]byte, 64<<10)
	}
	at := s.d.item.Offset
	d := s.d.resumeIn(s.spare, io.NewSectionReader(s.in, at, s.size-at), at)
	it, err = d.Next()
	return it, d.offset, err
}

// AfterGap says that the current record is the first one behind a fault.
func (s *Scanner) AfterGap() bool { return s.gap }

// Next returns the next record, a *Fault, io.EOF at the end, or the error of a read.
func (s *Scanner) Next() (*Item, error) {
	if s.end {
		return nil, io.EOF
	}
	if s.d.err == nil {
		db := s.d.item.DB
		it, err := s.d.Next()
		if err == nil {
			s.pass(passed{it.Offset, db})
			if it.Op == OpKey {
				if s.twice(it) {
					return nil, s.recoverFrom(&SyntaxError{Offset: it.Offset, DB: it.DB, Op: doKey, Err: errKeyTwice})
				}
				s.probe.meet(it)
			}
			return it, nil
		}
		if err == io.EOF {
			return nil, s.finish()
		}
		if at := s.d.item.Offset; len(s.trail) == 0 || at > s.trail[len(s.trail)-1].begin {
			s.pass(passed{at, db}) // the record that Next could not read; else the one whose elements were read
		}
	}
	return nil, s.recover()
}

// errKeyTwice is a key that follows itself: a hole of zeros looks like empty strings under an empty name.
var errKeyTwice = errors.New("the key before has the same name")

// twice says that a key has the name of the one before.
func (s *Scanner) twice(it *Item) bool {
	same := s.hasKey && s.lastDB == it.DB && bytes.Equal(s.lastKey, it.Key)
	if s.hasKey, s.lastDB = true, it.DB; !same {
		s.lastKey = append(s.lastKey[:0], it.Key...)
	}
	return same
}

func (s *Scanner) pass(p passed) {
	s.gap = s.gap && len(s.trail) == 0
	if len(s.trail) > mostTrail {
		s.trail = s.trail[:copy(s.trail, s.trail[1:])]
	}
	s.trail = append(s.trail, p)
}

// finish makes sure that the end of the file is no damaged byte: then records follow.
func (s *Scanner) finish() error {
	s.end, s.whole = true, true
	d := s.d
	if d.sum.Checked {
		return io.EOF
	}
	if s.probe.endsAt(d.offset()) {
		return io.EOF
	}
	at, err := s.probe.search(d, d.item.Offset+1, d.item.Offset)
	if err != nil || at < 0 {
		return either(err, io.EOF)
	}
	f := &Fault{Record: d.item.Offset, From: d.item.Offset, SyntaxError: SyntaxError{Offset: d.item.Offset, DB: d.item.DB, Op: doType, Err: errFalseEnd}}
	s.pass(passed{d.item.Offset, d.item.DB})
	s.resumeAt(f, at)
	return f
}

var errFalseEnd = errors.New("the end of the file is announced, but records follow")

func either(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// recover turns the error of the decoder into a Fault and finds where to go on.
func (s *Scanner) recover() error {
	var syntax *SyntaxError
	if !errors.As(s.d.err, &syntax) {
		return s.d.err
	}
	if errors.Is(syntax.Err, errInput) {
		return syntax.Err
	}
	return s.recoverFrom(syntax)
}

func (s *Scanner) recoverFrom(syntax *SyntaxError) error {
	f := &Fault{SyntaxError: *syntax, Record: s.d.item.Offset, From: s.d.item.Offset, Resume: -1}
	at, err := s.findResume(f)
	if err != nil {
		return err
	}
	if at < 0 {
		s.end, s.whole = true, errors.Is(f.Err, ErrChecksum)
		return f
	}
	s.resumeAt(f, at)
	return f
}

// resumeAt goes on at a place behind the fault.
func (s *Scanner) resumeAt(f *Fault, at int64) {
	d := s.d
	db := d.item.DB
	f.Resume, s.end, s.whole = at, false, false
	for n := len(s.trail) - 1; n > 0 && s.trail[n].begin > at; n-- {
		f.Retract++
		f.From, db = s.trail[n-1].begin, s.trail[n-1].db
	}
	s.empty += d.empty
	s.d = d.resume(io.NewSectionReader(s.in, at, s.size-at), at)
	s.d.item.DB = db
	s.trail, s.gap, s.hasKey = s.trail[:0], true, false
}

// findResume returns where to go on, -1 for nowhere.
func (s *Scanner) findResume(f *Fault) (int64, error) {
	d := s.d
	switch {
	case f.Op == doChecksum:
		if errors.Is(f.Err, io.ErrUnexpectedEOF) || s.probe.endsAt(d.offset()) {
			return -1, nil
		}
	case f.Op == doStart:
		return s.headless(f)
	case f.Err == errKeyTwice:
		return s.probe.search(d, f.Record+1, f.Record)
	case d.inKey:
		at, err := s.probe.valueEnd(d, d.valueAt, d.item.Value.Type)
		if err != nil || at >= 0 {
			f.Sure = true
			return at, err
		}
	}
	if f.Record >= s.size {
		return -1, nil
	}
	f.Doubt = len(s.trail) > 1 && (f.Op == doType || f.Op == doKey)
	from := f.Record + 1
	if len(s.trail) > 0 {
		from = s.trail[0].begin + 1
	}
	return s.probe.search(d, from, f.Record)
}

// headless goes on behind a header that is damaged or of a version that is not known.
func (s *Scanner) headless(f *Fault) (int64, error) {
	d := s.d
	if errors.Is(f.Err, ErrVersion) {
		d.opts.Foreign = true
		return s.probe.first(d, 9)
	}
	var head [9]byte
	if n, err := s.in.ReadAt(head[:min(9, s.size)], 0); err != nil && err != io.EOF || n < 9 {
		return -1, nil
	}
	d.version = MaxVersion
	if likeHeader(head[:]) {
		return s.probe.first(d, 9)
	}
	at, err := int64(-1), error(nil)
	if s.opts.Headless {
		at, err = s.probe.search(d, 0, 0)
	}
	if at < 0 {
		d.version = 0 // it is no RDB
	}
	return at, err
}

// likeHeader says that at most two of the nine bytes are not those of a header.
func likeHeader(h []byte) bool {
	wrong := 0
	for i, c := range []byte("REDIS00") {
		if h[i] != c {
			wrong++
		}
	}
	for _, c := range h[7:] {
		if c < '0' || c > '9' {
			wrong++
		}
	}
	return wrong <= 2
}

// errInput marks what the input, not its content, is to blame for.
var errInput = fmt.Errorf("read input")
