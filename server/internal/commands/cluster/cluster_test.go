package cluster

import (
	"testing"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
)

// Whatever a client asks about the cluster, it learns that there is none.
func TestEveryCommandSaysThatClusterModeIsOff(t *testing.T) {
	var all []*command.Spec
	for _, s := range Commands() {
		all = append(append(all, s.Subs...), s)
	}
	for _, s := range all {
		if s.Subs != nil {
			continue
		}
		c := &command.Ctx{Reply: &resp.Writer{Proto: 2}}
		if s.Run(c); string(c.Reply.Buf) != "-"+errDisabled+"\r\n" {
			t.Errorf("%s: %q", s.Name, c.Reply.Buf)
		}
	}
}
