package rdb

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/crc64"
)

// Encoder writes an RDB file: header, pieces that Appenders made, and the end with the checksum. Nothing is safe for
// concurrent use. The first error stays and is returned by every later call.
//
//	e, err := rdb.NewEncoder(file, opts)
//	e.Aux("redis-ver", "7.0.15")
//	e.Write(piece) // whole records, as often as needed
//	err = e.Close()
type Encoder struct {
	a    *Appender
	w    io.Writer
	opts EncodeOptions
	buf  []byte // small pieces, not yet written or checksummed
	crc  uint64
	n    int64 // bytes written, without buf
	err  error
}

// gather is the size up to which pieces are collected before they are written.
const gather = 32 << 10

// NewEncoder writes nothing before the first flush. It returns an error when the version is out of range.
func NewEncoder(w io.Writer, opts EncodeOptions) (*Encoder, error) {
	a, err := NewAppender(opts)
	if err != nil {
		return nil, err
	}
	e := &Encoder{a: a, w: w, opts: a.opts, buf: make([]byte, 0, 2*gather)}
	e.buf = fmt.Appendf(e.buf, "REDIS%04d", a.opts.Version)
	return e, nil
}

// Offset returns the number of bytes of the file so far.
func (e *Encoder) Offset() int64 { return e.n + int64(len(e.buf)) }

// Appender returns the Encoder's own, for callers with one goroutine.
func (e *Encoder) Appender() *Appender { return e.a }

// Aux writes a named text.
func (e *Encoder) Aux(name, value string) error {
	e.buf = append(e.buf, opAux)
	e.buf = e.a.String(e.buf, []byte(name))
	e.buf = e.a.String(e.buf, []byte(value))
	return e.drain()
}

// AuxInt writes a named number.
func (e *Encoder) AuxInt(name string, n int64) error { return e.Aux(name, strconv.FormatInt(n, 10)) }

// SelectDB writes the database that the next keys belong to.
func (e *Encoder) SelectDB(db int) error {
	e.buf = AppendSelectDB(e.buf, db)
	return e.drain()
}

// ResizeDB writes how many keys the database has and how many of them expire.
func (e *Encoder) ResizeDB(keys, expires uint64) error {
	e.buf = AppendResizeDB(e.buf, keys, expires)
	return e.drain()
}

// Function writes the source of a library. Versions before 10 cannot hold it.
func (e *Encoder) Function(source []byte) error {
	if e.opts.Version < 10 {
		return e.fail(fmt.Errorf("rdb: write version %d: %w: a function library", e.opts.Version, ErrNotEncoded))
	}
	e.buf = e.a.String(append(e.buf, opFunction), source)
	return e.drain()
}

// ModuleAux writes data that was kept as it was read (OpModuleAux).
func (e *Encoder) ModuleAux(raw []byte) error {
	e.buf = append(append(e.buf, opModuleAux), raw...)
	return e.drain()
}

// Write writes whole records that an Appender of the same version made.
func (e *Encoder) Write(p []byte) (int, error) {
	if len(p) < gather {
		e.buf = append(e.buf, p...)
		return len(p), e.drain()
	}
	if err := e.Flush(); err != nil {
		return 0, err
	}
	if !e.opts.NoChecksum {
		e.crc = crc64.Update(e.crc, p)
	}
	return len(p), e.write(p)
}

// WriteSummed is Write for a piece whose checksum crc64.Update(0, p) was computed elsewhere, on another core.
func (e *Encoder) WriteSummed(p []byte, crc uint64) error {
	if err := e.Flush(); err != nil {
		return err
	}
	e.crc = crc64.Combine(e.crc, crc, int64(len(p)))
	return e.write(p)
}

// Flush hands everything to the writer.
func (e *Encoder) Flush() error {
	if e.err != nil || len(e.buf) == 0 {
		return e.err
	}
	if !e.opts.NoChecksum {
		e.crc = crc64.Update(e.crc, e.buf)
	}
	err := e.write(e.buf)
	e.buf = e.buf[:0]
	return err
}

// Close writes the end of the file and flushes; it does not close the writer. It fails when the Encoder's own Appender
// met something that it could not express.
func (e *Encoder) Close() error {
	if e.a.err != nil {
		return e.fail(e.a.err)
	}
	e.buf = append(e.buf, opEOF)
	if err := e.Flush(); err != nil {
		return err
	}
	sum := e.crc
	if e.opts.NoChecksum {
		sum = 0
	}
	return e.write(binary.LittleEndian.AppendUint64(e.buf[:0], sum))
}

func (e *Encoder) drain() error {
	if len(e.buf) < gather {
		return e.err
	}
	return e.Flush()
}

func (e *Encoder) write(p []byte) error {
	if e.err != nil {
		return e.err
	}
	n, err := e.w.Write(p)
	e.n += int64(n)
	if err != nil {
		return e.fail(fmt.Errorf("rdb: write: %w", err))
	}
	return nil
}

func (e *Encoder) fail(err error) error {
	if e.err == nil {
		e.err = err
	}
	return e.err
}
