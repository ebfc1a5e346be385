package strings

import (
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// others are the commands of other families that the transcripts need.
var others = []*command.Spec{
	{Name: "rpush", Arity: 3, Run: func(c *command.Ctx) {
		c.DB.LoadBytes(c.Key(), store.KindListPacked, []byte{}, store.Attributes{})
		c.Reply.Int(1)
		c.Dirty++
		c.Notify(command.NotifyList, "rpush", c.Key())
	}},
	{Name: "del", Arity: 2, Run: func(c *command.Ctx) {
		c.DB.Delete(c.Key())
		c.Reply.Int(1)
		c.Dirty++
		c.Notify(command.NotifyGeneric, "del", c.Key())
	}},
	{Name: "exists", Arity: 2, Run: func(c *command.Ctx) { c.Reply.Int(0) }},
}

func TestTranscripts(t *testing.T) {
	for _, path := range []string{"testdata/basics.txt", "testdata/numbers.txt", "testdata/parts.txt"} {
		commandtest.Replay(t, path, Commands(), others)
	}
}
