package store

import (
	"github.com/lockstep-db/lockstep/server/internal/store/table"
)

// Scan shows fn about count keys from the cursor on (0: the start) and returns the next cursor (0: the end). Keys that are there
// from start to end of an iteration are shown at least once (see table.Cursor). Expired keys are not shown, and deleted on a
// master. fn must not change the store; key is a view.
func (db *DB) Scan(cursor uint64, count int, now int64, fn func(key []byte, t Type)) uint64 {
	dead := db.st.cycle.dead[:0]
	next := db.t.Scan(cursor, count, func(e table.Entry) {
		if at := e.Expire(); at != 0 && now > at && db.st.mode != ExpireIgnore {
			dead = append(dead, e)
			return
		}
		fn(e.Key(), Kind(e.Kind()).Type())
	})
	db.st.cycle.dead = dead
	if db.st.mode == ExpireDelete {
		for _, e := range dead {
			r, _ := db.find(e.Key())
			db.deleteExpired(&r)
		}
	}
	return next
}

// Keys shows fn every key that is not expired until it returns false. fn must not change the store; key is a view.
func (db *DB) Keys(now int64, fn func(key []byte) bool) {
	db.t.Each(&db.sp.Reader, func(e table.Entry) bool {
		if at := e.Expire(); at != 0 && now > at && db.st.mode != ExpireIgnore {
			return true
		}
		return fn(e.Key())
	})
}

// randomTries bounds the search for a key that is not expired where expired ones cannot be deleted.
const randomTries = 100

// RandomKey returns a key chosen at random: a view.
func (db *DB) RandomKey(now int64) (key []byte, ok bool) {
	for tries := 0; db.t.Len() > 0; tries++ {
		key := db.t.Random().Key()
		r, ok := db.peek(key, now)
		if ok {
			return r.key(), true
		}
		if tries >= randomTries && db.st.mode == ExpireHide {
			return db.t.Random().Key(), true // all keys may be expired: one of them is better than a search without end
		}
	}
	return nil, false
}
