package lists

import (
	"slices"
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// sadd makes a key of another type.
func sadd(c *command.Ctx) {
	c.DB.LoadBytes(c.Key(), store.KindSetInts, []byte("\x02\x00\x00\x00\x01\x00\x00\x00\x01\x00"), store.Attributes{})
	c.Reply.Int(1)
	c.Dirty++
	c.Notify(command.NotifySet, "sadd", c.Key())
}

var sets = []*command.Spec{{Name: "sadd", Arity: 3, Run: sadd}}

func TestTranscripts(t *testing.T) {
	for _, path := range []string{"testdata/basics.txt", "testdata/edit.txt", "testdata/move.txt"} {
		commandtest.Replay(t, path, Commands(), sets)
	}
}

func TestBlocking(t *testing.T) {
	s := commandtest.New(Commands())
	for _, c := range []struct {
		args     []string
		keys     int
		deadline int64
		nil      command.NilReply
	}{
		{[]string{"BLPOP", "a", "b", "0"}, 2, 0, command.NilArray},
		{[]string{"BRPOP", "a", "0.25"}, 1, s.Ctx.Now + 250, command.NilArray},
		{[]string{"BLMPOP", "2", "2", "a", "b", "LEFT"}, 2, s.Ctx.Now + 2000, command.NilArray},
		{[]string{"BLMOVE", "a", "b", "LEFT", "LEFT", "0"}, 1, 0, command.NilBulk},
		{[]string{"BRPOPLPUSH", "a", "b", "0.001"}, 1, s.Ctx.Now + 1, command.NilBulk},
	} {
		s.Ctx.DenyBlocking = false
		res := s.Do(c.args...)
		if b := res.Blocked; b == nil || len(b.Keys) != c.keys || b.Deadline != c.deadline || b.OnExpiry != c.nil || res.Reply != "" {
			t.Errorf("%v: blocked %+v, reply %q", c.args, res.Blocked, res.Reply)
		}
		s.Ctx.DenyBlocking = true // in MULTI
		want := "*-1\r\n"
		if c.nil == command.NilBulk {
			want = "$-1\r\n"
		}
		if res := s.Do(c.args...); res.Blocked != nil || res.Reply != want {
			t.Errorf("%v in MULTI: %+v", c.args, res)
		}
	}
}

// TestServedAfterPush: run again after a push, a parked command finds its element and is propagated as what it then is.
func TestServedAfterPush(t *testing.T) {
	s := commandtest.New(Commands())
	s.Do("RPUSH", "b", "v1", "v2", "v3")
	for _, c := range []struct {
		args   []string
		effect string
	}{
		{[]string{"BLPOP", "a", "b", "0"}, `"LPOP" "b"`},
		{[]string{"BLMOVE", "b", "c", "LEFT", "RIGHT", "0"}, `"LMOVE" "b" "c" "LEFT" "RIGHT"`},
		{[]string{"BLMPOP", "0", "1", "b", "RIGHT", "COUNT", "9"}, `"RPOP" "b" "1"`},
	} {
		if res := s.Do(c.args...); !slices.Equal(res.Effects, []string{c.effect}) {
			t.Errorf("%v: effects %v, want %s", c.args, res.Effects, c.effect)
		}
	}
}
