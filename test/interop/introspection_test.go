package interop

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee: commands that look into the server refuse what redis-server refuses, in its words, and take what it takes.
func TestIntrospectionAnswersAsRedis(t *testing.T) {
	ours, peer := rig.Start(t, rig.Ours, "A", nil), rig.Start(t, rig.Peer, "B", nil)
	a, b := connect(t, ours, 2), connect(t, peer, 2)
	for _, line := range strings.Split(strings.TrimSpace(introspection), "\n") {
		args := []any{}
		for _, w := range strings.Fields(line) {
			args = append(args, w)
		}
		if ra, rb := answer(a, args), answer(b, args); ra != rb {
			t.Errorf("%s\n  ours  %s\n  redis %s", line, ra, rb)
		}
	}
}

const introspection = `
SET s abc
RPUSH l a b c
CONFIG SET maxmemory 1 appendfsync
CONFIG SET maxmemory 100mb appendfsync foo
CONFIG GET maxmemory
CONFIG SET timeout 6 TIMEOUT 7
CONFIG SET DATABASES 5
CONFIG SET DBFILENAME x
CONFIG SET TIMEOUT x
CONFIG SET proc-title-template {title}
CONFIG SET proc-title-template {unixsocket}{server-mode}
CONFIG SET proc-title-template {foo}
CONFIG SET proc-title-template {port
CONFIG SET proc-title-template {{port}}
CONFIG SET proc-title-template {{
CONFIG SET proc-title-template {config-file}
CONFIG SET proc-title-template {tls-port}x}
CONFIG SET cluster-link-sendbuf-limit 9223372036854775807
SLOWLOG GET -2
COMMAND GETKEYSANDFLAGS SPUBLISH a b
COMMAND GETKEYS SSUBSCRIBE a b
COMMAND GETKEYSANDFLAGS SORT a STORE b
DEBUG
DEBUG FOO
DEBUG JMAP
DEBUG POPULATE
DEBUG POPULATE x
DEBUG POPULATE 1 p -1
DEBUG LEAK x
DEBUG CLIENT-EVICTION
DEBUG REPLYBUFFER RESIZING
DEBUG REPLYBUFFER RESIZING 1
DEBUG REPLYBUFFER FOO 1
DEBUG REPLYBUFFER PEAK-RESET-TIME x
DEBUG REPLYBUFFER PEAK-RESET-TIME NEVER
DEBUG REPLYBUFFER PEAK-RESET-TIME RESET
DEBUG DROP-CLUSTER-PACKET-FILTER x
DEBUG DROP-CLUSTER-PACKET-FILTER 1
DEBUG CLUSTERLINK KILL TO x
DEBUG CLUSTERLINK FOO
DEBUG STRINGMATCH-LEN 10 a
DEBUG STRINGMATCH-TEST x
DEBUG QUICKLIST-PACKED-THRESHOLD 4gb
DEBUG QUICKLIST-PACKED-THRESHOLD -1
DEBUG QUICKLIST-PACKED-THRESHOLD 1xb
DEBUG QUICKLIST-PACKED-THRESHOLD 0
DEBUG QUICKLIST l 1
DEBUG QUICKLIST l 1 2
DEBUG HTSTATS x
DEBUG HTSTATS 16
DEBUG SDSLEN l
DEBUG SDSLEN nokey
DEBUG SLEEP x
DEBUG SLEEP -1
DEBUG LOG
DEBUG PROTOCOL foo
DEBUG CONFIG-REWRITE-FORCE-ALL x
DEBUG SET-ACTIVE-EXPIRE x
DEBUG SET-ACTIVE-EXPIRE 1
`

// Guarantee: HELP of each container names the subcommands that redis-server's names. The allocator's are not there: it is Go's and ours.
func TestHelpNamesTheSubcommandsOfRedis(t *testing.T) {
	ours, peer := rig.Start(t, rig.Ours, "A", nil), rig.Start(t, rig.Peer, "B", nil)
	names := func(s *rig.Server, container string) (out []string) {
		list, _ := connect(t, s, 2).Do(t.Context(), container, "HELP").StringSlice()
		for _, line := range list { // none of CLUSTER, which is off
			if name, _, _ := strings.Cut(line, " "); name != "" && !strings.HasPrefix(name, "MALLCTL") && name != "NO-TOUCH" {
				out = append(out, name)
			}
		}
		slices.Sort(out)
		return out
	}
	for _, c := range []string{"ACL", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "DEBUG", "FUNCTION", "LATENCY", "MEMORY", "MODULE", "OBJECT", "PUBSUB", "SCRIPT", "SLOWLOG", "XGROUP", "XINFO"} {
		if a, b := names(ours, c), names(peer, c); fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%s HELP\n  ours  %v\n  redis %v", c, a, b)
		}
	}
}
