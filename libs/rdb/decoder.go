package rdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/stream"
)

// DecodeOptions are the choices of a reader; the zero value reads like Redis with its defaults.
type DecodeOptions struct {
	// Deep checks every element of flat encodings (`sanitize-dump-payload yes`): no member or field twice, scores that
	// are numbers, integer sets in order, stream entries whole. Without it values are only checked so far that reading
	// them cannot go wrong: bounds, counts, pairs.
	Deep bool
	// Duplicates also finds members that collections written element by element hold twice, at the price of 16 bytes
	// an element. Who inserts them into a table finds them anyway. Flat encodings are Deep's business.
	Duplicates bool
	// SkipChecksum does not compute the checksum (`rdbchecksum no`).
	SkipChecksum bool
	// StreamNodes keeps the nodes of streams in Value.Stream; otherwise they are only checked.
	StreamNodes bool
	// BufferSize is the size of the input buffer in bytes, 128 KiB when 0 and never below 4 KiB.
	BufferSize int
}

// Decoder reads an RDB file, item by item. It is not safe for concurrent use.
//
//	d := rdb.NewDecoder(file, rdb.DecodeOptions{})
//	for {
//		item, err := d.Next()
//		if err == io.EOF {
//			break // the end was there and the checksum was right
//		}
//		...
//	}
//
// Everything that an Item points to is valid until the next call of Next or of a method of its Value.
type Decoder struct {
	source
	opts    DecodeOptions
	version int // 0 before the header was read
	sum     Checksum
	empty   int // EmptyKeys
	item    Item
	err     error // sticky

	op      string // what is being read
	mark    int64  // offset at which the current piece starts
	inKey   bool   // item.Key and item.Type name what is being read
	pieces  valueState
	keyMem  []byte // the key, and long names
	strMem  []byte // strings that do not alias the buffer: long, compressed or integers
	elemMem []byte // the first of two strings
	lzfMem  []byte // compressed bytes that exceed the buffer
	seen    map[[2]uint64]struct{}
	seeds   [2]maphash.Seed
	meta    stream.Stream
}

// Item is one record of a file.
type Item struct {
	Op       Op
	DB       int    // the selected database
	Key      []byte // OpKey: the key; OpAux, OpFunctionPreGA, OpModuleAux: the name
	Value    Value
	ExpireMs int64 // Unix time in ms at which the key expires, -1 for never
	Idle     int64 // seconds since the last access, -1 when not said
	Freq     int   // logarithmic access counter 0..255, -1 when not said
	// OpResizeDB and OpSlotInfo: hints, to be believed only so far that nothing breaks when they are wrong.
	Keys, Expires, Slot uint64
}

// Checksum says how the check at the end of a file went.
type Checksum struct {
	Present          bool   // version 5 or later
	Stored, Computed uint64 // Stored is 0 when the writer computed none
	Checked          bool   // they were compared, and equal
}

// NewDecoder returns a Decoder that reads from r. It may read further than the file goes: see Rest.
func NewDecoder(r io.Reader, opts DecodeOptions) *Decoder {
	size := opts.BufferSize
	if size == 0 {
		size = defaultBufferSize
	}
	return &Decoder{
		source: source{r: r, buf: make([]byte, max(size, 4<<10)), skipCRC: opts.SkipChecksum},
		opts:   opts, op: doStart,
	}
}

// Version returns the version of the format, 0 before the first call of Next.
func (d *Decoder) Version() int { return d.version }

// Offset returns the number of bytes consumed so far.
func (d *Decoder) Offset() int64 { return d.offset() }

// Checksum returns how the check at the end went; it is meaningful once Next returned io.EOF or ErrChecksum.
func (d *Decoder) Checksum() Checksum { return d.sum }

// EmptyKeys returns how many keys were skipped because their collections were empty. Such keys come from a bug of old
// versions of Redis, which skips them too.
func (d *Decoder) EmptyKeys() int { return d.empty }

// Rest returns a reader of what follows the file in the input, after Next returned io.EOF: the commands behind the
// preamble of an AOF, or the mark that ends a diskless transfer.
func (d *Decoder) Rest() io.Reader { return d.rest() }

// Next returns the next item; the Item is reused by the next call. It returns io.EOF after the end of the file, when
// the checksum was right, and a *SyntaxError for everything else; errors stay.
func (d *Decoder) Next() (*Item, error) {
	if d.err != nil {
		return nil, d.err
	}
	if d.version == 0 {
		if err := d.header(); err != nil {
			return nil, d.fail(err)
		}
	}
	if d.pieces.open {
		if err := d.item.Value.drain(); err != nil {
			return nil, err // drain has made it sticky
		}
	}
	d.trim()
	for {
		done, err := d.record()
		if err == io.EOF {
			d.err = io.EOF
			return nil, io.EOF
		}
		if errors.Is(err, ErrEmptyKey) {
			d.empty++
			d.pieces.open = false
			continue
		}
		if err != nil {
			return nil, d.fail(err)
		}
		if done {
			return &d.item, nil
		}
	}
}

// trim gives back the memory of an unusually large value.
func (d *Decoder) trim() {
	const keep = 4 << 20
	for _, m := range []*[]byte{&d.keyMem, &d.strMem, &d.elemMem, &d.lzfMem, &d.captured} {
		if cap(*m) > keep {
			*m = nil
		}
	}
}

// fail makes err the final word of the decoder.
func (d *Decoder) fail(err error) error {
	e := &SyntaxError{Offset: d.mark, DB: d.item.DB, Op: d.op, Err: err}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		e.Offset = d.offset()
	}
	if d.inKey {
		e.Key, e.Type = append([]byte{}, d.item.Key...), d.item.Value.Type
	}
	d.err = e
	return e
}

func (d *Decoder) header() error {
	h, err := d.take(9, &d.strMem)
	if err != nil {
		return err
	}
	if string(h[:5]) != "REDIS" {
		return ErrSignature
	}
	for _, c := range h[5:] {
		if c < '0' || c > '9' {
			return ErrSignature
		}
		d.version = d.version*10 + int(c-'0')
	}
	d.mark = 5
	if d.version < MinVersion || d.version > MaxVersion {
		return fmt.Errorf("%w %d", ErrVersion, d.version)
	}
	return nil
}

// record reads up to the end of one record; done says that it is an item, as opposed to a part of one.
func (d *Decoder) record() (done bool, err error) {
	it := &d.item
	it.ExpireMs, it.Idle, it.Freq = -1, -1, -1
	for {
		d.op, d.inKey, d.mark = doType, false, d.offset()
		code, err := d.byte()
		if err != nil {
			return false, err
		}
		switch code {
		case opExpireTime, opExpireTimeMs, opIdle, opFreq, opRAMLRU:
			if err := d.keyMeta(code); err != nil {
				return false, err
			}
		case opEOF:
			return false, d.trailer()
		default:
			if Type(code).Known() {
				it.Op = OpKey
				return true, d.key(Type(code))
			}
			it.Value = Value{d: d}
			it.Key = nil
			return d.special(code)
		}
	}
}

// keyMeta reads what may stand before a key.
func (d *Decoder) keyMeta(code byte) error {
	it := &d.item
	d.op = doExpire
	switch code {
	case opExpireTime:
		p, err := d.take(4, &d.strMem)
		if err != nil {
			return err
		}
		it.ExpireMs = int64(binary.LittleEndian.Uint32(p)) * 1000
	case opExpireTimeMs:
		p, err := d.take(8, &d.strMem)
		if err != nil {
			return err
		}
		// Times before 1970 would look like "never"; both they and 0 have long passed.
		it.ExpireMs = max(int64(binary.LittleEndian.Uint64(p)), 0)
	case opIdle:
		n, err := d.length()
		if err != nil {
			return err
		}
		it.Idle = int64(min(n, math.MaxInt64))
	case opFreq:
		b, err := d.byte()
		if err != nil {
			return err
		}
		it.Freq = int(b)
	case opRAMLRU:
		_, err := d.length()
		return err
	}
	return nil
}

func (d *Decoder) key(t Type) error {
	it := &d.item
	d.op = doKey
	k, err := d.stringCopy(&d.keyMem)
	if err != nil {
		return err
	}
	it.Key = k
	d.op, d.inKey, d.mark = doValue, true, d.offset()
	it.Value = Value{Type: t, d: d}
	return d.value(t)
}

// trailer reads what follows the EOF opcode and returns io.EOF when all is well.
func (d *Decoder) trailer() error {
	d.op, d.mark = doChecksum, d.offset()
	if d.version < 5 {
		return io.EOF
	}
	d.settle()
	computed := d.crc
	p, err := d.take(8, &d.strMem)
	if err != nil {
		return err
	}
	d.sum = Checksum{Present: true, Stored: binary.LittleEndian.Uint64(p), Computed: computed}
	if d.skipCRC || d.sum.Stored == 0 {
		return io.EOF
	}
	if d.sum.Stored != computed {
		return fmt.Errorf("%w: the file says %016x, its bytes give %016x", ErrChecksum, d.sum.Stored, computed)
	}
	d.sum.Checked = true
	return io.EOF
}
