package zsets

import (
	"fmt"
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
)

// call returns a function that runs one command on a prepared server without commandtest's own allocations.
func call(s *commandtest.Server, args ...string) func() {
	table := command.NewTable(Commands())
	raw := make([][]byte, len(args))
	for i, a := range args {
		raw[i] = []byte(a)
	}
	spec := table.Lookup(raw[0])
	c := &s.Ctx
	return func() {
		c.Args, c.Spec = raw, spec
		c.Reply.Buf = c.Reply.Buf[:0]
		c.Begin()
		spec.Run(c)
	}
}

// silent drops events: recording them allocates.
type silent struct{}

func (silent) Modified(int, []byte)                            {}
func (silent) Ready(int, []byte)                               {}
func (silent) Notify(command.NotifyClass, string, int, []byte) {}
func (silent) Block(command.Block)                             {}
func (silent) ReadsEveryKey() bool                             { return true }

var hot = [][]string{
	{"ZADD", "z", "7", "m3"},
	{"ZADD", "z", "CH", "7", "m3", "9.5", "m4"},
	{"ZINCRBY", "z", "1", "m5"},
	{"ZSCORE", "z", "m5"},
	{"ZRANK", "z", "m5"},
	{"ZCARD", "z"},
	{"ZCOUNT", "z", "3", "(9"},
	{"ZRANGE", "z", "0", "9"},
	{"ZREVRANGE", "z", "0", "9", "WITHSCORES"},
	{"ZRANGEBYSCORE", "z", "3", "5", "LIMIT", "0", "5"},
	{"ZRANDMEMBER", "z"},
}

func prepared(size int) *commandtest.Server {
	s := commandtest.New(Commands())
	for i := range size {
		s.Do("ZADD", "z", fmt.Sprint(i), fmt.Sprint("m", i))
	}
	s.Ctx.Hooks = silent{}
	return s
}

func TestHotCommandsAllocateNothing(t *testing.T) {
	for _, size := range []int{20, 5000} {
		s := prepared(size)
		for _, args := range hot {
			run := call(s, args...)
			if n := testing.AllocsPerRun(200, run); n != 0 {
				t.Errorf("%d members: %v allocates %v times", size, args, n)
			}
		}
	}
}

func BenchmarkCommands(b *testing.B) {
	for _, size := range []int{20, 100, 100000} {
		s := prepared(size)
		for _, args := range hot {
			run := call(s, args...)
			b.Run(fmt.Sprint(size, "/", args), func(b *testing.B) {
				for b.Loop() {
					run()
				}
			})
		}
	}
}
