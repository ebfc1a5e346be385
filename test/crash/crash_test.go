package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
	"github.com/redis/go-redis/v9"
)

// rounds is how often each mode is killed.
func rounds(t *testing.T) int {
	text := os.Getenv("LOCKSTEP_CRASH_ROUNDS")
	if text == "" {
		return 8
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

const writers = 4

// writer appends the numbers 0, 1, 2... to a list of its own.
type writer struct {
	key   string
	sent  atomic.Int64
	acked atomic.Int64

	mu    sync.Mutex
	times []time.Time // of the acknowledgements of this round, from first on
	first int64
}

func (w *writer) run(ctx context.Context, c *redis.Client) {
	for ctx.Err() == nil {
		v := w.sent.Add(1)
		if err := c.RPush(ctx, w.key, v-1).Err(); err != nil {
			return
		}
		w.mu.Lock()
		w.times = append(w.times, time.Now())
		w.mu.Unlock()
		w.acked.Store(v)
	}
}

// ackedBefore is how many elements were acknowledged at a time.
func (w *writer) ackedBefore(at time.Time) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.first
	for _, t := range w.times {
		if t.After(at) {
			break
		}
		n++
	}
	return n
}

// beside is what runs beside the writes. It reports begins of saves that have succeeded.
type beside func(ctx context.Context, c *redis.Client, saved func(began time.Time))

func repeat(command string) beside {
	return func(ctx context.Context, c *redis.Client, _ func(time.Time)) {
		for ctx.Err() == nil {
			_ = c.Do(ctx, command).Err()
			time.Sleep(time.Millisecond)
		}
	}
}

// save runs BGSAVE again and again, and learns from LASTSAVE's neighbour in INFO that one has succeeded.
func save(ctx context.Context, c *redis.Client, saved func(time.Time)) {
	for ctx.Err() == nil {
		began := time.Now()
		if c.Do(ctx, "BGSAVE").Err() != nil {
			continue
		}
		for ctx.Err() == nil {
			text, err := c.Info(ctx, "persistence").Result()
			if err == nil && strings.Contains(text, "rdb_bgsave_in_progress:0") {
				if strings.Contains(text, "rdb_last_bgsave_status:ok") {
					saved(began)
				}
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
}

func TestKill(t *testing.T) {
	always := rig.Config{"appendonly": "yes", "appendfsync": "always"}
	for _, m := range []struct {
		name   string
		config rig.Config
		keys   int // beside the lists, to make saves and rewrites long
		beside beside
		// must is how many elements of a writer have to be there, from when the kill came and the last good save began.
		must func(w *writer, killed, saved time.Time) int64
	}{
		{"rdb", nil, 2000, save, func(w *writer, _, saved time.Time) int64 { return w.ackedBefore(saved) }},
		{"everysec", rig.Config{"appendonly": "yes"}, 0, nil, func(w *writer, killed, _ time.Time) int64 { return w.ackedBefore(killed.Add(-2 * time.Second)) }},
		{"always", always, 0, nil, func(w *writer, _, _ time.Time) int64 { return w.acked.Load() }},
		{"rewrites", always, 50000, repeat("BGREWRITEAOF"), func(w *writer, _, _ time.Time) int64 { return w.acked.Load() }},
		{"switches", always, 0, repeat("BGREWRITEAOF"), func(w *writer, _, _ time.Time) int64 { return w.acked.Load() }},
		{"saves", always, 2000, repeat("SAVE"), func(w *writer, _, _ time.Time) int64 { return w.acked.Load() }},
	} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			s := rig.Start(t, rig.Ours, m.name, m.config)
			if m.keys > 0 {
				s.Must("DEBUG", "POPULATE", m.keys, "key", 100)
				keep(t, s)
			}
			list := make([]*writer, writers)
			for i := range list {
				list[i] = &writer{key: fmt.Sprintf("list:%d", i)}
			}
			seed := uint64(time.Now().UnixNano())
			rnd := rand.New(rand.NewPCG(seed, 0))
			for round := range rounds(t) {
				at := time.Duration(rnd.IntN(250)) * time.Millisecond
				killed, saved := kill(s, list, m.beside, at)
				s.Restart(nil)
				for _, w := range list {
					check(t, s, w, m.must(w, killed, saved), fmt.Sprintf("round %d, killed after %v (seed %d)", round, at, seed))
				}
				if m.keys > 0 {
					if n := s.Must("EXISTS", "key:0", fmt.Sprintf("key:%d", m.keys-1)).(int64); n != 2 {
						t.Fatalf("round %d: keys of the beginning are gone", round)
					}
				}
			}
		})
	}
}

// keep makes what DEBUG POPULATE has made last: it is in no file.
func keep(t *testing.T, s *rig.Server) {
	s.Must("SAVE")
	s.Must("BGREWRITEAOF")
	rig.Until(t, 30*time.Second, func() error {
		if s.Info("persistence")["aof_rewrite_in_progress"] != "0" {
			return errors.New("the rewrite goes on")
		}
		return nil
	})
}

// kill writes for a while and kills the server.
func kill(s *rig.Server, list []*writer, b beside, after time.Duration) (killed, saved time.Time) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	run := func(f func(c *redis.Client)) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			o := s.Options(0)
			o.MaxRetries = -1
			c := redis.NewClient(o)
			defer c.Close()
			f(c)
		}()
	}
	for _, w := range list {
		w.mu.Lock()
		w.first, w.times = w.acked.Load(), nil
		w.mu.Unlock()
		run(func(c *redis.Client) { w.run(ctx, c) })
	}
	var lastSave atomic.Int64
	if b != nil {
		run(func(c *redis.Client) { b(ctx, c, func(began time.Time) { lastSave.Store(began.UnixNano()) }) })
	}
	time.Sleep(after)
	s.Signal(syscall.SIGKILL)
	killed = time.Now()
	s.WaitExit()
	cancel()
	wg.Wait()
	return killed, time.Unix(0, lastSave.Load())
}

// check compares a list with what its writer knows, and lets it go on from there.
func check(t *testing.T, s *rig.Server, w *writer, must int64, when string) {
	t.Helper()
	values, err := s.LRange(context.Background(), w.key, 0, -1).Result()
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		if v != strconv.Itoa(i) {
			t.Fatalf("%s: %s: element %d is %q: the survivors are no prefix", when, w.key, i, v)
		}
	}
	n := int64(len(values))
	if n < must {
		t.Fatalf("%s: %s: %d elements survive, %d had to, %d were acknowledged", when, w.key, n, must, w.acked.Load())
	}
	if n > w.sent.Load() {
		t.Fatalf("%s: %s: %d elements, but only %d were sent", when, w.key, n, w.sent.Load())
	}
	w.sent.Store(n)
	w.acked.Store(n)
}
