package rdb

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// value reads a value, or as much of it as makes sense before the caller asks for its elements.
func (d *Decoder) value(t Type) error {
	v := &d.item.Value
	d.pieces.open = false
	switch t {
	case TypeString:
		return d.stringValue(v)
	case TypeList, TypeSet, TypeZset, TypeZset2, TypeHash, TypeHashTTLPreGA, TypeHashTTL,
		TypeHashTemplate, TypeValkeyHashTTL, TypeArray:
		return d.elements(v)
	case TypeHashListpack, TypeZsetListpack, TypeSetListpack, TypeHashListpackTTLPreGA, TypeHashListpackTTL:
		return d.blob(v, KindListpack)
	case TypeListZiplist, TypeHashZiplist, TypeZsetZiplist:
		return d.blob(v, KindZiplist)
	case TypeHashZipmap:
		return d.blob(v, KindZipmap)
	case TypeSetIntset:
		return d.blob(v, KindIntset)
	case TypeListQuicklist, TypeListQuicklist2:
		return d.nodes(v)
	case TypeStream, TypeStream2, TypeStream3, TypeStream4, TypeStream5:
		return d.stream(v)
	case TypeModule:
		return d.module(v)
	case TypeHashTemplatePack, TypeHashTemplatePackRef, TypeHashTemplateRef:
		return d.templated(v)
	case TypeModulePreGA:
		return errors.New("a module value of a 4.0 release candidate, whose end only its module can find")
	}
	panic("BUG: type without a reader")
}

func (d *Decoder) stringValue(v *Value) error {
	v.Kind = KindString
	n, special, err := d.prefix()
	if err != nil {
		return err
	}
	switch special {
	case 0:
		v.Str, err = d.take(n, &d.strMem)
	case encLZF:
		v.Str, err = d.compressed(&d.strMem)
	default:
		if v.Int, err = d.integer(special); err == nil {
			v.IsInt = true
			d.strMem = strconv.AppendInt(d.strMem[:0], v.Int, 10)
			v.Str = d.strMem
		}
	}
	return err
}

// elements starts a value that is a number and so many elements.
func (d *Decoder) elements(v *Value) error {
	v.Kind = KindElements
	s := &d.pieces
	s.base, s.flat = 0, nil
	if v.Type == TypeHashTTL {
		base, err := d.fixed64()
		if err != nil {
			return err
		}
		s.base = int64(base)
	}
	n, err := d.length()
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrEmptyKey
	}
	if v.Type == TypeArray {
		if err := d.arrayHead(); err != nil {
			return err
		}
	}
	s.open, s.left = true, n
	v.Len = int(min(n, math.MaxInt))
	if d.opts.Duplicates {
		d.forget()
	}
	return nil
}

// nextElem reads the next element of a value that is open.
func (d *Decoder) nextElem(v *Value, e *Elem) (ok bool, err error) {
	s := &d.pieces
	switch v.Kind {
	case KindElements:
		if s.left == 0 {
			s.open = false
			return false, nil
		}
		s.left--
		if err = d.plainElem(v.Type, e); err == nil && d.opts.Duplicates && v.Type != TypeList && !d.first(e.Member) {
			err = fmt.Errorf("%s is there twice", quote(e.Member))
		}
		return err == nil, err
	case KindNodes:
		for s.flat == nil {
			var n Node
			if ok, err = d.nextNode(&n); !ok {
				return false, err
			}
			if n.Kind == NodePlain {
				e.Member = n.Data
				return true, nil
			}
			d.walk(n.Data, nodeKind(n.Kind), 1)
		}
		if err = d.flatElem(List, e); err == nil && s.pos < 0 {
			s.flat = nil
		}
		return err == nil, err
	}
	if s.pos < 0 {
		s.open = false
		return false, nil
	}
	err = d.flatElem(v.Type.Object(), e)
	return err == nil, err
}

// plainElem reads an element that is not part of a flat encoding.
func (d *Decoder) plainElem(t Type, e *Elem) (err error) {
	switch t {
	case TypeList, TypeSet:
		e.Member, err = d.str(&d.elemMem)
		return err
	case TypeHashTTL, TypeHashTTLPreGA:
		if err = d.fieldExpire(e); err != nil {
			return err
		}
	case TypeArray:
		return d.arrayElem(e)
	}
	if e.Member, err = d.stringCopy(&d.elemMem); err != nil {
		return err
	}
	switch t {
	case TypeZset:
		e.Score, err = d.decimalScore()
	case TypeZset2:
		var bits uint64
		bits, err = d.fixed64()
		if e.Score = math.Float64frombits(bits); err == nil && math.IsNaN(e.Score) {
			err = fmt.Errorf("score of %s is not a number", quote(e.Member))
		}
	case TypeValkeyHashTTL:
		return d.valkeyField(e)
	default:
		e.Value, err = d.str(&d.strMem)
	}
	return err
}

// fieldExpire reads when a hash field expires: 0 for never, else ms, in TypeHashTTL relative to the base less one.
func (d *Decoder) fieldExpire(e *Elem) error {
	n, err := d.length()
	if err != nil || n == 0 {
		return err
	}
	at := int64(n)
	if d.item.Value.Type == TypeHashTTL {
		at += d.pieces.base - 1
	}
	if n > math.MaxInt64 || at < 0 {
		return fmt.Errorf("expire time %d of a hash field is out of range", n)
	}
	e.ExpireMs = at
	return nil
}

// decimalScore reads the score of TypeZset: a length byte and digits, or one of three special lengths.
func (d *Decoder) decimalScore() (float64, error) {
	d.mark = d.offset()
	n, err := d.byte()
	if err != nil {
		return 0, err
	}
	switch n {
	case 253:
		return 0, errors.New("score is not a number")
	case 254:
		return math.Inf(1), nil
	case 255:
		return math.Inf(-1), nil
	}
	p, err := d.take(uint64(n), &d.strMem)
	if err != nil {
		return 0, err
	}
	if d.opts.Redis70 {
		return score70(p)
	}
	return parseScore(p)
}

// parseScore reads a decimal score; one beyond the range of a double is infinite.
func parseScore(p []byte) (float64, error) {
	f, err := strconv.ParseFloat(string(p), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || math.IsNaN(f) {
		return 0, fmt.Errorf("score %s is not a number", quote(p))
	}
	return f, nil
}
