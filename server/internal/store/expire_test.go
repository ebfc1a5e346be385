package store

import (
	"fmt"
	"testing"
)

func fillVolatile(db *DB, n int, at int64) {
	for i := range n {
		db.SetString(fmt.Append(nil, at, ":", i), []byte("v"), at, 1)
	}
}

// TestExpireModes: who is to delete an expired key, and who only hides it.
func TestExpireModes(t *testing.T) {
	for _, c := range []struct {
		mode    ExpireMode
		exists  bool // the key is visible after its time
		deleted bool // ... and gone after the look
	}{
		{ExpireDelete, false, true},
		{ExpireHide, false, false},
		{ExpireIgnore, true, false},
	} {
		st := New(1)
		var told []string
		st.OnExpire(func(_ int, key []byte) { told = append(told, string(key)) })
		db := st.DB(0)
		db.SetString([]byte("k"), []byte("v"), 100, 1)
		st.SetMode(c.mode)
		if !db.Exists([]byte("k"), 100) {
			t.Errorf("mode %d: the key is gone at its time, not after it", c.mode)
		}
		if got := db.Exists([]byte("k"), 101); got != c.exists {
			t.Errorf("mode %d: Exists = %v", c.mode, got)
		}
		if gone := db.Len() == 0; gone != c.deleted || gone != (len(told) == 1) {
			t.Errorf("mode %d: %d keys are left, told of %q", c.mode, db.Len(), told)
		}
	}
}

// TestWriteOverHiddenKey: a replica that takes writes makes a new key in the place of one that it hides.
func TestWriteOverHiddenKey(t *testing.T) {
	st := New(1)
	db := st.DB(0)
	db.SetString([]byte("k"), []byte("5"), 100, 1)
	st.SetReplica(true)
	if n, err := db.IncrBy([]byte("k"), 1, 200); n != 1 || err != nil {
		t.Errorf("IncrBy = %d, %v: it counted on from a value that is not there", n, err)
	}
	if at, ok := db.Expire([]byte("k"), 200); !ok || at != 0 || db.Len() != 1 {
		t.Errorf("the new key expires at %d (%v), %d keys", at, ok, db.Len())
	}
}

// TestExpireCycle: the cycle deletes what is expired, leaves the rest, stops when told to, and goes on from there.
func TestExpireCycle(t *testing.T) {
	st := New(3)
	told := 0
	st.OnExpire(func(int, []byte) { told++ })
	for i := range 3 {
		fillVolatile(st.DB(i), 5000, 100)
		fillVolatile(st.DB(i), 5000, 9000)
		st.DB(i).SetString([]byte("forever"), nil, 0, 1)
	}
	if st.ExpireCycle(50, 1, func() bool { return false }); told != 0 {
		t.Fatalf("%d keys expired before their time", told)
	}
	if !st.ExpireCycle(200, 1, func() bool { return true }) || told == 0 || told > 200 {
		t.Fatalf("a cycle that is stopped at once deleted %d keys", told)
	}
	for range 2000 {
		calls := 0
		st.ExpireCycle(200, 1, func() bool { calls++; return calls > 3 })
	}
	// As in Redis a cycle gives up when few keys are expired, so that some may be left at any time, but not for ever.
	for i := range 3 {
		if n := st.DB(i).Len(); n != 5001 {
			t.Errorf("database %d has %d keys, want 5001", i, n)
		}
		if ttl := st.DB(i).AvgTTL(); ttl < 8000 || ttl > 8900 {
			t.Errorf("database %d: average time to live %d ms, want about 8800", i, ttl)
		}
	}
}

func TestExpireCycleWithoutVolatileKeysTouchesNothing(t *testing.T) {
	st := New(1)
	for i := range 10000 {
		st.DB(0).SetString(fmt.Append(nil, i), nil, 0, 1)
	}
	if st.ExpireCycle(1000, 10, func() bool { t.Fatal("asked for the budget"); return true }) {
		t.Error("capped")
	}
}

// A database smaller than the cycle's share of buckets is walked once a cycle, not around and around: each key is deleted, and told
// of, once.
func TestExpireCycleShowsKeysOnce(t *testing.T) {
	st := New(1)
	told := 0
	st.OnExpire(func(int, []byte) { told++ })
	for i := range 5 {
		st.DB(0).SetString([]byte{byte('a' + i)}, []byte("v"), 10, 1)
	}
	st.ExpireCycle(100, 0, func() bool { return false })
	if told != 5 || st.DB(0).Len() != 0 {
		t.Fatalf("told of %d keys, %d left, want 5 and 0", told, st.DB(0).Len())
	}
}
