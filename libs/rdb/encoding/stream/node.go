package stream

import (
	"errors"
	"fmt"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
)

// Info is what a check of a node found.
type Info struct {
	Entries, Deleted int
	// First and Last are the IDs of the first and last entries that are not deleted; only a deep check finds them.
	First, Last ID
}

// ValidateNode checks a node from outside. A shallow check covers the listpack and the two counters at its start; a
// deep one every entry: its fields, its ID in ascending order from the node's own, its length. Deleted entries are not held to the
// order: after XDEL of the newest entry and XSETID with a lower ID, XADD puts lower ones behind it.
func ValidateNode(n Node, deep bool) (Info, error) {
	var info Info
	if err := listpack.Validate(n.Listpack, true); err != nil {
		return info, err
	}
	c := cursor{lp: n.Listpack, pos: listpack.First(n.Listpack)}
	if c.pos < 0 {
		return info, errors.New("stream node: empty listpack")
	}
	entries, deleted, err := c.counts()
	if err != nil {
		return info, err
	}
	info.Entries, info.Deleted = int(entries), int(deleted)
	if !deep {
		return info, nil
	}
	var w Walker
	if err := w.Reset(n); err != nil {
		return info, err
	}
	var e Entry
	live, dead := 0, 0
	for {
		ok, err := w.Next(&e)
		if err != nil {
			return info, err
		}
		if !ok {
			break
		}
		if e.ID.Compare(n.Master) < 0 {
			return info, fmt.Errorf("stream node: entry %s is below the node's own ID %s", e.ID, n.Master)
		}
		if e.Deleted {
			dead++
			continue
		}
		if live > 0 && e.ID.Compare(info.Last) <= 0 {
			return info, fmt.Errorf("stream node: entry %s follows %s", e.ID, info.Last)
		}
		if live++; live == 1 {
			info.First = e.ID
		}
		info.Last = e.ID
	}
	if live != info.Entries || dead != info.Deleted {
		return info, fmt.Errorf("stream node: says %d entries and %d deleted, holds %d and %d", entries, deleted, live, dead)
	}
	return info, nil
}

// Walker reads the entries of a node in order. The zero value must be Reset first. It checks what it reads, but the
// listpack must have passed listpack.Validate.
type Walker struct {
	cursor
	master ID
	fields [][]byte // of the master entry
	left   int64
	keep   int // the first bytes of mem belong to fields
}

// Reset starts at the first entry of n. Entries read before are no longer valid.
func (w *Walker) Reset(n Node) error {
	w.cursor = cursor{lp: n.Listpack, pos: listpack.First(n.Listpack), mem: w.mem[:0]}
	w.master, w.fields = n.Master, w.fields[:0]
	entries, deleted, err := w.counts()
	if err != nil {
		return err
	}
	w.left = entries + deleted
	count, err := w.integer("number of master fields")
	if err != nil {
		return err
	}
	if count < 0 || count > maxEntries {
		return badCount("number of master fields is", count)
	}
	for range count {
		f, err := w.element()
		if err != nil {
			return err
		}
		w.fields = append(w.fields, f)
	}
	if end, err := w.integer("end of the master entry"); err != nil || end != 0 {
		return fmt.Errorf("stream node: master entry of %d fields does not end with 0", count)
	}
	w.keep = len(w.mem)
	return nil
}

// Next reads the next entry into e, whose slices it reuses; false after the last one.
func (w *Walker) Next(e *Entry) (bool, error) {
	e.Fields, e.Values = e.Fields[:0], e.Values[:0]
	if w.left == 0 {
		if w.pos >= 0 {
			return false, fmt.Errorf("stream node: offset %d: bytes after the last entry", w.pos)
		}
		return false, nil
	}
	w.left--
	w.mem = w.mem[:w.keep]
	var head [3]int64
	for i, what := range [...]string{"flags", "milliseconds", "sequence"} {
		n, err := w.integer(what)
		if err != nil {
			return false, err
		}
		head[i] = n
	}
	e.ID, e.Deleted = w.master.plus(head[1], head[2]), head[0]&flagDeleted != 0
	var elements int64
	var err error
	if head[0]&flagSameFields != 0 {
		elements, err = w.values(e)
	} else {
		elements, err = w.pairs(e)
	}
	if err != nil {
		return false, err
	}
	if n, err := w.integer("entry length"); err != nil || n != elements {
		return false, fmt.Errorf("stream node: entry %s has %d elements, its length does not say so", e.ID, elements)
	}
	return true, nil
}

// values reads an entry that has the master's fields and returns its number of elements.
func (w *Walker) values(e *Entry) (int64, error) {
	for _, f := range w.fields {
		v, err := w.element()
		if err != nil {
			return 0, err
		}
		e.Fields, e.Values = append(e.Fields, f), append(e.Values, v)
	}
	return int64(len(w.fields)) + 3, nil
}

// pairs reads an entry with fields of its own.
func (w *Walker) pairs(e *Entry) (int64, error) {
	count, err := w.integer("number of fields")
	if err != nil {
		return 0, err
	}
	if count < 0 || count > maxEntries {
		return 0, badCount("number of fields is", count)
	}
	for range count {
		f, err := w.element()
		if err != nil {
			return 0, err
		}
		v, err := w.element()
		if err != nil {
			return 0, err
		}
		e.Fields, e.Values = append(e.Fields, f), append(e.Values, v)
	}
	return 2*count + 4, nil
}

// cursor reads listpack elements one after the other.
type cursor struct {
	lp  []byte
	pos int    // -1 at the end
	mem []byte // integers that were asked for as bytes
}

func (c *cursor) next() (listpack.Value, error) {
	if c.pos < 0 {
		return listpack.Value{}, errors.New("stream node: cut short")
	}
	v, next := listpack.Read(c.lp, c.pos)
	c.pos = next
	return v, nil
}

func (c *cursor) integer(what string) (int64, error) {
	at := c.pos
	v, err := c.next()
	if err != nil {
		return 0, err
	}
	if !v.IsInt {
		return 0, fmt.Errorf("stream node: offset %d: %s is not an integer", at, what)
	}
	return v.Int, nil
}

// element returns the next element as bytes.
func (c *cursor) element() ([]byte, error) {
	v, err := c.next()
	if err != nil || !v.IsInt {
		return v.Str, err
	}
	start := len(c.mem)
	c.mem = v.Append(c.mem)
	return c.mem[start:len(c.mem):len(c.mem)], nil
}

// counts reads the numbers of entries and deleted entries.
func (c *cursor) counts() (entries, deleted int64, err error) {
	if entries, err = c.integer("number of entries"); err != nil {
		return 0, 0, err
	}
	if deleted, err = c.integer("number of deleted entries"); err != nil {
		return 0, 0, err
	}
	if entries < 0 || entries > maxEntries {
		return 0, 0, badCount("number of entries is", entries)
	}
	if deleted < 0 || deleted > maxEntries {
		return 0, 0, badCount("number of deleted entries is", deleted)
	}
	return entries, deleted, nil
}
