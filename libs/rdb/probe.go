package rdb

import (
	"bytes"
	"errors"
	"io"
	"strconv"
)

// How the Scanner finds the next record behind damage. Any byte may be the start of a record, so each is tried: a chain
// of records that follow each other without a gap must begin there. One record is soon found in any bytes, eight in a
// row hardly ever: for random bytes each step passes one time in ten. What structured bytes could feign is ruled out:
//
//   - lengths are in their shortest form, as every writer writes them; times and numbers of databases are possible ones;
//   - keys are text when all were so far, and types are those that writers of the version use;
//   - no key comes twice in a chain (a hole of zeros would be full of empty keys);
//   - a chain that begins before the fault must lead beyond it (an RDB file may be the value of a key);
//   - the end of the file counts only where the input ends, or where the commands of an AOF begin.
//
// What a search costs is bounded: pieces looked at are counted, and a search that exceeds its budget finds nothing.

// longChain is how many records in a row are believed.
const longChain = 8

// prober looks for places where records begin. It keeps its memory.
type prober struct {
	in     io.ReaderAt
	size   int64
	buf    []byte
	base   int64   // offset of buf[0]
	end    int     // bytes in buf
	near   Decoder // reads from buf
	far    Decoder // reads from in
	keys   map[uint64]struct{}
	met    [256]bool // types that the file holds
	plain  int       // how many keys were text; -1 when one was not
	budget int64
}

// probeWindow is how much of the input is looked at in memory; chains that are longer are followed in the input.
const probeWindow = 1 << 20

func newProber(in io.ReaderAt, size int64) *prober {
	return &prober{in: in, size: size, keys: map[uint64]struct{}{}, budget: 16*size + 1<<24}
}

// meet learns what the file holds.
func (p *prober) meet(it *Item) {
	if p.met[it.Value.Type] = true; p.plain < 0 {
		return
	}
	if p.plain++; !isPlain(it.Key) {
		p.plain = -1
	}
}

// valueEnd returns where the structure of a value ends if a record begins there, else -1.
func (p *prober) valueEnd(d *Decoder, at int64, t Type) (int64, error) {
	v := d.resume(io.NewSectionReader(p.in, at, p.size-at), at)
	if err := v.skimValue(t); err != nil {
		return -1, inputError(err)
	}
	end := v.offset()
	ok, err := p.chain(d, end, 2, 0)
	if !ok {
		end = -1
	}
	return end, err
}

// first returns at when a record begins there, else the next place where one does.
func (p *prober) first(d *Decoder, at int64) (int64, error) {
	if ok, err := p.chain(d, at, 1, -1); ok || err != nil {
		return at, err
	}
	return p.search(d, at, at)
}

// search returns the first place from on where records begin; the chain must lead beyond pass. -1: there is none.
func (p *prober) search(d *Decoder, from, pass int64) (int64, error) {
	for at := from; at < p.size && p.budget > 0; at++ {
		b, err := p.byteAt(at)
		if err != nil {
			return -1, err
		}
		p.budget--
		if !p.starts(d, b) || b == opEOF && at != p.trailer(d) {
			continue
		}
		ok, err := p.chain(d, at, longChain, pass)
		if ok && err == nil {
			ok, err = p.sound(d, at)
		}
		if ok || err != nil {
			return at, err
		}
	}
	return -1, nil
}

// sound says that the record at at can be read with all checks. A chain may begin with bytes that only feign a record.
func (p *prober) sound(d *Decoder, at int64) (bool, error) {
	opts := d.opts
	opts.BufferSize = 4 << 10
	file := *d
	file.opts = opts
	v := file.resume(io.NewSectionReader(p.in, at, p.size-at), at)
	it, err := v.Next()
	if err == nil {
		err = it.Value.ReadThrough()
	}
	return err == nil || err == io.EOF, inputError(err)
}

// trailer returns where the end of the file should begin.
func (p *prober) trailer(d *Decoder) int64 {
	if d.version < 5 {
		return p.size - 1
	}
	return p.size - 9
}

// starts says that a record may begin with b.
func (p *prober) starts(d *Decoder, b byte) bool {
	if t, ok := d.typeOf(b); ok {
		return p.written(d, t)
	}
	return b >= opFunctionPreGA || b == opSlotInfo || b == opRAMLRU || d.opts.Foreign && b >= opTemplate
}

// written says that a file of this version may hold values of type t: the version has it and still writes it, or one was
// met before.
func (p *prober) written(d *Decoder, t Type) bool {
	return p.met[t] || t != TypeModulePreGA && t.Since() <= d.version && (t.until() == 0 || d.version < t.until())
}

// until returns the first version of the format whose writers no longer use the type, 0 for none.
func (t Type) until() int {
	switch t {
	case TypeHashZipmap:
		return 5
	case TypeList, TypeListZiplist:
		return 7
	case TypeZset:
		return 8
	case TypeHashZiplist, TypeZsetZiplist, TypeListQuicklist, TypeStream:
		return 10
	case TypeStream2:
		return 11
	case TypeHashTTLPreGA, TypeHashListpackTTLPreGA, TypeHashTemplate, TypeHashTemplatePack:
		return MinVersion // release candidates and DUMP only
	}
	return 0
}

// byteAt reads ahead in windows; the second half of one is kept for the chains that begin in the first.
func (p *prober) byteAt(at int64) (byte, error) {
	if at < p.base || at-p.base >= probeWindow/2 && p.base+int64(p.end) < p.size || at-p.base >= int64(p.end) {
		if p.buf == nil {
			p.buf = make([]byte, min(probeWindow, p.size))
		}
		n, err := p.in.ReadAt(p.buf[:min(int64(len(p.buf)), p.size-at)], at)
		if err != nil && err != io.EOF || n == 0 {
			return 0, errors.Join(errInput, err)
		}
		p.base, p.end = at, n
	}
	return p.buf[at-p.base], nil
}

// chain says whether records begin at at: n in a row, or all to the end, the last of them behind pass.
func (p *prober) chain(d *Decoder, at int64, n int, pass int64) (bool, error) {
	if at == p.size {
		return false, nil
	}
	if _, err := p.byteAt(at); err != nil {
		return false, err
	}
	near := &p.near
	p.borrow(near, d, source{buf: p.buf, pos: int(at - p.base), summed: int(at - p.base), end: p.end, base: p.base, skipCRC: true, limit: p.size})
	ok, err := p.follow(near, n, pass)
	if !errors.Is(err, io.ErrUnexpectedEOF) || p.base+int64(p.end) == p.size {
		return ok, nil
	}
	p.budget -= 64 << 10 / 512
	far := &p.far
	buf := far.buf
	if buf == nil {
		buf = make([]byte, 64<<10)
	}
	p.borrow(far, d, source{r: io.NewSectionReader(p.in, at, p.size-at), buf: buf, base: at, skipCRC: true, limit: p.size})
	ok, err = p.follow(far, n, pass)
	return ok, inputError(err)
}

// borrow makes d a decoder like that of the file, on another source.
func (p *prober) borrow(d, file *Decoder, src source) {
	d.source, d.opts, d.version, d.valkey, d.templates = src, file.opts, file.version, file.valkey, file.templates
	d.canonical, d.work, d.plainKeys = true, 0, p.plain >= 4
	if !d.ready {
		d.forget()
	}
}

// follow reads records from d.
func (p *prober) follow(d *Decoder, n int, pass int64) (bool, error) {
	defer func() { p.budget -= d.work }()
	clear(p.keys)
	found := 0
	for range 4*n + 16 {
		start := d.offset()
		r, err := d.skimRecord()
		if p.budget -= (d.offset() - start) >> 12; err != nil || d.work > p.budget {
			return false, err
		}
		t, isKey := d.typeOf(r.code)
		_, twice := p.keys[r.key]
		switch {
		case r.code == opEOF:
			return p.endsAt(d.offset()) && d.offset() > pass, nil
		case isKey && (twice || !p.written(d, t)):
			return false, nil
		case isKey:
			p.keys[r.key] = struct{}{}
			found++
		case r.code == opSelectDB:
			clear(p.keys) // another database may have the same keys
		case r.code == opAux || r.code == opFunction:
			found++
		}
		if found >= n && start > pass {
			return true, nil
		}
	}
	return false, nil
}

// endsAt says that a file may end at at: there the input ends too, or goes on with the commands of an AOF.
func (p *prober) endsAt(at int64) bool {
	if at == p.size {
		return true
	}
	var b [64]byte
	n, _ := p.in.ReadAt(b[:min(64, p.size-at)], at)
	return beginsAOF(b[:n])
}

// beginsAOF says that b is the beginning of a command, or of an annotation that is known.
func beginsAOF(b []byte) bool {
	if bytes.HasPrefix(b, []byte("#TS:")) || bytes.HasPrefix(b, []byte("#POS:")) {
		return true
	}
	for _, mark := range []byte("*$") {
		if len(b) == 0 || b[0] != mark {
			return false
		}
		line, rest, ok := bytes.Cut(b[1:], []byte("\r\n"))
		if _, err := strconv.ParseUint(string(line), 10, 31); !ok || err != nil {
			return false
		}
		b = rest
	}
	return true
}

// inputError lets only errors of the input through; what the bytes are to blame for is what is looked for.
func inputError(err error) error {
	if errors.Is(err, errInput) {
		return err
	}
	return nil
}
