package store

import (
	"math"

	"github.com/lockstep-db/lockstep/server/internal/store/table"
)

const poolSize = 16

// evictor remembers the best candidates of past samples, so that small samples come close to a true LRU order (as in Redis).
type evictor struct {
	pool [poolSize]candidate // the first n, by rising score
	n    int
	next int // database that a random policy takes next
}

type candidate struct {
	score uint64 // the higher, the better to evict
	db    int
	key   []byte // a copy
}

// Evict chooses the key that the policy would give up first. ok is false when there is none. The caller deletes it (and tells
// replicas); the key is valid until the next call.
func (st *Store) Evict(now int64) (db int, key []byte, ok bool) {
	switch st.Limits.Policy {
	case NoEviction:
		return 0, nil, false
	case AllKeysRandom, VolatileRandom:
		return st.evictRandom()
	}
	for st.fillPool() {
		for st.evict.n > 0 {
			c := st.evict.take()
			d := st.dbs[c.db]
			if d == nil {
				continue
			}
			r, found := d.find(c.key)
			if found && (!st.Limits.Policy.volatile() || r.entry().Expire() != 0) {
				return c.db, c.key, true
			}
		}
	}
	return 0, nil, false
}

func (st *Store) evictRandom() (int, []byte, bool) {
	for range st.dbs {
		st.evict.next = (st.evict.next + 1) % len(st.dbs)
		db := st.dbs[st.evict.next]
		if db == nil {
			continue
		}
		e := db.t.Random()
		if st.Limits.Policy.volatile() {
			e = db.t.RandomVolatile()
		}
		if e.Valid() {
			c := &st.evict.pool[0]
			c.key = append(c.key[:0], e.Key()...)
			return db.index, c.key, true
		}
	}
	return 0, nil, false
}

// fillPool adds a sample of each database and reports whether there is any key to choose from.
func (st *Store) fillPool() bool {
	keys := 0
	volatile := st.Limits.Policy.volatile()
	for _, db := range st.dbs {
		if db == nil {
			continue
		}
		n := db.t.Len()
		if volatile {
			n = db.t.Volatile()
		}
		if n == 0 {
			continue
		}
		keys += n
		db.t.Sample(st.Limits.Samples, volatile, func(e table.Entry) {
			st.evict.offer(db.index, e.Key(), st.score(e))
		})
	}
	return keys > 0
}

func (st *Store) score(e table.Entry) uint64 {
	switch {
	case st.Limits.Policy == VolatileTTL:
		return math.MaxUint64 - uint64(e.Expire())
	case st.Limits.Policy.lfu():
		return uint64(lfuMax - st.lfuDecayed(e.Clock()))
	}
	return uint64(st.idle(e.Clock()))
}

// offer puts a key into the pool, unless all of a full pool are better.
func (ev *evictor) offer(db int, key []byte, score uint64) {
	at := ev.n
	for i := range ev.n {
		c := &ev.pool[i]
		if c.db == db && string(c.key) == string(key) {
			return
		}
		if at == ev.n && score < c.score {
			at = i
		}
	}
	if ev.n == poolSize {
		if at == 0 {
			return
		}
		first := ev.pool[0] // the worst makes room; its buffer is used again
		copy(ev.pool[:], ev.pool[1:at])
		at--
		ev.pool[at] = first
	} else {
		last := ev.pool[ev.n]
		copy(ev.pool[at+1:ev.n+1], ev.pool[at:ev.n])
		ev.pool[at] = last
		ev.n++
	}
	c := &ev.pool[at]
	c.db, c.score, c.key = db, score, append(c.key[:0], key...)
}

// take removes the best candidate.
func (ev *evictor) take() candidate {
	ev.n--
	return ev.pool[ev.n]
}
