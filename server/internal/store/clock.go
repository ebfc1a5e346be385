package store

import (
	"math/rand/v2"

	"github.com/lockstep-db/lockstep/server/internal/store/table"
)

const (
	clockMask   = 1<<24 - 1
	lfuInit     = 5 // counter of a new key, so that it is not evicted at once
	lfuMax      = 255
	minuteMask  = 1<<16 - 1
	msPerMinute = 60_000
)

// The 24 bits of an entry's clock:
//
//	LRU policies   seconds of the last access, modulo 2^24 (194 days)
//	LFU policies   minutes of the last decrement (16 bits) | logarithmic access counter (8 bits)

func (st *Store) lruClock() uint32 { return uint32(st.clock/1000) & clockMask }

func (st *Store) lfuMinutes() uint32 { return uint32(st.clock/msPerMinute) & minuteMask }

// NewClock returns the clock of an entry that is made now.
func (st *Store) NewClock() uint32 {
	if st.Limits.Policy.lfu() {
		return st.lfuMinutes()<<8 | lfuInit
	}
	return st.lruClock()
}

// touch records an access, unless a snapshot may see the entry: no copy is worth it (Redis does the same while it has a child).
func (r *ref) touch() {
	st, e := r.db.st, r.entry()
	if st.noTouch {
		return
	}
	c := e.Clock()
	next := st.lruClock()
	if st.Limits.Policy.lfu() {
		next = st.lfuMinutes()<<8 | st.lfuIncrement(st.lfuDecayed(c))
	}
	if next != c && !r.db.t.Shared(&r.t) {
		e.SetClock(next)
	}
}

// touched is touch for an entry without a ref. False says that it needs one.
func (db *DB) touched(e table.Entry) bool {
	next := db.st.lruClock()
	switch {
	case db.st.Limits.Policy.lfu():
		return false
	case next == e.Clock():
		return true
	case db.sp.Views() > 0:
		return false
	}
	e.SetClock(next)
	return true
}

// age is what the clocks of entries are read by, at one moment.
type age struct {
	seconds uint32 // as under LRU policies
	minutes uint16 // as under LFU policies
	decay   uint16 // lfu-decay-time, 0: counters stay
}

func (st *Store) age() age {
	return age{st.lruClock(), uint16(st.lfuMinutes()), uint16(min(max(st.Limits.LFUDecayTime, 0), minuteMask))}
}

// decayed returns the counter after the decrements for the minutes gone by.
func (a age) decayed(clock uint32) uint32 {
	counter := clock & lfuMax
	if a.decay == 0 {
		return counter
	}
	periods := uint32(a.minutes-uint16(clock>>8)) / uint32(a.decay)
	return counter - min(counter, periods)
}

func (st *Store) lfuDecayed(clock uint32) uint32 { return st.age().decayed(clock) }

// lfuIncrement adds one with a probability that falls as the counter grows.
func (st *Store) lfuIncrement(counter uint32) uint32 {
	if counter == lfuMax {
		return counter
	}
	base := float64(counter) - lfuInit
	if p := 1 / (max(base, 0)*float64(st.Limits.LFULogFactor) + 1); rand.Float64() < p {
		counter++
	}
	return counter
}

// idle returns the seconds since the last access under an LRU policy.
func (st *Store) idle(clock uint32) int64 {
	return int64((st.lruClock() - clock) & clockMask)
}
