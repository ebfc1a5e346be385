// Package hash is the two forms of a hash: a listpack of field-value pairs while it is small, and a table of the
// keyspace's own kind (package table) when it is large. The limits between them, and the key's entry, are the
// business of package store.
//
//	packed  listpack: field, value, field, value ... in the order of their creation
//	Hash    table:    field -> value, in the arena
package hash

import (
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
)

// Hash is a large hash: the root that a database keeps (arena.Big).
type Hash struct{ t *table.Table }

var _ arena.Big = (*Hash)(nil)

// New returns an empty hash in sp with room for n fields.
func New(sp *arena.Space, n int) *Hash {
	h := &Hash{table.New(sp)}
	h.t.Reserve(n)
	return h
}

// Len returns the number of fields.
func (h *Hash) Len() int { return h.t.Len() }

// Get returns the value of a field: a view.
func (h *Hash) Get(field []byte) (value []byte, ok bool) { return h.t.Get(field) }

// Set gives a field a value and reports whether the field is new. value must not be a view of the hash.
func (h *Hash) Set(field, value []byte) (added bool) { return h.t.Set(field, value) }

// Delete removes a field and reports whether it was there.
func (h *Hash) Delete(field []byte) bool { return h.t.Delete(field) }

// Each calls fn for every field, in no particular order, until it returns false. r is the space's reader, or that of
// a snapshot's view. fn must not change the hash.
func (h *Hash) Each(r *arena.Reader, fn func(field, value []byte) bool) {
	h.t.Each(r, func(e table.Entry) bool { return fn(e.Key(), e.Value()) })
}

// Scan visits about count fields from a cursor of an earlier call (0 at first) and returns the next one, 0 at the
// end. Fields that are there all the time are visited at least once.
func (h *Hash) Scan(cursor uint64, count int, fn func(field, value []byte)) uint64 {
	return h.t.Scan(cursor, count, func(e table.Entry) { fn(e.Key(), e.Value()) })
}

// Random returns a field chosen at random from a hash that is not empty: a view.
func (h *Hash) Random() (field, value []byte) {
	e := h.t.Random()
	return e.Key(), e.Value()
}

// Free implements arena.Big.
func (h *Hash) Free(_ *arena.Space, step int) (more bool) { return h.t.Free(step, nil) }

// Clone implements arena.Big.
func (h *Hash) Clone(*arena.Space) arena.Big { return &Hash{h.t.Clone()} }

// Copy implements arena.Big.
func (h *Hash) Copy(from *arena.Reader, to *arena.Space) arena.Big {
	c := New(to, h.Len())
	h.Each(from, func(field, value []byte) bool {
		c.Set(field, value)
		return true
	})
	return c
}

// Memory implements arena.Big.
func (h *Hash) Memory() int { return h.t.Memory() }
