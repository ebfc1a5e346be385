package store

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

const benchKeys = 1_000_000

func benchKey(b []byte, i int) []byte {
	return strconv.AppendInt(append(b[:0], "key:"...), int64(i+100000), 10)
}

func filled(tb testing.TB, n, size int) *DB {
	tb.Helper()
	db := New(16).DB(0)
	v := bytes.Repeat([]byte{'v'}, size)
	var k [32]byte
	for i := range n {
		db.SetString(benchKey(k[:], i), v, 0, 1)
	}
	return db
}

// cpu reports the CPU time of the benchmark's thread, which other processes disturb less than the wall clock.
func cpu(b *testing.B) (stop func()) {
	runtime.LockOSThread()
	var from, to unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &from)
	return func() {
		_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &to)
		b.ReportMetric(float64(to.Nano()-from.Nano())/float64(b.N), "cpu-ns/op")
		runtime.UnlockOSThread()
	}
}

// scatter visits numbers below n in an order that defeats caches.
func scatter(i, n int) int { return int(uint64(i) * 0x9e3779b97f4a7c15 >> 20 % uint64(n)) }

func BenchmarkInsert(b *testing.B) {
	db := New(16).DB(0)
	v := bytes.Repeat([]byte{'v'}, 16)
	var k [32]byte
	b.ReportAllocs()
	defer cpu(b)()
	for i := 0; b.Loop(); i++ {
		db.SetString(benchKey(k[:], i), v, 0, 1)
	}
}

func BenchmarkLoadReserved(b *testing.B) {
	v := bytes.Repeat([]byte{'v'}, 100)
	var k [32]byte
	defer cpu(b)()
	for b.Loop() {
		st := New(1)
		db := st.DB(0)
		db.Reserve(benchKeys)
		for i := range benchKeys {
			db.LoadString(benchKey(k[:], i), v, Attributes{})
		}
		b.StopTimer()
		st.Flush()
		for st.Reclaim(1 << 20) {
		}
		b.StartTimer()
	}
}

func BenchmarkGet(b *testing.B) {
	db := filled(b, benchKeys, 16)
	var k [32]byte
	b.ReportAllocs()
	defer cpu(b)()
	for i := 0; b.Loop(); i++ {
		if _, ok, _ := db.GetString(benchKey(k[:], scatter(i, benchKeys)), 1); !ok {
			b.Fatal("missing")
		}
	}
}

func BenchmarkGetMissing(b *testing.B) {
	db := filled(b, benchKeys, 16)
	var k [32]byte
	defer cpu(b)()
	for i := 0; b.Loop(); i++ {
		if _, ok, _ := db.GetString(benchKey(k[:], benchKeys+scatter(i, benchKeys)), 1); ok {
			b.Fatal("found")
		}
	}
}

func BenchmarkOverwrite(b *testing.B) {
	db := filled(b, benchKeys, 16)
	v := bytes.Repeat([]byte{'w'}, 16)
	var k [32]byte
	b.ReportAllocs()
	defer cpu(b)()
	for i := 0; b.Loop(); i++ {
		db.SetString(benchKey(k[:], scatter(i, benchKeys)), v, 0, 1)
	}
}

func BenchmarkOverwriteUnderSnapshot(b *testing.B) {
	db := filled(b, benchKeys, 16)
	v := bytes.Repeat([]byte{'w'}, 16)
	var k [32]byte
	s := db.st.Snapshot()
	defer cpu(b)()
	for i := 0; b.Loop(); i++ {
		db.SetString(benchKey(k[:], scatter(i, benchKeys)), v, 0, 1)
	}
	s.Release()
}

// BenchmarkOverwriteWhileRead reports the most memory that overwriting 30 % of the keys takes at any time while a snapshot is read: by
// readers who tell how far they are, who come to the end with the last write, and by others.
func BenchmarkOverwriteWhileRead(b *testing.B) {
	for _, told := range []bool{false, true} {
		b.Run("told="+strconv.FormatBool(told), func(b *testing.B) {
			const writes = benchKeys * 3 / 10
			v := bytes.Repeat([]byte{'w'}, 100)
			var k [32]byte
			for b.Loop() {
				db := filled(b, benchKeys, 100)
				st := db.st
				s := st.Snapshot()
				d := s.DBs()[0]
				r := s.Reader()
				if told {
					s.Close()
				}
				base, peak := st.Used()+st.Deferred(), 0
				for i := range writes {
					db.SetString(benchKey(k[:], scatter(i, benchKeys)), v, 0, 1)
					if i%50 == 0 {
						r.Passed(d, int(int64(d.Buckets())*int64(i)/writes))
						st.Reclaim(2000)
						peak = max(peak, st.Used()+st.Deferred()-base)
					}
				}
				b.ReportMetric(float64(peak)/writes, "B/write")
				s.Release()
			}
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	db := filled(b, benchKeys, 16)
	for b.Loop() {
		db.st.Snapshot().Release()
	}
}

// BenchmarkMemory reports the resident bytes a key takes, all included but the idle process.
func BenchmarkMemory(b *testing.B) {
	for _, size := range []int{16, 100} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			for b.Loop() {
				debug.FreeOSMemory()
				before := resident(b)
				db := filled(b, benchKeys, size)
				debug.FreeOSMemory()
				b.ReportMetric(float64(resident(b)-before)/benchKeys, "RSS/key")
				b.ReportMetric(float64(db.st.Used())/benchKeys, "used/key")
				b.ReportMetric(float64(db.t.Memory())/benchKeys, "table/key")
				db.st.Flush()
				for db.st.Reclaim(1 << 20) {
				}
			}
		})
	}
}

func resident(tb testing.TB) int {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		tb.Skip("no /proc")
	}
	n, _ := strconv.Atoi(string(bytes.Fields(b)[1]))
	return n * os.Getpagesize()
}

// BenchmarkGetWarmed is BenchmarkGet in batches of 32 keys, as a pipeline brings them.
func BenchmarkGetWarmed(b *testing.B) {
	const batch = 32
	db := filled(b, benchKeys, 16)
	keys := make([][]byte, batch)
	for i := range keys {
		keys[i] = make([]byte, 0, 32)
	}
	b.ReportAllocs()
	defer cpu(b)()
	for i := 0; b.Loop(); i++ {
		k := i % batch
		if k == 0 {
			for j := range keys {
				keys[j] = benchKey(keys[j], scatter(i+j, benchKeys))
			}
			db.Warm(keys)
		}
		if _, ok, _ := db.GetString(keys[k], 1); !ok {
			b.Fatal("missing")
		}
	}
}

// BenchmarkWalk reads all keys and values of a snapshot, as a save does: for each key.
func BenchmarkWalk(b *testing.B) {
	for _, size := range []int{16, 100} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			db := filled(b, benchKeys, size)
			snap := db.st.Snapshot()
			defer snap.Release()
			var out []byte
			defer cpu(b)()
			for n := 0; n < b.N; {
				for _, d := range snap.DBs() {
					d.Range(0, d.Buckets(), func(it Item) bool {
						out = append(append(out[:0], it.Key()...), it.Bytes()...)
						n++
						return n < b.N
					})
				}
			}
		})
	}
}
