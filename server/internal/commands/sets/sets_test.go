package sets

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// lpush makes a key of another type.
func lpush(c *command.Ctx) {
	l, _, _ := c.DB.WriteList(c.Key(), c.Now)
	l.Push(store.Head, c.Args[2])
	c.Reply.Int(1)
	c.Dirty++
	c.Notify(command.NotifyList, "lpush", c.Key())
}

var lists = []*command.Spec{{Name: "lpush", Arity: 3, Run: lpush}}

func TestTranscripts(t *testing.T) {
	for _, path := range []string{"testdata/basics.txt", "testdata/large.txt"} {
		commandtest.Replay(t, path, Commands(), lists)
	}
}

func fill(s *commandtest.Server, key, format string, n int) {
	for i := range n {
		s.Do("SADD", key, fmt.Sprintf(format, i))
	}
}

func TestEncodingThresholds(t *testing.T) {
	s := commandtest.New(Commands())
	kind := func() string { return s.Ctx.DB.Kind([]byte("s"), s.Ctx.Now).Encoding() }
	fill(s, "s", "%d", 512)
	if kind() != "intset" {
		t.Errorf("512 integers are %s", kind())
	}
	s.Do("SADD", "s", "511")
	s.Do("SADD", "s", "512")
	if kind() != "hashtable" {
		t.Errorf("513 integers are %s", kind())
	}
	s.Do("SUNIONSTORE", "s", "s", "s")
	if kind() != "hashtable" {
		t.Errorf("stored union of 513 integers is %s", kind())
	}
	s.Do("SPOP", "s", "400")
	if kind() != "hashtable" {
		t.Errorf("113 integers of 513 are %s", kind())
	}
	s.Do("SPOP", "s", "100")
	if kind() != "intset" {
		t.Errorf("13 integers of 113 are %s, and not a set of their own", kind())
	}
	if got := string(s.Do("SCARD", "s").Reply); got != ":13\r\n" {
		t.Errorf("of 13 integers are left %q", got)
	}
}

// TestPopSomeNamesWhatItRemoved: the propagated SREMs are the members that the client got, and the rest is still there.
func TestPopSomeNamesWhatItRemoved(t *testing.T) {
	for _, format := range []string{"%d", "m%d"} {
		s := commandtest.New(Commands())
		fill(s, "s", format, 300)
		res := s.Do("SPOP", "s", "250")
		got := res.Values()
		for i, m := range got {
			if want := fmt.Sprintf("%q %q %q", "SREM", "s", m); res.Effects[i] != want {
				t.Fatalf("effect %d is %s, want %s", i, res.Effects[i], want)
			}
		}
		all := append(got, s.Do("SMEMBERS", "s").Values()...)
		slices.Sort(all)
		if len(slices.Compact(all)) != 300 {
			t.Errorf("%s: popped and left members are %d, want 300", format, len(all))
		}
	}
}

func TestRandomMembersAreFair(t *testing.T) {
	for _, c := range []struct {
		format string
		n      int
	}{{"%d", 20}, {"m%d", 20}, {"m%d", 200}} {
		s := commandtest.New(Commands())
		fill(s, "s", c.format, c.n)
		for _, count := range []string{"-1", "1", "2", "15"} {
			seen := map[string]int{}
			for total := 0; total < 100*c.n; {
				got := s.Do("SRANDMEMBER", "s", count).Values()
				total += len(got)
				for _, m := range got {
					seen[m]++
				}
				if slices.Sort(got); count[0] != '-' && len(slices.Compact(got)) != len(got) {
					t.Fatalf("%s came twice", got)
				}
			}
			for m, k := range seen {
				if k < 40 || k > 200 {
					t.Errorf("%s of %d, count %s: %s came %d times of about 100", c.format, c.n, count, m, k)
				}
			}
			if len(seen) != c.n {
				t.Errorf("%s of %d, count %s: %d came", c.format, c.n, count, len(seen))
			}
		}
	}
}

// TestAlgebra compares SINTER, SUNION and SDIFF of many sets of mixed encodings and sizes with a model, stored and not.
func TestAlgebra(t *testing.T) {
	s := commandtest.New(Commands())
	model := map[string]map[string]bool{}
	for i := range 7 {
		key := fmt.Sprint("s", i)
		model[key] = map[string]bool{}
		for j := range 10 + 90*i {
			m := fmt.Sprint((j*7 + i*13) % (150 + 100*i))
			if i%3 == 1 && j%5 == 0 {
				m = "m" + m
			}
			s.Do("SADD", key, m)
			model[key][m] = true
		}
	}
	for _, keys := range [][]string{{"s0", "s1"}, {"s6", "s5"}, {"s6", "s0", "s1", "s2"}, {"s1", "s6", "s5", "s4", "s3", "s2"}, {"s4", "s1", "s4"}, {"s6", "s6"}, {"s5", "nokey", "s1", "s2", "s3", "s0"}} {
		for name, want := range expect(model, keys) {
			slices.Sort(want)
			got := s.Do(append([]string{name}, keys...)...).Values()
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s %v: %d members, want %d", name, keys, len(got), len(want))
			}
			s.Do(append([]string{name + "STORE", "d"}, keys...)...)
			got = s.Do("SMEMBERS", "d").Values()
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%sSTORE %v: %d members, want %d", name, keys, len(got), len(want))
			}
		}
	}
}

func expect(model map[string]map[string]bool, keys []string) map[string][]string {
	out := map[string][]string{"SINTER": nil, "SUNION": nil, "SDIFF": nil}
	all := map[string]int{}
	for _, k := range slices.Compact(slices.Sorted(slices.Values(keys))) {
		for m := range model[k] {
			all[m]++
		}
	}
	distinct := len(slices.Compact(slices.Sorted(slices.Values(keys))))
	for m, n := range all {
		out["SUNION"] = append(out["SUNION"], m)
		if n == distinct {
			out["SINTER"] = append(out["SINTER"], m)
		}
		inOthers := false
		for _, k := range keys[1:] {
			inOthers = inOthers || model[k][m]
		}
		if model[keys[0]][m] && !inOthers {
			out["SDIFF"] = append(out["SDIFF"], m)
		}
	}
	return out
}

func TestScanVisitsAll(t *testing.T) {
	s := commandtest.New(Commands())
	fill(s, "s", "member%d", 3000)
	seen := map[string]bool{}
	cursor, calls := "0", 0
	for calls == 0 || cursor != "0" {
		parts := s.Do("SSCAN", "s", cursor, "COUNT", "50").Values()
		cursor = parts[0]
		for _, m := range parts[1:] {
			if !strings.HasPrefix(m, "member") {
				t.Fatalf("%q is no member", m)
			}
			seen[m] = true
		}
		calls++
	}
	if len(seen) != 3000 || calls < 20 {
		t.Errorf("%d members in %d calls", len(seen), calls)
	}
}
