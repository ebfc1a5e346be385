package rdb

import (
	"errors"
	"hash/maphash"
	"io"
	"math"
	"unicode/utf8"
)

// Piece is a part of a record: a code, a length, a string.
type Piece struct {
	Offset int64
	Len    int
	What   string
}

// Pieces names the parts of the record that begins at offset at, whole or up to the first that cannot be told; then the
// error says why. It needs the header's version and dialect, which the Decoder d has read.
func (d *Decoder) Pieces(r io.ReaderAt, at, size int64) (pieces []Piece, err error) {
	p := d.resume(io.NewSectionReader(r, at, size-at), at)
	p.see = func(from int64, what string) {
		pieces = append(pieces, Piece{from, int(p.offset() - from), what})
	}
	_, err = p.skimRecord()
	return pieces, err
}

// CutIn says which piece of the current record the input is too short for, when Next has failed because of that.
func (d *Decoder) CutIn(r io.ReaderAt, size int64) string {
	p := d.resume(io.NewSectionReader(r, d.item.Offset, size-d.item.Offset), d.item.Offset)
	if _, err := p.skimRecord(); err == nil {
		return ""
	}
	return p.what
}

// resume returns a Decoder of the same dialect that begins at the border of two records.
func (d *Decoder) resume(r io.Reader, at int64) *Decoder {
	return d.resumeIn(make([]byte, max(d.opts.BufferSize, 4<<10)), r, at)
}

// resumeIn is resume with a buffer.
func (d *Decoder) resumeIn(buf []byte, r io.Reader, at int64) *Decoder {
	return &Decoder{
		source: source{r: r, buf: buf, base: at, skipCRC: true},
		opts:   d.opts, version: d.version, valkey: d.valkey, resumed: true, templates: d.templates,
		item: Item{DB: d.item.DB}, op: doType,
	}
}

// skimmed is what a record was.
type skimmed struct {
	code byte   // of the record itself, not of what stands before a key
	key  uint64 // hash of a key
}

// limits of what a skimmed record may claim, in canonical mode
const (
	mostDBs    = 1 << 20
	longestKey = 512 << 20
	oldestMs   = 0
	newestMs   = int64(1) << 47 // the year 6429
)

var errImplausible = errors.New("no writer would write this")

// skimRecord passes one record with what stands before a key.
func (d *Decoder) skimRecord() (skimmed, error) {
	for {
		at := d.offset()
		code, err := d.byte()
		if err != nil {
			return skimmed{}, err
		}
		if t, ok := d.typeOf(code); ok {
			if d.see != nil {
				d.see(at, "type "+t.String())
			}
			key, err := d.skimKey()
			if err != nil {
				return skimmed{}, err
			}
			return skimmed{code, key}, d.skimValue(t)
		}
		if d.see != nil {
			d.see(at, d.opName(code))
		}
		meta := false
		switch {
		case code == opExpireTime:
			err, meta = d.skimFixed(4, "expire time, s"), true
		case code == opExpireTimeMs:
			err, meta = d.skimExpire(), true
		case code == opIdle || code == opRAMLRU:
			_, err = d.skimLen("idle time")
			meta = true
		case code == opFreq:
			err, meta = d.skimFixed(1, "access counter"), true
		case code == opKeyMeta && d.opts.Foreign && !d.valkey:
			err, meta = d.skimClasses(), true
		default:
			return skimmed{code: code}, d.skimSpecial(code)
		}
		if err != nil || !meta {
			return skimmed{}, err
		}
	}
}

func (d *Decoder) skimExpire() error {
	at := d.offset()
	ms, err := d.fixed64()
	if err == nil && d.canonical && (int64(ms) < oldestMs || int64(ms) > newestMs) {
		err = errImplausible
	}
	if err == nil {
		d.note(at, "expire time, ms")
	}
	return err
}

// skimKey passes a key and returns a hash of it.
func (d *Decoder) skimKey() (uint64, error) {
	if !d.canonical {
		return 0, d.skimString("key")
	}
	at := d.offset()
	n, special, err := d.prefix()
	if err != nil {
		return 0, err
	}
	if special == 0 && (d.offset()-at != lenSize(n) || n > longestKey) {
		return 0, errNotCanonical
	}
	switch {
	case special == 0 && n <= 4<<10:
	case special == 0:
		return n, d.skip(n)
	case special == encLZF:
		return uint64(at), d.skimPacked()
	case special > encLZF:
		return 0, unknownEncoding(special)
	default:
		n = 1 << (special - encInt)
	}
	p, err := d.take(n, &d.keyMem)
	if err != nil {
		return 0, err
	}
	if d.work++; d.plainKeys && special == 0 && !isPlain(p) {
		return 0, errImplausible
	}
	return maphash.Bytes(d.seeds[0], p) ^ uint64(special)<<56, nil
}

// isPlain says that a key is text.
func isPlain(key []byte) bool {
	for _, c := range key {
		if c < ' ' || c == 0x7f {
			return false
		}
	}
	return len(key) > 0 && utf8.Valid(key)
}

func (d *Decoder) skimClasses() error {
	n, err := d.skimLen("number of metadata classes")
	if err != nil {
		return err
	}
	for range n {
		if err := d.skimFixed(4, "metadata class"); err != nil {
			return err
		}
		if err := d.skimModule(); err != nil {
			return err
		}
	}
	return nil
}

// skimSpecial passes a record that is no key; the end of the file too.
func (d *Decoder) skimSpecial(code byte) error {
	switch code {
	case opEOF:
		if d.version < 5 {
			return nil
		}
		return d.skimFixed(8, "checksum")
	case opSelectDB:
		n, err := d.skimLen("database")
		if err == nil && n >= math.MaxInt32 || d.canonical && n >= mostDBs {
			return errImplausible
		}
		return err
	case opResizeDB:
		return d.skimLens("keys", "keys that expire")
	case opSlotInfo:
		return d.skimLens("slot", "keys", "keys that expire")
	case opAux:
		if err := d.skimString("name"); err != nil {
			return err
		}
		return d.skimString("value")
	case opFunction:
		return d.skimString("source of a library")
	case opModuleAux:
		if err := d.skimLens("module ID", "kind of the time of saving", "time of saving"); err != nil {
			return err
		}
		return d.skimModule()
	case opFunctionPreGA:
		return d.skimFunctionPreGA()
	}
	return d.skimForeign(code)
}

func (d *Decoder) skimFunctionPreGA() error {
	for _, what := range []string{"name", "engine"} {
		if err := d.skimString(what); err != nil {
			return err
		}
	}
	described, err := d.skimLen("has a description")
	if err == nil && described != 0 {
		err = d.skimString("description")
	}
	if err != nil {
		return err
	}
	return d.skimString("source of a library")
}

func (d *Decoder) skimForeign(code byte) error {
	switch {
	case d.opts.Foreign && d.valkey && code == opSlotImport:
		if err := d.skimString("job"); err != nil {
			return err
		}
		n, err := d.skimLen("number of slot ranges")
		for i := uint64(0); i < n && err == nil; i++ {
			err = d.skimLens("first slot", "last slot")
		}
		return err
	case d.opts.Foreign && !d.valkey && code == opTemplate:
		number, err := d.skimLen("template")
		if err != nil {
			return err
		}
		n, err := d.skimLen("number of fields")
		for i := uint64(0); i < n && err == nil; i++ {
			err = d.skimString("field")
		}
		if _, known := d.templates[number]; err == nil && !known && d.see == nil && !d.canonical {
			err = d.remember(number, n)
		}
		return err
	}
	return errors.New("unknown type or opcode")
}

// opName says what a code other than a type is.
func (d *Decoder) opName(code byte) string {
	names := map[byte]string{
		opEOF: "end of the file", opSelectDB: "SELECTDB", opExpireTime: "EXPIRETIME", opExpireTimeMs: "EXPIRETIME_MS",
		opResizeDB: "RESIZEDB", opAux: "AUX", opFreq: "FREQ", opIdle: "IDLE", opModuleAux: "MODULE_AUX",
		opFunctionPreGA: "FUNCTION, pre-release", opFunction: "FUNCTION2", opSlotInfo: "SLOT_INFO", opRAMLRU: "RAM_LRU",
		opKeyMeta: "KEY_META", opTemplate: "HASH_TEMPLATE",
	}
	if d.valkey {
		names[opSlotImport] = "SLOT_IMPORT"
	}
	if name := names[code]; name != "" {
		return name
	}
	return "unknown code"
}

// Begin returns where the record begins that was read last.
func (d *Decoder) Begin() int64 { return d.item.Offset }
