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
		// Redis walks its table of commands, whose seed is new at each start, so those of a section come in any order.
		for _, prefix := range []string{"cmdstat_", "latency_percentiles_usec_"} {
			of := func(name string) bool { return strings.HasPrefix(name, prefix) }
			if first := slices.IndexFunc(out, of); first >= 0 {
				section := out[first:]
				for n, name := range section {
					if !of(name) {
						section = section[:n]
						break
					}
				}
				slices.Sort(section)
			}
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

// Guarantee: LATENCY HISTOGRAM names its bars as Redis does.
func TestHistogramHasTheBarsOfRedis(t *testing.T) {
	names := []int64{1, 2, 4, 8, 16, 33, 66, 132, 264, 528, 1056, 2113, 4227, 8454, 16908, 33816, 67633, 135266, 270532, 541065, 1082130}
	for _, side := range []rig.Kind{rig.Ours, rig.Peer} {
		c := connect(t, rig.Start(t, side, "A", nil), 2)
		c.Do(t.Context(), "DEBUG", "SLEEP", "0.05") // 67633, or more on a busy machine: beyond 16 the name differs from the power of two
		reply, err := c.Do(t.Context(), "LATENCY", "HISTOGRAM", "DEBUG").Slice()
		if err != nil || len(reply) != 2 {
			t.Fatalf("%v: %v, %v", side, reply, err)
		}
		bars := reply[1].([]any)[3].([]any)
		for i := 0; i < len(bars); i += 2 {
			if us := bars[i].(int64); us < 66 || !slices.Contains(names, us) {
				t.Errorf("%v: a bar at %d", side, us)
			}
		}
	}
}
