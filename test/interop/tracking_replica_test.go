package interop

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee: clients that cache what they read from a replica hear of the same keys as those of a redis-server which follows the same
// master: whatever the stream is made of.
func TestSameInvalidationsOnReplicas(t *testing.T) {
	master := rig.Start(t, rig.Peer, "master", nil)
	master.Must("DEBUG", "SET-ACTIVE-EXPIRE", "0") // when a key is found expired is chance
	write := dialRaw(t, master)
	modes := [][]string{nil, {"NOLOOP"}, {"BCAST"}, {"BCAST", "PREFIX", "S", "PREFIX", "L1"}, {"OPTOUT"}}
	var ears [2]*rawConn
	var cachers [2][]*rawConn
	for i, kind := range []rig.Kind{rig.Ours, rig.Peer} {
		replica := rig.Start(t, kind, fmt.Sprint("replica", i), nil)
		replica.Follow(master.Port)
		replica.WaitLink()
		ears[i] = dialRaw(t, replica)
		ears[i].do("SUBSCRIBE", "end")
		for _, options := range modes {
			c := dialRaw(t, replica)
			c.do("HELLO", "3")
			c.do(append([]string{"CLIENT", "TRACKING", "ON"}, options...)...)
			cachers[i] = append(cachers[i], c)
		}
	}
	rnd := rand.New(rand.NewPCG(3, 3))
	g := &cacheGame{t: t, rnd: rnd}
	reads := strings.FieldsFunc(cacheReads, split)
	for n := 0; n < 250 && !t.Failed(); n++ {
		var read [][]string
		for range modes {
			read = append(read, eventCall(rnd, reads[rnd.IntN(len(reads))]))
		}
		calls := g.ordinary(false)
		var came [2]string
		for i := range ears {
			for j, c := range cachers[i] {
				c.say(read[j])
				came[i] += c.invalidated(1)
			}
		}
		write.say(append(calls, []string{"PUBLISH", "end", ""})...)
		write.invalidated(len(calls) + 1)
		for i := range ears {
			_ = ears[i].c.SetDeadline(time.Now().Add(timeout))
			ears[i].told()
			for _, c := range cachers[i] {
				c.say([]string{"PING"})
				came[i] += "\n    " + c.invalidated(1)
			}
		}
		if came[0] != came[1] {
			t.Errorf("%q\n%q\n  ours  %s\n  redis %s", read, calls, came[0], came[1])
		}
	}
}

// say writes calls at once.
func (c *rawConn) say(calls ...[]string) {
	var out []byte
	for _, call := range calls {
		out = resp.AppendCommand(out, call...)
	}
	_ = c.c.SetDeadline(time.Now().Add(timeout))
	if _, err := c.c.Write(out); err != nil {
		c.t.Fatal(err)
	}
}

// invalidated returns the keys, each once, of the pushes that come until so many replies are there.
func (c *rawConn) invalidated(replies int) string {
	var keys []string
	for replies > 0 {
		v, err := c.r.Read()
		if err != nil {
			c.t.Fatal(err)
		}
		switch {
		case v.Kind != resp.KindPush:
			replies--
		case v.Elems[1].IsNull():
			keys = append(keys, "all")
		default:
			for _, key := range v.Elems[1].Elems {
				keys = append(keys, string(key.Text))
			}
		}
	}
	slices.Sort(keys)
	return strings.Join(slices.Compact(keys), " ")
}
