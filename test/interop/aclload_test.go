package interop

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee: ACL LOAD ends the connections that Redis 7.0 ends: those of all users but the default one, whether their rules have changed or
// not, the caller's behind its reply. A file with a bad line ends none, and leaves all users as they were.
func TestACLLoadEndsTheSameClients(t *testing.T) {
	const before = "user default on nopass ~* &* +@all\nuser admin on nopass ~* &* +@all\nuser same on nopass ~* &* +@all\nuser changed on nopass ~* &* +@all\nuser removed on nopass ~* &* +@all\n"
	after := strings.NewReplacer("user changed on nopass ~*", "user changed on nopass ~x", "user removed on nopass ~* &* +@all\n", "", "user default on nopass ~*", "user default on nopass ~y").Replace(before)
	for name, tc := range map[string]struct{ text, reply, wants string }{
		"good": {after, "+OK", "default +PONG, same gone, changed gone, removed gone, admin gone"},
		"bad":  {after + "user x +nosuch\n", "-ERR FILE:5: Error in applying operation '+nosuch': ", "default +PONG, same +PONG, changed +PONG, removed +PONG, admin +PONG"},
	} {
		for _, kind := range []rig.Kind{rig.Ours, rig.Peer} {
			t.Run(name+" "+kind.String(), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				file := filepath.Join(dir, "users.acl")
				writeFile(t, file, before)
				s := rig.StartIn(t, kind, "A", dir, rig.Config{"aclfile": file})
				users := []string{"default", "same", "changed", "removed", "admin"}
				wires := map[string]*rig.Wire{}
				for _, u := range users {
					w := s.Dial()
					w.Command("AUTH", u, "x")
					if line := w.Line(); line != "+OK" {
						t.Fatalf("AUTH %s: %s", u, line)
					}
					wires[u] = w
				}
				list := fmt.Sprint(s.Must("ACL", "LIST"))
				writeFile(t, file, tc.text)
				wires["admin"].Command("ACL", "LOAD")
				if line := strings.ReplaceAll(wires["admin"].Line(), file, "FILE"); !strings.HasPrefix(line, tc.reply) {
					t.Errorf("ACL LOAD: %s", line)
				}
				var got []string
				for _, u := range users {
					wires[u].Offer(rig.Encode("PING"))
					line, ok := wires[u].LineOrEnd()
					if !ok {
						line = "gone"
					}
					got = append(got, u+" "+line)
				}
				if got := strings.Join(got, ", "); got != tc.wants {
					t.Errorf("got  %s\nwant %s", got, tc.wants)
				}
				if now := fmt.Sprint(s.Must("ACL", "LIST")); name == "bad" && now != list {
					t.Errorf("users were %s and are %s", list, now)
				}
			})
		}
	}
}
