package rdb

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
)

// fileOfStrings holds n keys of about 10 bytes with random values of 100 bytes.
func fileOfStrings(b *testing.B, n int) []byte {
	var out bytes.Buffer
	e, err := NewEncoder(&out, EncodeOptions{})
	if err != nil {
		b.Fatal(err)
	}
	e.SelectDB(0)
	e.ResizeDB(uint64(n), 0)
	rng := rand.New(rand.NewPCG(5, 6))
	value := make([]byte, 100)
	var dst []byte
	for i := range n {
		for k := range value {
			value[k] = byte(rng.Uint32())
		}
		dst = e.Appender().Key(dst[:0], TypeString, fmt.Appendf(nil, "key:%06d", i))
		e.Write(e.Appender().String(dst, value))
	}
	if err := e.Close(); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

func benchmarkDecode(b *testing.B, file []byte, keys int, opts DecodeOptions) {
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		d := NewDecoder(bytes.NewReader(file), opts)
		n := 0
		for {
			it, err := d.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			if it.Op == OpKey {
				n++
			}
		}
		if n != keys {
			b.Fatalf("%d keys", n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(keys), "ns/key")
}

func BenchmarkDecodeStrings(b *testing.B) {
	const n = 200_000
	file := fileOfStrings(b, n)
	b.Run("checked", func(b *testing.B) { benchmarkDecode(b, file, n, DecodeOptions{}) })
	b.Run("unchecked", func(b *testing.B) { benchmarkDecode(b, file, n, DecodeOptions{SkipChecksum: true}) })
}

func BenchmarkDecodeHashes(b *testing.B) {
	const n = 50_000
	lp := listpack.New(0)
	for i := range 20 {
		lp = listpack.Append(lp, fmt.Appendf(nil, "field%d", i))
	}
	var out bytes.Buffer
	e, _ := NewEncoder(&out, EncodeOptions{})
	for i := range n {
		e.Write(e.Appender().Listpack(e.Appender().Key(nil, TypeHashListpack, fmt.Appendf(nil, "key:%06d", i)), lp))
	}
	if err := e.Close(); err != nil {
		b.Fatal(err)
	}
	b.Run("shallow", func(b *testing.B) { benchmarkDecode(b, out.Bytes(), n, DecodeOptions{}) })
	b.Run("deep", func(b *testing.B) { benchmarkDecode(b, out.Bytes(), n, DecodeOptions{Deep: true}) })
}

func BenchmarkAppendStrings(b *testing.B) {
	value := []byte("the quick brown fox jumps over the lazy dog; pack my box with five dozen liquor jugs; 0123456789 abcdef")
	for _, compress := range []bool{false, true} {
		b.Run(fmt.Sprintf("compress=%v", compress), func(b *testing.B) {
			a, _ := NewAppender(EncodeOptions{Compress: compress})
			var dst []byte
			key := []byte("key:000001")
			b.ReportAllocs()
			for b.Loop() {
				if len(dst) > 1<<18 {
					dst = dst[:0]
				}
				dst = a.String(a.Key(dst, TypeString, key), value)
			}
		})
	}
}
