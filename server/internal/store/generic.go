package store

// Exists reports whether the key is there and not expired.
func (db *DB) Exists(key []byte, now int64) bool {
	_, ok := db.peek(key, now)
	return ok
}

// Type returns the type of a key's value, TypeNone for a missing key.
func (db *DB) Type(key []byte, now int64) Type {
	r, ok := db.peek(key, now)
	if !ok {
		return TypeNone
	}
	return r.kind().Type()
}

// Delete removes a key, expired or not, and reports whether it was there. Large values are freed later, in slices.
func (db *DB) Delete(key []byte) bool {
	r, ok := db.find(key)
	if ok {
		r.remove()
	}
	return ok
}
