package rdb

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/stream"
)

// What Redis 8.6 and later and Valkey 9 added to the format. The sources are public descriptions of it; no server of
// those versions has written the files that the tests read.
//
//	KEY_META      = length (classes) { 4 bytes (class) module data }        before a key, with the other meta
//	TEMPLATE      = length (number) length (fields) { string }              field names that hashes share
//	SLOT_IMPORT   = string (job, 40 bytes) length (ranges) { length length }                     Valkey
//	array         = length (elements) length (0 | 1) [ length (next index) ] { length (index) length (tag) data }
//	               tag 0, 3: string; 1: 8 bytes, an integer; 2: 8 bytes, a double
//	template hash = 30: string (listpack: number, values) | 32: length (number) { string (value) }
//	stream-v4     = stream-v3 length (duration) length (most entries)
//	               number { string (producer) number { string ID } } length (added) length (duplicates)
//	stream-v5     = each group ends with number { 16 bytes (ID) }, entries that no consumer holds
//	Valkey hash   = number { string (field) string (value) 8 bytes (ms, -1 for never) }

// guess says what is known of a code that cannot be read.
func (d *Decoder) guess(code byte) string {
	switch {
	case d.valkey && code == 23:
		return ": a path hash of Valkey 9.2, whose form is not published"
	case d.valkey && code == opTemplate:
		return ": a command inside the file, of a save without a fork by Valkey 9.2"
	case !d.valkey && code == 33 && d.opts.Foreign:
		return ": a rate limiter of Redis 8.8"
	case !d.valkey && code >= 200 && code <= 224:
		return ": perhaps of Dragonfly"
	case !d.valkey && !d.opts.Foreign && (code > 25 && code <= 32 || code == opKeyMeta || code == opTemplate):
		return ": of a version above " + strconv.Itoa(MaxVersion)
	}
	return ""
}

// keyClasses skips the metadata that modules attach to a key.
func (d *Decoder) keyClasses() error {
	d.op, d.item.Meta = doExpire, true
	n, err := d.length()
	if err != nil {
		return err
	}
	for range n {
		if _, err := d.take(4, &d.strMem); err != nil {
			return err
		}
		if err := d.moduleData(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Decoder) slotImport() error {
	job, err := d.stringCopy(&d.keyMem)
	if err != nil {
		return err
	}
	d.item.Key = job
	n, err := d.length()
	if err != nil {
		return err
	}
	for range n {
		var first, last uint64
		if err := d.lengths(&first, &last); err != nil {
			return err
		}
		if first > last || last >= 1<<14 {
			return fmt.Errorf("slots %d to %d are no range of slots", first, last)
		}
	}
	return nil
}

func (d *Decoder) template() error {
	it := &d.item
	if err := d.lengths(&it.Slot, &it.Keys); err != nil {
		return err
	}
	for range it.Keys {
		if _, err := d.str(&d.strMem); err != nil {
			return err
		}
	}
	if it.Keys == 0 {
		return fmt.Errorf("hash template %d without fields", it.Slot)
	}
	return d.remember(it.Slot, it.Keys)
}

// remember keeps how many fields a template has.
func (d *Decoder) remember(number, fields uint64) error {
	if _, there := d.templates[number]; there {
		return fmt.Errorf("hash template %d is there twice", number)
	}
	if d.templates == nil {
		d.templates = map[uint64]uint64{}
	}
	d.templates[number] = fields
	return nil
}

// templated reads a hash whose field names stand elsewhere. It stays raw.
func (d *Decoder) templated(v *Value) error {
	v.Kind = KindRaw
	d.startCapture()
	if err := d.skimValue(v.Type); err != nil {
		return err
	}
	v.Raw = d.stopCapture()
	return nil
}

func (d *Decoder) arrayHead() error {
	flag, err := d.length()
	if err != nil || flag == 0 {
		return err
	}
	if flag != 1 {
		return fmt.Errorf("array: %d where 0 or 1 is expected", flag)
	}
	_, err = d.length()
	return err
}

// arrayElem reads an element: Member is the index in decimal.
func (d *Decoder) arrayElem(e *Elem) error {
	var index, tag uint64
	if err := d.lengths(&index, &tag); err != nil {
		return err
	}
	d.elemMem = strconv.AppendUint(d.elemMem[:0], index, 10)
	e.Member = d.elemMem
	switch tag {
	case 0, 3:
		var err error
		e.Value, err = d.str(&d.strMem)
		return err
	case 1, 2:
		bits, err := d.fixed64()
		if err != nil {
			return err
		}
		if tag == 1 {
			e.Value = strconv.AppendInt(d.spare[:0], int64(bits), 10)
		} else {
			e.Value = strconv.AppendFloat(d.spare[:0], math.Float64frombits(bits), 'g', -1, 64)
		}
		return nil
	}
	return fmt.Errorf("array: unknown kind %d of an element", tag)
}

// valkeyField reads value and expire time behind a field.
func (d *Decoder) valkeyField(e *Elem) error {
	value, err := d.stringCopy(&d.valueMem)
	if err != nil {
		return err
	}
	e.Value = value
	at, err := d.fixed64()
	if err != nil {
		return err
	}
	if ms := int64(at); ms >= 0 {
		e.ExpireMs = ms
	}
	return nil
}

// producers skips what a stream knows of its idempotent producers.
func (d *Decoder) producers() error {
	var duration, most, n uint64
	if err := d.lengths(&duration, &most, &n); err != nil {
		return err
	}
	for range n {
		if _, err := d.str(&d.strMem); err != nil {
			return err
		}
		entries, err := d.length()
		if err != nil {
			return err
		}
		for range entries {
			if _, err := d.str(&d.strMem); err != nil {
				return err
			}
			var ms, seq uint64
			if err := d.lengths(&ms, &seq); err != nil {
				return err
			}
		}
	}
	var added, twice uint64
	return d.lengths(&added, &twice)
}

// refused reads the pending entries that no consumer holds.
func (d *Decoder) refused(g *stream.Group) (int, error) {
	n, err := d.length()
	if err != nil {
		return 0, err
	}
	for range n {
		id, err := d.streamID()
		if err != nil {
			return 0, err
		}
		i, found := slices.BinarySearchFunc(g.Pending, id, func(p stream.Pending, id stream.ID) int { return p.ID.Compare(id) })
		if !found || g.Pending[i].Consumer >= 0 {
			return 0, fmt.Errorf("stream group %s: refused entry %s is not pending or belongs to a consumer", quote(g.Name), id)
		}
	}
	return int(min(n, math.MaxInt32)), nil
}
