package check

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
)

// fileOf writes n keys of a kind.
func fileOf(b *testing.B, kind string, n int) []byte {
	var out bytes.Buffer
	e, err := rdb.NewEncoder(&out, rdb.EncodeOptions{Compress: kind == "compressed"})
	if err != nil {
		b.Fatal(err)
	}
	e.SelectDB(0)
	a := e.Appender()
	rng := rand.New(rand.NewPCG(1, 2))
	random := func(n int) []byte {
		s := make([]byte, n)
		for i := range s {
			s[i] = 'a' + byte(rng.Uint32N(26))
		}
		return s
	}
	var dst []byte
	for i := range n {
		key, k := fmt.Appendf(nil, "some:key:%08d", i), kind
		if kind == "mixed" {
			k = []string{"strings", "strings", "hashes", "sets", "zsets"}[i%5]
		}
		switch k {
		case "strings":
			dst = a.String(a.Key(dst[:0], rdb.TypeString, key), random(100))
		case "large strings":
			dst = a.String(a.Key(dst[:0], rdb.TypeString, key), random(4000))
		case "compressed":
			dst = a.String(a.Key(dst[:0], rdb.TypeString, key), bytes.Repeat(random(20), 10))
		case "hashes":
			lp := listpack.New(0)
			for f := range 10 {
				lp = listpack.Append(listpack.Append(lp, fmt.Appendf(nil, "field%d", f)), random(30))
			}
			dst = a.Listpack(a.Key(dst[:0], rdb.TypeHashListpack, key), lp)
		case "sets":
			dst = a.Count(a.Key(dst[:0], rdb.TypeSet, key), 20)
			for range 20 {
				dst = a.String(dst, random(12))
			}
		case "zsets":
			dst = a.Count(a.Key(dst[:0], rdb.TypeZset2, key), 20)
			for range 20 {
				dst = a.Score(a.String(dst, random(12)), rng.Float64())
			}
		}
		e.Write(dst)
	}
	if err := e.Close(); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

// processorTime returns the seconds that this process has computed.
func processorTime(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// BenchmarkCheck is the whole check, on one core: structure, all deep checks, checksum, counts.
func BenchmarkCheck(b *testing.B) {
	for _, kind := range []string{"strings", "large strings", "compressed", "hashes", "sets", "zsets", "mixed"} {
		file := fileOf(b, kind, 50_000)
		b.Run(kind, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			before := processorTime(b)
			for b.Loop() {
				r, err := File("dump.rdb", bytes.NewReader(file), int64(len(file)), Options{Finding: func(f *Finding) { b.Fatal(f.Reason) }})
				if keys, _, _ := r.Total(); err != nil || keys != 50_000 {
					b.Fatal(err, keys)
				}
			}
			// On a busy machine only the processor's time tells how fast the check is.
			b.ReportMetric(float64(len(file))*float64(b.N)/1e6/(processorTime(b)-before), "MB/cpu-s")
		})
	}
}
