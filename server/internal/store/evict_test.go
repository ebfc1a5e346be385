package store

import (
	"bytes"
	"fmt"
	"strconv"
	"testing"
)

// evictAll evicts n keys and returns them.
func evictAll(t *testing.T, st *Store, n int) (keys []string) {
	t.Helper()
	for range n {
		db, key, ok := st.Evict(1)
		if !ok {
			t.Fatalf("nothing to evict after %d keys", len(keys))
		}
		if !st.DB(db).Delete(key) {
			t.Fatalf("chose %q, which is not there", key)
		}
		keys = append(keys, string(key))
	}
	return keys
}

// TestEvictChoosesTheWorst: with n keys of rising worth, the half that goes must come mostly from the worthless half.
func TestEvictChoosesTheWorst(t *testing.T) {
	const n = 2000
	for policy, prepare := range map[Policy]func(st *Store, db *DB, i int){
		AllKeysLRU: func(st *Store, db *DB, i int) {
			st.SetClock(int64(i) * 1000)
			db.SetString(strconv.AppendInt(nil, int64(i), 10), nil, 0, 1)
		},
		VolatileLRU: func(st *Store, db *DB, i int) {
			st.SetClock(int64(i) * 1000)
			db.SetString(strconv.AppendInt(nil, int64(i), 10), nil, 1e12, 1)
		},
		VolatileTTL: func(st *Store, db *DB, i int) {
			db.SetString(strconv.AppendInt(nil, int64(i), 10), nil, 1e12+int64(i), 1)
		},
		AllKeysLFU: func(st *Store, db *DB, i int) {
			key := strconv.AppendInt(nil, int64(i), 10)
			db.SetString(key, nil, 0, 1)
			db.SetClock(key, st.FreqClock(uint8(i*255/n)))
		},
		VolatileLFU: func(st *Store, db *DB, i int) {
			key := strconv.AppendInt(nil, int64(i), 10)
			db.SetString(key, nil, 1e12, 1)
			db.SetClock(key, st.FreqClock(uint8(i*255/n)))
		},
	} {
		t.Run(fmt.Sprint(policy), func(t *testing.T) {
			st := New(4)
			st.Limits.Policy = policy
			for i := range n {
				prepare(st, st.DB(i%2), i)
			}
			if policy.volatile() {
				st.DB(3).SetString([]byte("persistent"), nil, 0, 1)
			}
			wrong := 0
			for _, k := range evictAll(t, st, n/2) {
				if i, err := strconv.Atoi(k); err != nil {
					t.Errorf("evicted %q", k)
				} else if i >= n*6/10 {
					wrong++
				}
			}
			if wrong > n/2/10 {
				t.Errorf("%d of %d evicted keys were among the 40%% worth most", wrong, n/2)
			}
			if policy.volatile() {
				evictAll(t, st, n/2)
				if _, key, ok := st.Evict(1); ok {
					t.Errorf("evicted %q, which has no time to live", key)
				}
			}
		})
	}
}

func TestEvictRandom(t *testing.T) {
	for _, policy := range []Policy{AllKeysRandom, VolatileRandom} {
		st := New(3)
		st.Limits.Policy = policy
		for i := range 100 {
			st.DB(i%2).SetString(fmt.Append(nil, i), nil, 1e12, 1)
		}
		st.DB(1).SetString([]byte("persistent"), nil, 0, 1)
		n := 100
		if policy == AllKeysRandom {
			n++
		}
		evictAll(t, st, n)
		if _, _, ok := st.Evict(1); ok || st.Len() != 101-n {
			t.Errorf("policy %d: %d keys are left", policy, st.Len())
		}
	}
}

// TestEvictUnderSnapshot: memory that only a snapshot holds does not count, or eviction would never end.
func TestEvictUnderSnapshot(t *testing.T) {
	st := New(1)
	st.Limits.Policy = AllKeysLRU
	for i := range 1000 {
		st.DB(0).SetString(fmt.Append(nil, i), bytes.Repeat([]byte{'v'}, 1000), 0, 1)
	}
	before := st.Used()
	snap := st.Snapshot()
	evictAll(t, st, 500)
	if after := st.Used(); after > before*6/10 {
		t.Errorf("%d bytes of %d are used after half the keys were evicted", after, before)
	}
	if d := st.Deferred(); d < before*4/10 {
		t.Errorf("%d bytes are deferred", d)
	}
	snap.Release()
	for st.Reclaim(100) {
	}
	if d := st.Deferred(); d != 0 {
		t.Errorf("%d bytes are deferred after the snapshot", d)
	}
}

func TestNoEviction(t *testing.T) {
	st := New(1)
	st.DB(0).SetString([]byte("k"), nil, 0, 1)
	if _, _, ok := st.Evict(1); ok {
		t.Error("noeviction evicts")
	}
}

// A large value whose memory goes back in slices is counted once, when it is gone; a small one is not.
func TestLazyFreedCountsLargeValues(t *testing.T) {
	st := New(1)
	db := st.DB(0)
	for i := range 100000 {
		s, _, err := db.WriteSet([]byte("large"), 1)
		if err != nil {
			t.Fatal(err)
		}
		s.Add(fmt.Append(nil, "member", i))
	}
	db.SetString([]byte("small1"), []byte("v"), 0, 1)
	db.Delete([]byte("small1"))
	db.Delete([]byte("large"))
	if st.Stats.LazyFreed != 0 || st.PendingFrees() != 1 {
		t.Errorf("at first: %d freed, %d pending", st.Stats.LazyFreed, st.PendingFrees())
	}
	for st.Reclaim(100) {
	}
	if st.Stats.LazyFreed != 1 || st.PendingFrees() != 0 {
		t.Errorf("in the end: %d freed, %d pending", st.Stats.LazyFreed, st.PendingFrees())
	}
}
