package store

import (
	"github.com/lockstep-db/lockstep/server/internal/store/table"
)

// expired reports whether the key's time is over, as far as the mode wants to know.
func (r *ref) expired(now int64) bool {
	at := r.entry().Expire()
	return at != 0 && now > at && r.db.st.mode != ExpireIgnore
}

// expire treats an expired key as the mode says: the key is not there for the caller.
func (db *DB) expire(r *ref) {
	if db.st.mode == ExpireDelete {
		db.deleteExpired(r)
	} else {
		r.t = r.t.Missing()
	}
}

func (db *DB) deleteExpired(r *ref) {
	db.st.Stats.Expired++
	if db.st.onExpire != nil {
		db.st.onExpire(db.index, r.key())
	}
	r.remove()
}

// Expired reports whether the key is there and its time is over, whatever the mode. It changes nothing.
func (db *DB) Expired(key []byte, now int64) bool {
	r, ok := db.find(key)
	if !ok {
		return false
	}
	at := r.entry().Expire()
	return at != 0 && now > at
}

// Expire returns when a key expires (Unix ms; 0: never).
func (db *DB) Expire(key []byte, now int64) (at int64, ok bool) {
	r, ok := db.peek(key, now)
	if !ok {
		return 0, false
	}
	return r.entry().Expire(), true
}

// SetExpire sets when a key expires (Unix ms; 0: never) and reports whether the key is there. A time in the past is allowed:
// the key is then gone at the next look. It is no access: the command has looked the key up before.
func (db *DB) SetExpire(key []byte, at, now int64) bool {
	r, ok := db.again(key, now)
	if ok {
		r.setExpire(at)
	}
	return ok
}

func (r *ref) setExpire(at int64) {
	e := r.entry()
	had := e.Expire()
	if had == at {
		return
	}
	if had != 0 && at != 0 && r.db.t.Mutable(&r.t) {
		e.SetExpire(at)
		return
	}
	s := e.Shape()
	s.Expire = at
	v := e.Value() // bytes, or what refers to a blob or object: that stays
	h, n := table.Make(r.db.sp, s, len(v))
	copy(n.Value(), v)
	r.db.t.Replace(&r.t, h, at != 0)
}

// Persist removes the time to live and reports whether there was one.
func (db *DB) Persist(key []byte, now int64) bool {
	r, ok := db.write(key, now)
	if !ok || r.entry().Expire() == 0 {
		return false
	}
	r.setExpire(0)
	return true
}

// AvgTTL returns the mean time to live of the keys that the last expiry cycles saw, ms; 0 when none was seen.
func (db *DB) AvgTTL() int64 {
	if db.t.Volatile() == 0 {
		return 0
	}
	return db.ttl
}

// expireCycle is the state of the active expiry between calls.
type expireCycle struct {
	next int           // database to go on with
	dead []table.Entry // scratch
	// stale estimates the share of keys with a time to live whose time is over, 0 to 1.
	stale float64
}

const (
	cycleKeys       = 20 // keys to look at before the share of expired ones is judged, as in Redis
	cycleStale      = 10 // percentage of expired keys that is not worth more effort
	cycleMaxBuckets = 4096
	cycleCheckEvery = 32 // deletions between two looks at the budget
)

// ExpireCycle deletes keys whose time is over, on a master. In each database it looks at some keys with a time to live and goes
// on for as long as many of them are expired; effort (1 to 10, active-expire-effort) raises the number and lowers the share, as in
// Redis. stop is asked often; when it returns true the cycle ends with capped, and the next call goes on where this one stopped.
// Keys of segments without any time to live are not touched.
func (st *Store) ExpireCycle(now int64, effort int, stop func() bool) (capped bool) {
	if st.mode != ExpireDelete {
		return false
	}
	effort = min(max(effort, 1), 10) - 1
	for range st.dbs {
		db := st.dbs[st.cycle.next%len(st.dbs)]
		if db != nil && db.t.Volatile() > 0 && db.expireSome(now, effort, stop) {
			return true
		}
		st.cycle.next = (st.cycle.next + 1) % len(st.dbs)
	}
	return false
}

func (db *DB) expireSome(now int64, effort int, stop func() bool) (capped bool) {
	for db.t.Volatile() > 0 {
		seen, left, ttl := 0, 0, int64(0)
		dead := db.st.cycle.dead[:0]
		db.bucket = db.t.ScanVolatile(db.bucket, cycleKeys+cycleKeys/4*effort, cycleMaxBuckets, func(e table.Entry) {
			seen++
			if at := e.Expire(); now > at {
				dead = append(dead, e)
			} else {
				left++
				ttl += at - now
			}
		})
		db.st.cycle.dead = dead
		db.noteTTL(ttl, left)
		if seen > 0 {
			db.st.cycle.stale += (float64(len(dead))/float64(seen) - db.st.cycle.stale) / 20
		}
		for i, e := range dead {
			if i%cycleCheckEvery == 0 && i > 0 && stop() {
				return true
			}
			r, _ := db.find(e.Key())
			db.deleteExpired(&r)
		}
		if seen == 0 || len(dead)*100 <= seen*(cycleStale-effort) {
			return false
		}
		if stop() {
			return true
		}
	}
	return false
}

// StalePercent estimates how many of the keys with a time to live are expired and still there, in percent.
func (st *Store) StalePercent() float64 { return st.cycle.stale * 100 }

// noteTTL folds the mean time to live of a sample into the estimate, of which it makes up 2 %, as in Redis.
func (db *DB) noteTTL(sum int64, n int) {
	if n == 0 {
		return
	}
	avg := sum / int64(n)
	if db.ttl == 0 {
		db.ttl = avg
	}
	db.ttl += (avg - db.ttl) / 50
}
