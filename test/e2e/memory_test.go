package e2e

import (
	"context"
	"fmt"
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
