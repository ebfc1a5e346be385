package diff

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/test/rig"
)

var (
	seedFlag = flag.Uint64("seed", 0, "the run to repeat; 0: two fixed ones and, with -for, a fresh one")
	timeFlag = flag.Duration("for", 0, "how long each run lasts; 0: as many calls as the fixed ones are known to agree in")
)

// conversation is a connection of which the bytes of every reply are kept.
type conversation struct {
	net.Conn
	r   *resp.Reader
	raw bytes.Buffer
}

func dial(t *testing.T, s *rig.Server, proto int) *conversation {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	v := &conversation{Conn: c}
	v.r = resp.NewReader(io.TeeReader(c, &v.raw))
	v.ask(t, "HELLO", strconv.Itoa(proto))
	return v
}

// ask sends a call and returns its reply, parsed and as it was sent.
func (c *conversation) ask(t *testing.T, args ...string) (resp.Value, string) {
	t.Helper()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	c.raw.Reset()
	if _, err := c.Write(resp.AppendCommand(nil, args...)); err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	v, err := c.r.Read()
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return v, c.raw.String()
}

// Guarantee: whatever is said, valid or slightly wrong, alone, in a transaction or by a script, our server answers what redis-server
// answers, and ends with the same data.
func TestDiff(t *testing.T) {
	seeds := []uint64{1, 2}
	switch {
	case *seedFlag != 0:
		seeds = []uint64{*seedFlag}
	case *timeFlag > 0:
		seeds = append(seeds, uint64(time.Now().UnixNano()))
	}
	for _, seed := range seeds {
		for _, proto := range []int{2, 3} {
			t.Run(fmt.Sprintf("seed=%d/RESP%d", seed, proto), func(t *testing.T) {
				t.Logf("repeat: make diff SEED=%d", seed)
				run(t, seed, proto)
			})
		}
	}
}

// fixedCalls is how many calls a run makes that is not given a time.
const fixedCalls = 4000

func run(t *testing.T, seed uint64, proto int) {
	config := rig.Config{"hash-max-listpack-entries": "8", "zset-max-listpack-entries": "8", "list-max-listpack-size": "6", "set-max-intset-entries": "8", "stream-node-max-entries": "5", "proto-max-bulk-len": "1mb"}
	ours, peer := rig.Start(t, rig.Ours, "A", config), rig.Start(t, rig.Peer, "B", config)
	docs, _ := dial(t, peer, 3).ask(t, "COMMAND", "DOCS")
	grammar := slices.DeleteFunc(commands(&docs), func(c command) bool { return left(&c) })
	a, b := dial(t, ours, proto), dial(t, peer, proto)
	g := &generator{Rand: rand.New(rand.NewPCG(seed, uint64(proto)))}
	made := map[string]int{}
	start := time.Now()
	wrong, count := 0, 0
	for ; wrong < 10 && (*timeFlag == 0 && count < fixedCalls || time.Since(start) < *timeFlag); count++ {
		c := &grammar[g.IntN(len(grammar))]
		if strings.HasPrefix(c.name(), "flush") && g.IntN(20) != 0 {
			continue
		}
		made[c.name()]++
		if !same(t, a, b, g, c) {
			wrong++
		}
		if count%500 == 0 && !sameData(t, a, b) {
			t.Fatalf("the data differ after %d calls:\n%s", count, rig.Difference(ours, peer))
		}
	}
	if wrong == 0 && !sameData(t, a, b) {
		t.Errorf("the data differ at the end:\n%s", rig.Difference(ours, peer))
	}
	t.Logf("%d calls of %d commands", count, len(made))
	if count > 50*len(grammar) && len(made) != len(grammar) {
		t.Errorf("only %d of %d commands were made", len(made), len(grammar))
	}
}

// same makes a call on both servers: alone, in a transaction, or by a script.
func same(t *testing.T, a, b *conversation, g *generator, c *command) bool {
	t.Helper()
	call := g.call(c)
	wrapped := [][]string{call}
	switch g.IntN(12) {
	case 0:
		wrapped = [][]string{{"MULTI"}, call, g.call(c), {"EXEC"}}
	case 1:
		script := []string{"EVAL", "return redis.pcall(unpack(ARGV))", "0"}
		wrapped = [][]string{append(script, call...)}
	}
	ok := true
	for _, args := range wrapped {
		va, ra := a.ask(t, args...)
		vb, rb := b.ask(t, args...)
		if ra == rb || known(call, ra, rb) || unordered(call[0]) && sorted(&va) == sorted(&vb) {
			continue
		}
		t.Errorf("%q\n  ours  %.300q\n  redis %.300q", args, ra, rb)
		ok = false
	}
	return ok
}

func sameData(t *testing.T, a, b *conversation) bool {
	t.Helper()
	_, da := a.ask(t, "DEBUG", "DIGEST")
	_, db := b.ask(t, "DEBUG", "DIGEST")
	return da == db
}

// sorted is a reply as text, with the elements of aggregates in order: pairs stay together in maps.
func sorted(v *resp.Value) string {
	if len(v.Elems) == 0 {
		return fmt.Sprintf("%v %q %d", v.Kind, v.Text, v.Int)
	}
	step := 1
	if v.Kind == resp.KindMap {
		step = 2
	}
	var parts []string
	for i := 0; i+step <= len(v.Elems); i += step {
		part := ""
		for j := range step {
			part += sorted(&v.Elems[i+j])
		}
		parts = append(parts, part)
	}
	slices.Sort(parts)
	return fmt.Sprint(v.Kind, len(v.Elems), parts)
}
