package rdb

import (
	"errors"
	"fmt"
	"math"
)

// Skimming passes a record by its structure alone: lengths and codes, not what strings hold. It finds the end of a value
// whose content is damaged, tells a place that looks like the border of two records from one that does not, and names
// every piece to who asks (Pieces).

// errNotCanonical is a length that no writer would write.
var errNotCanonical = errors.New("a length in more bytes than it needs")

// note tells that the piece from offset from up to here was passed.
func (d *Decoder) note(from int64, what string) {
	d.work++
	if d.see != nil {
		d.see(from, what)
	}
}

// skimLen passes a length.
func (d *Decoder) skimLen(what string) (uint64, error) {
	at := d.offset()
	d.what = what
	n, err := d.length()
	if err == nil && d.canonical && d.offset()-at != lenSize(n) {
		err = errNotCanonical
	}
	if err == nil {
		d.note(at, what)
	}
	return n, err
}

func (d *Decoder) skimLens(what ...string) error {
	for _, w := range what {
		if _, err := d.skimLen(w); err != nil {
			return err
		}
	}
	return nil
}

// lenSize returns how many bytes a length takes in its shortest form.
func lenSize(n uint64) int64 {
	switch {
	case n < 1<<6:
		return 1
	case n < 1<<14:
		return 2
	case n <= math.MaxUint32:
		return 5
	}
	return 9
}

// skimString passes a string.
func (d *Decoder) skimString(what string) error {
	at := d.offset()
	d.what = what
	n, special, err := d.prefix()
	if err != nil {
		return err
	}
	if d.canonical && special == 0 && d.offset()-at != lenSize(n) {
		return errNotCanonical
	}
	switch special {
	case 0:
		err = d.skip(n)
	case encLZF:
		err = d.skimPacked()
	default:
		err = d.skimInt(special)
	}
	if err == nil {
		d.note(at, what)
	}
	return err
}

func (d *Decoder) skimInt(special byte) error {
	if special > encLZF {
		return unknownEncoding(special)
	}
	return d.skip(1 << (special - encInt))
}

func (d *Decoder) skimPacked() error {
	var packed, full uint64
	if err := d.lengths(&packed, &full); err != nil {
		return err
	}
	if d.canonical && full <= packed {
		return errNotCanonical
	}
	return d.skip(packed)
}

func (d *Decoder) skimFixed(n uint64, what string) error {
	at := d.offset()
	d.what = what
	err := d.skip(n)
	if err == nil {
		d.note(at, what)
	}
	return err
}

// skimValue passes a value of type t.
func (d *Decoder) skimValue(t Type) error {
	switch t {
	case TypeString:
		return d.skimString("value")
	case TypeHashListpackTTL:
		if err := d.skimFixed(8, "earliest expire time of a field"); err != nil {
			return err
		}
		return d.skimString("listpack of fields, values, expire times")
	case TypeListZiplist, TypeZsetZiplist, TypeHashZiplist, TypeHashZipmap, TypeSetIntset,
		TypeHashListpack, TypeZsetListpack, TypeSetListpack, TypeHashListpackTTLPreGA, TypeHashTemplatePackRef:
		return d.skimString(t.flatName())
	case TypeStream, TypeStream2, TypeStream3, TypeStream4, TypeStream5:
		return d.skimStream(t)
	case TypeModule:
		if _, err := d.skimLen("module ID"); err != nil {
			return err
		}
		return d.skimModule()
	case TypeModulePreGA:
		return errors.New("a module value of a 4.0 release candidate, whose end only its module can find")
	}
	return d.skimElements(t)
}

// flatName says what the string is that a flat value consists of.
func (t Type) flatName() string {
	switch t {
	case TypeHashZipmap:
		return "zipmap"
	case TypeSetIntset:
		return "intset"
	case TypeListZiplist, TypeZsetZiplist, TypeHashZiplist:
		return "ziplist"
	}
	return "listpack"
}

// skimElements passes a value that is a number and so many elements.
func (d *Decoder) skimElements(t Type) error {
	if t == TypeHashTTL {
		if err := d.skimFixed(8, "earliest expire time of a field"); err != nil {
			return err
		}
	}
	var n uint64
	var err error
	if t == TypeHashTemplateRef {
		var number uint64
		if number, err = d.skimLen("template"); err != nil {
			return err
		}
		var known bool
		if n, known = d.templates[number]; !known {
			return fmt.Errorf("hash template %d is not in the file", number)
		}
	} else if n, err = d.skimLen("number of elements"); err != nil {
		return err
	}
	if n == 0 && d.canonical {
		return ErrEmptyKey
	}
	if t == TypeArray {
		if err := d.skimArrayHead(); err != nil {
			return err
		}
	}
	for range n {
		if err := d.skimElement(t); err != nil {
			return err
		}
	}
	if t == TypeHashTemplatePack {
		return d.skimString("listpack of values")
	}
	return nil
}

func (d *Decoder) skimArrayHead() error {
	flag, err := d.skimLen("has a next index")
	if err == nil && flag != 0 {
		_, err = d.skimLen("next index")
	}
	return err
}

func (d *Decoder) skimElement(t Type) error {
	switch t {
	case TypeList, TypeSet:
		return d.skimString("element")
	case TypeHashTemplateRef:
		return d.skimString("value")
	case TypeHashTemplatePack:
		return d.skimString("field")
	case TypeZset, TypeZset2:
		if err := d.skimString("member"); err != nil {
			return err
		}
		return d.skimScore(t)
	case TypeListQuicklist:
		return d.skimString("node, ziplist")
	case TypeListQuicklist2:
		container, err := d.skimLen("container")
		switch {
		case err != nil:
			return err
		case container == containerPlain:
			return d.skimString("node, one element")
		case container == containerPacked:
			return d.skimString("node, listpack")
		}
		return fmt.Errorf("unknown container %d of a list node", container)
	case TypeArray:
		return d.skimArrayElem()
	case TypeHashTTL, TypeHashTTLPreGA:
		if _, err := d.skimLen("expire time"); err != nil {
			return err
		}
	}
	if err := d.skimString("field"); err != nil {
		return err
	}
	if err := d.skimString("value"); err != nil || t != TypeValkeyHashTTL {
		return err
	}
	return d.skimFixed(8, "expire time")
}

func (d *Decoder) skimScore(t Type) error {
	if t == TypeZset2 {
		return d.skimFixed(8, "score, double")
	}
	at := d.offset()
	n, err := d.byte()
	if err == nil && n < 253 {
		err = d.skip(uint64(n))
	}
	if err == nil {
		d.note(at, "score, decimal")
	}
	return err
}

func (d *Decoder) skimArrayElem() error {
	if _, err := d.skimLen("index"); err != nil {
		return err
	}
	tag, err := d.skimLen("kind of element")
	switch {
	case err != nil:
		return err
	case tag == 0 || tag == 3:
		return d.skimString("element")
	case tag == 1 || tag == 2:
		return d.skimFixed(8, "element")
	}
	return fmt.Errorf("array: unknown kind %d of an element", tag)
}

// skimModule passes the pieces of module data.
func (d *Decoder) skimModule() error {
	for {
		code, err := d.skimLen("kind of module data")
		if err != nil {
			return err
		}
		switch code {
		case moduleEOF:
			return nil
		case moduleSint, moduleUint:
			_, err = d.skimLen("integer")
		case moduleFloat:
			err = d.skimFixed(4, "float")
		case moduleDouble:
			err = d.skimFixed(8, "double")
		case moduleString:
			err = d.skimString("string")
		default:
			err = fmt.Errorf("unknown piece %d of module data", code)
		}
		if err != nil {
			return err
		}
	}
}
