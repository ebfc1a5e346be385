package table

// The functions below serve dictionaries of collections: entries without kind, clock and time to live.

// Get returns the value of a key. The slice is a view.
func (t *Table) Get(key []byte) (value []byte, ok bool) {
	r, ok := t.Find(key)
	if !ok {
		return nil, false
	}
	return t.Entry(r).Value(), true
}

// Has reports whether the key is there.
func (t *Table) Has(key []byte) bool {
	_, ok := t.Find(key)
	return ok
}

// Set stores a pair and reports whether the key is new.
func (t *Table) Set(key, value []byte) (added bool) {
	r, ok := t.Find(key)
	if ok {
		t.SetValue(&r, value)
		return false
	}
	t.Add(&r, key, value)
	return true
}

// Add inserts a pair for a key that Find did not find. The Ref then names it.
func (t *Table) Add(r *Ref, key, value []byte) {
	h, e := Make(t.sp, Shape{Key: key}, len(value))
	copy(e.Value(), value)
	t.Insert(r, h, false)
}

// SetValue changes the value of an entry, in place where possible. value must not be a view of the entry's own
// value, unless it is the whole of it.
func (t *Table) SetValue(r *Ref, value []byte) {
	e := t.Entry(*r)
	if t.Mutable(r) && e.SetLen(len(value)) {
		copy(e.Value(), value)
		return
	}
	h, n := Make(t.sp, e.Shape(), len(value))
	copy(n.Value(), value)
	t.Replace(r, h, e.Expire() != 0)
}

// Delete removes a key and reports whether it was there.
func (t *Table) Delete(key []byte) bool {
	r, ok := t.Find(key)
	if ok {
		t.Remove(&r)
	}
	return ok
}
