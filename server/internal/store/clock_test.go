package store

import "testing"

// A counter falls by one for each lfu-decay-time minutes without an access, also when the 16 bits of minutes begin anew; what a snapshot
// and an Item tell is what OBJECT FREQ tells.
func TestCounterDecays(t *testing.T) {
	const minute = 60_000
	for _, start := range []int64{1_700_000_000_000, (1<<16 - 3) * minute} {
		for _, tc := range []struct{ counter, decay, after, want int64 }{
			{100, 1, 0, 100}, {100, 1, 1, 99}, {100, 1, 99, 1}, {100, 1, 100, 0}, {100, 1, 30_000, 0}, {255, 2, 7, 252}, {5, 10, 9, 5}, {5, 10, 10, 4}, {100, 0, 10_000, 100}, {100, 1 << 30, 1000, 100},
		} {
			st := New(1)
			st.Limits.Policy, st.Limits.LFUDecayTime, st.Limits.LFULogFactor = AllKeysLFU, int(tc.decay), 0
			st.SetClock(start)
			db, key := st.DB(0), []byte("k")
			db.SetString(key, []byte("v"), 0, start)
			db.SetClock(key, st.FreqClock(uint8(tc.counter)))
			st.SetClock(start + tc.after*minute)
			if n, _ := db.Freq(key, start); n != tc.want {
				t.Errorf("a counter of %d is %d after %d minutes with lfu-decay-time %d, want %d", tc.counter, n, tc.after, tc.decay, tc.want)
			}
			if it, _ := db.Item(key, start); int64(it.Freq()) != tc.want {
				t.Errorf("an Item says %d, want %d", it.Freq(), tc.want)
			}
			snap := st.Snapshot()
			st.SetClock(start + (tc.after+500)*minute) // a snapshot stays as it is
			if it, _ := snap.DBs()[0].Item(key); int64(it.Freq()) != tc.want {
				t.Errorf("a snapshot says %d, want %d", it.Freq(), tc.want)
			}
			snap.Release()
			st.SetClock(start + tc.after*minute)
			db.Touch(key, start) // the access counts from what is left
			if n, _ := db.Freq(key, start); n != tc.want+1 && n != lfuMax {
				t.Errorf("after an access it is %d, want %d", n, tc.want+1)
			}
		}
	}
}

func TestIdleTime(t *testing.T) {
	st := New(1)
	db, key := st.DB(0), []byte("k")
	for _, start := range []int64{1_700_000_000_000, (1<<24 - 5) * 1000} { // the second begins anew within the time
		st.SetClock(start)
		db.SetString(key, []byte("v"), 0, start)
		st.SetClock(start + 100_000)
		if n, _ := db.Idle(key, start); n != 100 {
			t.Errorf("idle for %d seconds, want 100", n)
		}
		if it, _ := db.Item(key, start); it.IdleSeconds() != 100 {
			t.Errorf("an Item says %d", it.IdleSeconds())
		}
		db.Touch(key, start)
		if n, _ := db.Idle(key, start); n != 0 {
			t.Errorf("idle for %d seconds after an access", n)
		}
	}
}
