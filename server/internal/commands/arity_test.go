package commands_test

import (
	"testing"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
)

// Subcommands that count their arguments themselves refuse too many with the words of redis-server 7.0.15.
func TestTooManyArguments(t *testing.T) {
	table := newTable()
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"SLOWLOG", "GET", "1", "2"}, "unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP."},
		{[]string{"CLIENT", "PAUSE", "1", "WRITE", "x"}, "unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP."},
		{[]string{"PUBSUB", "CHANNELS", "a", "b"}, "unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP."},
		{[]string{"FUNCTION", "FLUSH", "SYNC", "x"}, "unknown subcommand or wrong number of arguments for 'FLUSH'. Try FUNCTION HELP."},
		{[]string{"ACL", "genpass", "1", "2"}, "unknown subcommand or wrong number of arguments for 'genpass'. Try ACL HELP."},
		{[]string{"CONFIG", "SET", "a", "b", "c"}, "syntax error"},
	} {
		c := &command.Ctx{Reply: &resp.Writer{}}
		for _, a := range tc.args {
			c.Args = append(c.Args, []byte(a))
		}
		c.Spec = table.Lookup(c.Args[0]).Sub(c.Args[1])
		c.Spec.Run(c)
		if got, want := string(c.Reply.Buf), "-ERR "+tc.want+"\r\n"; got != want {
			t.Errorf("%q: %q, want %q", tc.args, got, want)
		}
	}
}
