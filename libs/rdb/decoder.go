package rdb

import (
	"encoding/binary"
	"errors"
	"fmt"
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
	// Duplicates also finds members that collections written element by element hold twice, at the price of 48 to 96
	// bytes an element. Who inserts them into a table finds them anyway. Flat encodings are Deep's business.
	Duplicates bool
	// SkipChecksum does not compute the checksum (`rdbchecksum no`).
	SkipChecksum bool
	// StreamNodes keeps the nodes of streams in Value.Stream; otherwise they are only checked.
	StreamNodes bool
	// Foreign also reads, as far as their form is known, versions 13 to 15 and those of Valkey. What they added is
	// understood by its structure only.
	Foreign bool
	// Redis70 accepts and refuses what redis-check-rdb of 7.0 does, see redis70.go.
	Redis70 bool
	// EmptyKey, if set, is told of each key that is skipped because its collection is empty.
	EmptyKey func(key []byte)
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
	version int  // 0 before the header was read
	valkey  bool // the dialect of the file
	resumed bool // begun in the middle of a file: there is no checksum to compare
	sum     Checksum
	empty   int // EmptyKeys
	item    Item
	err     error // sticky

	op       string // what is being read
	mark     int64  // offset at which the current piece starts
	code     byte   // of the record
	valueAt  int64  // offset of the value of the current key
	inKey    bool   // item.Key and item.Type name what is being read
	pieces   valueState
	keyMem   []byte // the key, and long names
	strMem   []byte // strings that do not alias the buffer: long, compressed or integers
	elemMem  []byte // the first of two strings
	valueMem []byte // the second of three pieces
	lzfMem   []byte // compressed bytes that exceed the buffer
	members
	meta stream.Stream

	templates map[uint64]uint64       // number -> how many fields
	see       func(int64, string)     // told of every piece that skim passes, if not nil
	canonical bool                    // skim accepts lengths only in their shortest form
	plainKeys bool                    // in canonical mode: keys must be text
	what      string                  // the piece that skim reads
	work      int64                   // pieces that skim passed
	spare     [2 * stream.IDSize]byte // what skip reads into
}

// Item is one record of a file.
type Item struct {
	Op       Op
	Offset   int64  // where the record begins, with what stands before a key
	DB       int    // the selected database
	Key      []byte // OpKey: the key; OpAux, OpFunctionPreGA, OpModuleAux: the name
	Value    Value
	ExpireMs int64 // Unix time in ms at which the key expires, -1 for never
	Idle     int64 // seconds since the last access, -1 when not said
	Freq     int   // logarithmic access counter 0..255, -1 when not said
	// OpResizeDB and OpSlotInfo: hints, to be believed only so far that nothing breaks when they are wrong.
	Keys, Expires, Slot uint64
	// Meta says that modules keep metadata of the key (version 13); it is skipped.
	Meta bool
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

// Valkey says that the file begins with VALKEY.
func (d *Decoder) Valkey() bool { return d.valkey }

// Resumed says that the Decoder began in the middle of the file, behind a fault.
func (d *Decoder) Resumed() bool { return d.resumed }

// ReadAt returns the offset at which the last read began. When an input ends too early this is where redis-check-rdb
// sees the fault, a piece before the end.
func (d *Decoder) ReadAt() int64 { return d.failedAt }

// Code returns the byte that the last record began with, or the last of what stands before a key.
func (d *Decoder) Code() byte { return d.code }

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
		if errors.Is(err, ErrEmptyKey) && !d.opts.Redis70 {
			d.empty++
			if d.opts.EmptyKey != nil {
				d.opts.EmptyKey(d.item.Key)
			}
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
	if d.op == doKey {
		e.Type, _ = d.typeOf(d.code)
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
	version, valkey, ok := parseHeader(h)
	if d.opts.Redis70 {
		version, ok = header70(h)
	}
	if !ok {
		return ErrSignature
	}
	d.version, d.valkey, d.mark = version, valkey, 5
	switch {
	case d.opts.Redis70 && version > DefaultVersion:
		return fmt.Errorf("%w %d", ErrVersion, version)
	case valkey && d.opts.Foreign && version >= MinValkeyVersion && version <= MaxValkeyVersion:
	case valkey && !d.opts.Foreign:
		return fmt.Errorf("%w %d of Valkey", ErrVersion, version)
	case !valkey && version >= MinVersion && (version <= MaxVersion || d.opts.Foreign && version <= MaxForeignVersion):
	default:
		return fmt.Errorf("%w %d", ErrVersion, version)
	}
	return nil
}

// parseHeader reads the nine bytes at the start: REDIS and four digits, or VALKEY and three.
func parseHeader(h []byte) (version int, valkey, ok bool) {
	digits := h[5:]
	switch {
	case string(h[:6]) == "VALKEY":
		digits, valkey = h[6:], true
	case string(h[:5]) != "REDIS":
		return 0, false, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false, false
		}
		version = version*10 + int(c-'0')
	}
	return version, valkey, true
}

// record reads up to the end of one record; done says that it is an item, as opposed to a part of one.
func (d *Decoder) record() (done bool, err error) {
	it := &d.item
	it.ExpireMs, it.Idle, it.Freq, it.Meta = -1, -1, -1, false
	it.Offset = d.offset()
	for {
		d.op, d.inKey, d.mark = doType, false, d.offset()
		code, err := d.byte()
		if err != nil {
			return false, err
		}
		d.code = code
		if d.opts.Redis70 && (code == opRAMLRU || code == opSlotInfo) {
			return false, unknown70(code)
		}
		switch code {
		case opExpireTime, opExpireTimeMs, opIdle, opFreq, opRAMLRU:
			if err := d.keyMeta(code); err != nil {
				return false, err
			}
		case opEOF:
			return false, d.trailer()
		case opKeyMeta:
			if !d.opts.Foreign || d.valkey {
				it.Value, it.Key = Value{d: d}, nil
				return d.special(code)
			}
			if err := d.keyClasses(); err != nil {
				return false, err
			}
		default:
			if t, ok := d.typeOf(code); ok {
				it.Op = OpKey
				return true, d.key(t)
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
	d.valueAt = d.mark
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
	if d.skipCRC || d.resumed || d.sum.Stored == 0 {
		return io.EOF
	}
	if d.sum.Stored != computed {
		return fmt.Errorf("%w: the file says %016x, its bytes give %016x", ErrChecksum, d.sum.Stored, computed)
	}
	d.sum.Checked = true
	return io.EOF
}
