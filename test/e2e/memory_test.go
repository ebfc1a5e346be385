package e2e

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockstep-db/lockstep/test/rig"
)

// large makes a set of many members.
func large(t *testing.T, s *rig.Server, key string, members int) {
	t.Helper()
	pipe := s.Pipeline()
	for from := 0; from < members; from += 5000 {
		args := []any{"SADD", key}
		for i := from; i < from+5000; i++ {
			args = append(args, fmt.Sprint("member:", i))
		}
		pipe.Do(context.Background(), args...)
	}
	if _, err := pipe.Exec(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// MEMORY PURGE answers when the memory of deleted values has gone back, and others are served meanwhile. Inside MULTI it answers at once.
func TestPurgeStopsNobody(t *testing.T) {
	const members = 200_000
	s := rig.Start(t, rig.Ours, "A", nil)
	ctx := t.Context()
	for _, multi := range []bool{false, true} {
		large(t, s, "large", members)
		full := s.Counter("used_memory_rss")
		own := s.Dial()
		calls := rig.Encode("DEL", "large") + rig.Encode("MEMORY", "PURGE")
		if multi {
			calls = rig.Encode("MULTI") + calls + rig.Encode("EXEC")
		}
		other := redis.NewClient(s.Options(0))
		defer other.Close()
		if err := other.Ping(ctx).Err(); err != nil {
			t.Fatal(err)
		}
		own.Send(calls)
		said := make(chan []string)
		go func() {
			lines := []string{own.Line(), own.Line()}
			for multi && len(lines) < 6 {
				lines = append(lines, own.Line())
			}
			said <- lines
		}()
		var lines []string
		pings := 0
		for ; lines == nil; pings++ {
			if err := other.Ping(ctx).Err(); err != nil {
				t.Fatal(err)
			}
			select {
			case lines = <-said:
			default:
			}
		}
		if multi {
			if got := fmt.Sprint(lines); got != "[+OK +QUEUED +QUEUED *2 :1 +OK]" {
				t.Errorf("in MULTI: %s", got)
			}
			rig.Until(t, 20*time.Second, func() error { return purged(s, full) })
			continue
		}
		if got := fmt.Sprint(lines); got != "[:1 +OK]" || pings < 10 {
			t.Errorf("%s, with %d calls of another client between the two replies", got, pings)
		}
		if err := purged(s, full); err != nil { // now, as OK says
			t.Error(err)
		}
	}
	// Who goes while it lasts is no obstacle to the next one.
	large(t, s, "large", members)
	w := s.Dial()
	w.Send(rig.Encode("DEL", "large") + rig.Encode("MEMORY", "PURGE"))
	w.Close()
	s.Must("MEMORY", "PURGE")
}

// usageCases are keys of all types and sizes, some 5 to 20 MB of each. A step is a call; its words may name the number of the key and that of the element.
var usageCases = []struct {
	name          string
	keys, calls   int // calls for each key
	elements      int // in each call
	head, element string
}{
	{"short strings", 50_000, 1, 1, "SET k%d", "0123456789"},
	{"long strings", 1000, 1, 1, "SET k%d", strings.Repeat("x", 10_000)},
	{"packed hashes", 25_000, 1, 10, "HSET k%d", "field%[2]d value%[2]d"},
	{"a large hash", 1, 200, 500, "HSET k%d", "field:%[2]d value:%[2]d"},
	{"packed sets", 8000, 1, 100, "SADD k%d", "%[2]d"},
	{"sets", 500, 1, 300, "SADD k%d", "member:%[2]d"},
	{"packed sorted sets", 10_000, 1, 20, "ZADD k%d", "%[2]d member:%[2]d"},
	{"a large sorted set", 1, 200, 500, "ZADD k%d", "%[2]d member:%[2]d"},
	{"packed lists", 30_000, 1, 10, "RPUSH k%d", "element:%[2]d"},
	{"a large list", 1, 400, 500, "RPUSH k%d", "element:%[2]d"},
	{"short streams", 8000, 5, 1, "XADD k%d *", "field value:%[2]d"},
	{"a long stream", 1, 60_000, 1, "XADD k%d *", "field value:%[2]d other " + strings.Repeat("y", 50)},
}

// MEMORY USAGE of all keys together, whatever SAMPLES says, is what they are counted for in used_memory and near to what the process
// really got from the system for them.
func TestMemoryUsageIsTrue(t *testing.T) {
	s := rig.Start(t, rig.Ours, "A", nil)
	ctx := t.Context()
	memory := func() (used, rss int64) {
		s.Must("MEMORY", "PURGE")
		return s.Counter("used_memory"), s.Counter("used_memory_rss")
	}
	each := func(n int, do func(pipe redis.Pipeliner, i int)) []redis.Cmder {
		var all []redis.Cmder
		for from := 0; from < n; from += 1000 {
			pipe := s.Pipeline()
			for i := from; i < min(n, from+1000); i++ {
				do(pipe, i)
			}
			got, err := pipe.Exec(ctx)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, got...)
		}
		return all
	}
	for _, c := range usageCases {
		s.Must("FLUSHALL")
		used, rss := memory()
		each(c.keys*c.calls, func(pipe redis.Pipeliner, i int) {
			text := fmt.Sprintf(c.head, i/c.calls)
			for e := range c.elements {
				if strings.Contains(c.element, "%") {
					text += " " + fmt.Sprintf(c.element+"%.0[1]s", "", i%c.calls*c.elements+e)
				} else {
					text += " " + c.element
				}
			}
			var args []any
			for _, w := range strings.Fields(text) {
				args = append(args, w)
			}
			pipe.Do(ctx, args...)
		})
		usedNow, rssNow := memory()
		var usage, sampled int64
		for i, cmd := range each(2*c.keys, func(pipe redis.Pipeliner, i int) {
			if i%2 == 0 {
				pipe.Do(ctx, "MEMORY", "USAGE", fmt.Sprint("k", i/2))
			} else {
				pipe.Do(ctx, "MEMORY", "USAGE", fmt.Sprint("k", i/2), "SAMPLES", []int{0, 1, 5, 100_000}[i/2%4])
			}
		}) {
			n, err := cmd.(*redis.Cmd).Int64()
			if err != nil {
				t.Fatal(err)
			}
			if i%2 == 0 {
				usage += n
			} else {
				sampled += n
			}
		}
		const page = 5 << 20 // memory comes in huge pages, a few of them ahead
		counted, real := float64(usage)/float64(usedNow-used), float64(usage)/float64(rssNow-rss)
		t.Logf("%-20s %5.1f MB, %.2f of used_memory, %.2f of what is resident", c.name, float64(usage)/1e6, counted, real)
		if usage != sampled {
			t.Errorf("%s: %d bytes, and with SAMPLES %d", c.name, usage, sampled)
		}
		if counted < 0.9 || counted > 1.4 || real > 1.4 || rssNow-rss > usage*3/2+page {
			t.Errorf("%s: MEMORY USAGE says %d bytes, used_memory grew by %d and resident memory by %d", c.name, usage, usedNow-used, rssNow-rss)
		}
	}
}

// MEMORY DOCTOR's findings, each made true. The figures behind them are tested with the command.
func TestMemoryDoctorFinds(t *testing.T) {
	says := func(s *rig.Server, want string) {
		t.Helper()
		rig.Until(t, 20*time.Second, func() error { // the peak is looked at ten times a second
			if got := fmt.Sprint(s.Must("MEMORY", "DOCTOR")); !strings.Contains(got, want) {
				return fmt.Errorf("want %q, got %q", want, got)
			}
			return nil
		})
	}
	s := rig.Start(t, rig.Ours, "A", rig.Config{"client-output-buffer-limit": "replica 0 0 0", "repl-backlog-size": "1mb"})
	says(s, "too little data")
	s.Must("DEBUG", "POPULATE", 400_000, "key", 150)
	says(s, "Nothing looks wrong")

	// Most keys go, here and there: what is left keeps nearly all of the memory.
	s.Must("EVAL", "for i = 0, 399999 do if i % 4 > 0 then redis.call('DEL', 'key:' .. i) end end return 1", 0)
	says(s, "Peak: more than 1.5 times")
	says(s, "Resident memory: the process has ")

	s.Must("SET", "value", strings.Repeat("v", 1<<20))
	w := s.Dial()
	for range 40 {
		w.Command("GET", "value") // and never reads
	}
	says(s, "Clients: their buffers take more than 200 KB each")
	w.Close()

	replica := rig.Start(t, rig.Ours, "replica", nil)
	replica.Follow(s.Port)
	replica.WaitLink()
	replica.Signal(syscall.SIGSTOP)
	for range 60 {
		s.Must("SET", "value", strings.Repeat("w", 1<<20))
	}
	says(s, "Replicas: their buffers take more than 10 MB")
	replica.Signal(syscall.SIGCONT)
}

// purged tells what is missing of a purge.
func purged(s *rig.Server, full int64) error {
	if n := s.Counter("lazyfree_pending_objects"); n != 0 {
		return fmt.Errorf("%d values are being freed", n)
	}
	if rss := s.Counter("used_memory_rss"); rss > full*3/4 {
		return fmt.Errorf("%d of %d bytes are resident", rss, full)
	}
	return nil
}
