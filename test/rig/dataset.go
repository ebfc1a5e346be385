package rig

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Populate writes a data set with every type, small and large encodings, expiry and several databases: about
// n keys of each type. The same n gives the same data.
func Populate(t testing.TB, s *Server, n int) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(1, uint64(n)))
	for _, db := range []int{0, 3, 9} {
		pipe := s.DB(db).Pipeline()
		for i := range n {
			populateKey(pipe, rnd, i)
			if pipe.Len() > 1000 {
				flush(t, pipe)
			}
		}
		flush(t, pipe)
	}
}

func flush(t testing.TB, pipe redis.Pipeliner) {
	t.Helper()
	if _, err := pipe.Exec(context.Background()); err != nil {
		t.Fatalf("populate: %v", err)
	}
}

func populateKey(pipe redis.Pipeliner, rnd *rand.Rand, i int) {
	ctx := context.Background()
	size := 1 + rnd.IntN(20)
	if i%50 == 0 {
		size = 600 // beyond the thresholds of the small encodings
	}
	pipe.Set(ctx, fmt.Sprint("s:", i), value(rnd), 0)
	pipe.Set(ctx, fmt.Sprint("n:", i), rnd.Int64()>>rnd.IntN(63), 0)
	if i%7 == 0 {
		pipe.Set(ctx, fmt.Sprint("x:", i), "expires", time.Duration(100+i)*time.Hour)
	}
	for j := range size {
		pipe.RPush(ctx, fmt.Sprint("l:", i), value(rnd))
		pipe.HSet(ctx, fmt.Sprint("h:", i), fmt.Sprint("f", j), value(rnd))
		pipe.ZAdd(ctx, fmt.Sprint("z:", i), redis.Z{Score: rnd.NormFloat64() * 1000, Member: fmt.Sprint("m", j)})
		pipe.SAdd(ctx, fmt.Sprint("t:", i), fmt.Sprint("member", rnd.IntN(100000)))
		pipe.SAdd(ctx, fmt.Sprint("i:", i), rnd.Int64()>>rnd.IntN(63))
	}
}

// value returns bytes of several shapes: empty, numbers, text that compresses, binary.
func value(rnd *rand.Rand) string {
	switch rnd.IntN(10) {
	case 0:
		return ""
	case 1, 2:
		return fmt.Sprint(rnd.Int64() >> rnd.IntN(63))
	case 3:
		return strings.Repeat("abc", rnd.IntN(200))
	case 4:
		b := make([]byte, rnd.IntN(100))
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		return string(b)
	default:
		return fmt.Sprintf("value-%d", rnd.IntN(1e6))
	}
}
