package interop

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee: INFO has every field of redis-server's, in its order, so that what reads it needs no change. Ours stand between.
func TestInfoHasTheFieldsOfRedis(t *testing.T) {
	ours, peer := rig.Start(t, rig.Ours, "A", nil), rig.Start(t, rig.Peer, "B", nil)
	names := func(s *rig.Server) (out []string) {
		c := connect(t, s, 2)
		c.Do(t.Context(), "CONFIG", "RESETSTAT") // the commands of the rig
		for _, args := range [][]any{{"SET", "k", "v", "EX", 100}, {"GET"}} {
			c.Do(t.Context(), args...)
		}
		text, err := c.Do(t.Context(), "INFO", "everything").Text()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(text) {
			name, _, _ := strings.Cut(strings.TrimSpace(line), ":")
			out = append(out, name)
		}
		return out
	}
	a, b := names(ours), names(peer)
	from := 0
	for _, name := range b {
		at := slices.Index(a[from:], name)
		if at < 0 {
			t.Errorf("%q is missing, or stands before what it follows in Redis", name)
			continue
		}
		from += at + 1
	}
}

// Guarantee: INFO counts the reads and writes of sockets as Redis does: at least one of each for a command that waits for its reply, and
// no more for a pipeline of small commands than for one; CONFIG RESETSTAT begins again.
func TestInfoCountsReadsAndWrites(t *testing.T) {
	for _, side := range []rig.Kind{rig.Ours, rig.Peer} {
		s := rig.Start(t, side, "A", nil)
		c := connect(t, s, 2)
		count := func(field string) int {
			text, _ := c.Do(t.Context(), "INFO", "stats").Text()
			_, rest, _ := strings.Cut(text, field+":")
			digits, _, _ := strings.Cut(rest, "\r")
			n, err := strconv.Atoi(digits)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		for _, field := range []string{"total_reads_processed", "total_writes_processed"} {
			before := count(field)
			for range 100 {
				c.Do(t.Context(), "PING")
			}
			if n := count(field) - before; n < 101 || n > 120 {
				t.Errorf("%v: %s went up by %d with 101 commands", side, field, n)
			}
			pipe := c.Pipeline()
			for range 100 {
				pipe.Do(t.Context(), "PING")
			}
			before = count(field)
			_, _ = pipe.Exec(t.Context())
			if n := count(field) - before; n > 20 {
				t.Errorf("%v: %s went up by %d with a pipeline", side, field, n)
			}
			c.Do(t.Context(), "CONFIG", "RESETSTAT")
			if n := count(field); n > 20 {
				t.Errorf("%v: %s is %d after CONFIG RESETSTAT", side, field, n)
			}
		}
	}
}
