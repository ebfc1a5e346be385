package rdb

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/intset"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/ziplist"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/zipmap"
)

// blob reads a value that is one string with a flat encoding in it.
func (d *Decoder) blob(v *Value, kind Kind) error {
	if v.Type == TypeHashListpackTTL {
		// The earliest expire time of a field; the fields say theirs themselves.
		if _, err := d.fixed64(); err != nil {
			return err
		}
	}
	b, err := d.str(&d.strMem)
	if err != nil {
		return err
	}
	v.Kind, v.Blob = kind, b
	n, err := checkFlat(b, kind, d.opts.Deep)
	if err != nil {
		return err
	}
	group := v.Type.group()
	if kind == KindZipmap {
		n *= group // counted in pairs
	}
	if n == 0 {
		return ErrEmptyKey
	}
	if n%group != 0 {
		return fmt.Errorf("%s: %d strings do not make groups of %d", v.Type, n, group)
	}
	v.Len = n / group
	if d.opts.Deep && kind != KindIntset {
		if err := d.checkElements(v); err != nil {
			return err
		}
	}
	d.walk(b, kind, group)
	return nil
}

// group returns how many strings make an element in a flat encoding.
func (t Type) group() int {
	switch t {
	case TypeHashListpackTTL, TypeHashListpackTTLPreGA:
		return 3
	}
	switch t.Object() {
	case Hash, Zset:
		return 2
	}
	return 1
}

// checkFlat makes sure that b can be walked and returns its number of strings, for a zipmap of pairs.
func checkFlat(b []byte, kind Kind, deep bool) (int, error) {
	switch kind {
	case KindListpack:
		if err := listpack.Validate(b, true); err != nil {
			return 0, err
		}
		return listpack.Len(b), nil
	case KindZiplist:
		return ziplist.Validate(b)
	case KindZipmap:
		return zipmap.Validate(b)
	case KindIntset:
		if err := intset.Validate(b, deep); err != nil {
			return 0, err
		}
		return intset.Len(b), nil
	}
	panic("BUG: no flat encoding")
}

// walk sets up nextElem for a flat encoding that was checked.
func (d *Decoder) walk(b []byte, kind Kind, group int) {
	s := &d.pieces
	s.open, s.flat, s.kind, s.group, s.flatN = true, b, kind, group, 0
	switch kind {
	case KindListpack:
		s.pos = listpack.First(b)
	case KindZiplist:
		s.pos = ziplist.First(b)
	case KindZipmap:
		s.pos = zipmap.First(b)
	default:
		s.pos = 0
	}
}

// checkElements is the deep check of what a flat encoding holds.
func (d *Decoder) checkElements(v *Value) error {
	d.forget()
	d.walk(v.Blob, v.Kind, v.Type.group())
	object := v.Type.Object()
	for e := (Elem{}); d.pieces.pos >= 0; {
		if err := d.flatElem(object, &e); err != nil {
			return err
		}
		if object != List && !d.first(e.Member) {
			return fmt.Errorf("%s: %s is there twice", v.Type, quote(e.Member))
		}
	}
	return nil
}

// flatElem reads the element at pos of the current flat encoding.
func (d *Decoder) flatElem(object Object, e *Elem) (err error) {
	s := &d.pieces
	if s.kind == KindZipmap {
		e.Member, e.Value, s.pos = zipmap.Read(s.flat, s.pos)
		return nil
	}
	e.Member = d.flatString(0)
	if s.group < 2 {
		return nil
	}
	second := d.flatString(1)
	if object == Zset {
		if e.Score, err = parseScore(second); d.opts.Redis70 {
			return nil
		}
		return err
	}
	e.Value = second
	if s.group == 3 {
		at, err := strconv.ParseInt(string(d.flatString(2)), 10, 64)
		if err != nil || at < 0 {
			return errors.New("expire time of a hash field is out of range")
		}
		e.ExpireMs = at
		if at == 0 {
			e.ExpireMs = -1
		}
	}
	return nil
}

// flatString reads one string at pos; slot says which memory an integer may use for its digits.
func (d *Decoder) flatString(slot int) []byte {
	s := &d.pieces
	var n int64
	switch s.kind {
	case KindListpack:
		var v listpack.Value
		if v, s.pos = listpack.Read(s.flat, s.pos); !v.IsInt {
			return v.Str
		}
		n = v.Int
	case KindZiplist:
		var v ziplist.Value
		if v, s.pos = ziplist.Read(s.flat, s.pos); !v.IsInt {
			return v.Str
		}
		n = v.Int
	default:
		n = intset.Get(s.flat, s.pos)
		if s.pos++; s.pos == intset.Len(s.flat) {
			s.pos = -1
		}
	}
	return strconv.AppendInt(s.number[slot][:0], n, 10)
}
