package store

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/intset"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/value/set"
)

// SetDraft gathers the members of a set before it is stored under a key: the result of SUNIONSTORE and the like, or a
// set that is loaded.
type SetDraft struct {
	db   *DB
	ints []byte
	big  *set.Set // set as soon as there is a member that is no integer, or too many
}

// NewSetDraft starts a set in the memory of db. n is about how many members will come.
func (db *DB) NewSetDraft(n int) *SetDraft {
	d := &SetDraft{db: db}
	if n > min(db.st.Limits.SetIntEntries, maxInts) {
		d.big = set.New(db.sp, n)
	} else {
		d.ints = append(make([]byte, 0, 256), intset.New()...)
	}
	return d
}

// View returns the draft for reading, until its next change.
func (d *SetDraft) View() SetView {
	if d.big != nil {
		return SetView{rd: &d.db.sp.Reader, big: d.big}
	}
	return SetView{rd: &d.db.sp.Reader, ints: d.ints}
}

// Len returns the number of members.
func (d *SetDraft) Len() int {
	v := d.View()
	return v.Len()
}

// Add adds a member and reports whether it was missing.
func (d *SetDraft) Add(member []byte) bool {
	if d.big == nil {
		if n, ok := listpack.ParseInt(member); ok {
			return d.addInt(n)
		}
		d.convert()
	}
	return d.big.Add(member)
}

// AddValue is Add for a member of another set.
func (d *SetDraft) AddValue(m listpack.Value) bool {
	if !m.IsInt {
		return d.Add(m.Str)
	}
	return d.addInt(m.Int)
}

func (d *SetDraft) addInt(n int64) (added bool) {
	if d.big == nil {
		if intset.Len(d.ints) < min(d.db.st.Limits.SetIntEntries, maxInts) {
			d.ints, added = intset.Add(d.ints, n)
			return added
		}
		if _, found := intset.Find(d.ints, n); found {
			return false
		}
		d.convert()
	}
	var buf [20]byte
	return d.big.Add(listpack.Value{Int: n, IsInt: true}.Append(buf[:0]))
}

func (d *SetDraft) convert() {
	d.big = set.FromInts(d.db.sp, d.ints)
	d.ints = nil
}

// DeleteValue removes a member of another set.
func (d *SetDraft) DeleteValue(m listpack.Value) {
	if d.big != nil {
		var buf [20]byte
		if m.IsInt {
			m.Str = m.Append(buf[:0])
		}
		d.big.Delete(m.Str)
		return
	}
	if !m.IsInt {
		n, ok := listpack.ParseInt(m.Str)
		if !ok {
			return
		}
		m.Int = n
	}
	d.ints, _ = intset.Remove(d.ints, m.Int)
}

// Discard gives the memory of a draft back that is not stored.
func (d *SetDraft) Discard() {
	if d.big != nil {
		for step := 0; d.big.Free(d.db.sp, step); step++ {
		}
		d.big = nil
	}
}

// Store puts the set under key, in place of any value and time to live that the key has, and gives the draft up. A
// draft without members deletes the key. It reports whether the key was there before.
func (d *SetDraft) Store(key []byte) bool {
	a, existed := d.db.displace(key)
	if d.Len() == 0 {
		d.Discard()
		return existed
	}
	d.db.st.hush = existed
	d.Load(key, a)
	d.db.st.hush = false
	return existed
}

// Load adds the set, which has at least one member, under a key and reports whether the key was missing. If not,
// nothing is changed. Either way the draft is given up.
func (d *SetDraft) Load(key []byte, a Attributes) bool {
	if d.big == nil {
		return d.db.LoadBytes(key, KindSetInts, d.ints, a)
	}
	if d.db.LoadBig(key, KindSetTable, d.big, a) {
		return true
	}
	d.Discard()
	return false
}

// LoadInts adds a set that is an intset, as a loader of RDB files does, and reports whether the key was missing; if
// not, nothing is changed. is must be valid (intset.Validate). A set above the limits becomes large, as in Redis.
func (db *DB) LoadInts(key, is []byte, a Attributes) bool {
	if intset.Len(is) <= min(db.st.Limits.SetIntEntries, maxInts) {
		return db.LoadBytes(key, KindSetInts, is, a)
	}
	d := &SetDraft{db: db, big: set.FromInts(db.sp, is)}
	return d.Load(key, a)
}
