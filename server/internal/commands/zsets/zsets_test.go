package zsets

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
)

// The families that make keys of other types, in the little that the transcripts need.
var others = []*command.Spec{
	{Name: "sadd", Arity: -3, Run: func(c *command.Ctx) {
		s, _, err := c.DB.WriteSet(c.Key(), c.Now)
		if err != nil {
			c.Fail(err.Error())
			return
		}
		n := int64(0)
		for _, m := range c.Args[2:] {
			if s.Add(m) {
				n++
			}
		}
		c.Reply.Int(n)
		if n == 0 {
			return
		}
		c.Dirty += n
		c.Changed(command.NotifySet, "sadd", c.Key())
	}},
	{Name: "rpush", Arity: -3, Run: func(c *command.Ctx) {
		l, _, _ := c.DB.WriteList(c.Key(), c.Now)
		l.Push(1, c.Args[2:]...)
		c.Reply.Int(int64(l.Len()))
		c.Dirty++
		c.Changed(command.NotifyList, "rpush", c.Key())
	}},
	{Name: "del", Arity: 2, Run: func(c *command.Ctx) {
		if !c.DB.Delete(c.Key()) {
			c.Reply.Int(0)
			return
		}
		c.Reply.Int(1)
		c.Dirty++
		c.Changed(command.NotifyGeneric, "del", c.Key())
	}},
}

func TestTranscripts(t *testing.T) {
	paths, _ := filepath.Glob("testdata/*.txt")
	if len(paths) == 0 {
		t.Fatal("no transcripts")
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) { commandtest.Replay(t, path, Commands(), others) })
	}
}

func TestBlocking(t *testing.T) {
	s := commandtest.New(Commands())
	for _, c := range []struct {
		args     []string
		keys     int
		deadline int64
	}{
		{[]string{"BZPOPMIN", "a", "b", "0"}, 2, 0},
		{[]string{"BZPOPMAX", "a", "0.25"}, 1, s.Ctx.Now + 250},
		{[]string{"BZMPOP", "2", "2", "a", "b", "MIN"}, 2, s.Ctx.Now + 2000},
	} {
		s.Ctx.DenyBlocking = false
		res := s.Do(c.args...)
		if b := res.Blocked; b == nil || len(b.Keys) != c.keys || b.Deadline != c.deadline || b.OnExpiry != command.NilArray || res.Reply != "" {
			t.Errorf("%v: blocked %+v, reply %q", c.args, res.Blocked, res.Reply)
		}
		s.Ctx.DenyBlocking = true // in MULTI
		if res := s.Do(c.args...); res.Blocked != nil || res.Reply != "*-1\r\n" {
			t.Errorf("%v in MULTI: %+v", c.args, res)
		}
	}
}

// members reads the bulk strings of a flat reply.
func members(reply string) (out []string) {
	for i, line := range strings.Split(reply, "\r\n") {
		if i > 0 && i%2 == 0 {
			out = append(out, line)
		}
	}
	return out
}

func TestRandomMembersOfManyAreDistinctAndAllCome(t *testing.T) {
	for _, size := range []int{50, 300} { // listpack, skiplist
		s := commandtest.New(Commands())
		for i := range size {
			s.Do("ZADD", "z", fmt.Sprint(i%7), fmt.Sprint("m", i))
		}
		seen := map[string]bool{}
		for _, n := range []int{1, 3, size / 2, size - 1} {
			for range 40 {
				got := members(s.Do("ZRANDMEMBER", "z", fmt.Sprint(n)).Reply)
				if len(got) != n {
					t.Fatalf("ZRANDMEMBER %d gave %d members", n, len(got))
				}
				for _, m := range got {
					seen[m] = true
				}
				slices.Sort(got)
				if len(slices.Compact(got)) != n {
					t.Fatalf("ZRANDMEMBER %d gave a member twice", n)
				}
			}
		}
		if len(seen) != size {
			t.Errorf("%d of %d members came in 160 calls", len(seen), size)
		}
		repeated := members(s.Do("ZRANDMEMBER", "z", fmt.Sprint(-10*size)).Reply)
		if len(repeated) != 10*size {
			t.Errorf("ZRANDMEMBER %d gave %d members", -10*size, len(repeated))
		}
	}
}

func TestScanVisitsAllMembersOfALargeSet(t *testing.T) {
	s := commandtest.New(Commands())
	for i := range 2000 {
		s.Do("ZADD", "z", fmt.Sprint(i), fmt.Sprint("m", i))
	}
	seen := map[string]string{}
	for cursor, calls := "0", 0; ; calls++ {
		reply := strings.Split(s.Do("ZSCAN", "z", cursor, "COUNT", "50").Reply, "\r\n")
		cursor = reply[2]
		for i := 5; i+2 < len(reply); i += 4 {
			seen[reply[i]] = reply[i+2]
		}
		if cursor == "0" || calls > 2000 {
			if calls < 10 {
				t.Errorf("the scan took %d calls only", calls)
			}
			break
		}
	}
	if len(seen) != 2000 || seen["m1234"] != "1234" {
		t.Errorf("%d members were seen, m1234 with %q", len(seen), seen["m1234"])
	}
}
