package interop

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/lockstep-db/lockstep/test/rig"
)

// rewriteSeeds says how many random configurations CONFIG REWRITE is compared with: -rewrites 500 looks further.
var rewriteSeeds = flag.Int("rewrites", 8, "random configurations of TestRewriteAsRedis")

// CONFIG REWRITE does the same to a file as Redis's, whatever the file looks like and wherever the values come from: the same lines, the
// same meaning when a server starts from it, and no change when it is done again.
func TestRewriteAsRedis(t *testing.T) {
	for seed := range uint64(*rewriteSeeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			d := newDeck(seed)
			ours, peer := rewriteBy(t, rig.Ours, d), rewriteBy(t, rig.Peer, d)
			shown := fmt.Sprintf("%s\noptions %q, stdin %q, included %q, then %v, edit %q", d.file, d.options, d.stdin, d.included, d.sets, d.edit)
			for i := range ours.replies {
				if i < len(peer.replies) && ours.replies[i] != peer.replies[i] {
					t.Errorf("%v: %s, Redis: %s\n%s", d.sets[i], ours.replies[i], peer.replies[i], shown)
				}
			}
			if o, p := d.comparable(ours.file), d.comparable(peer.file); o != p {
				t.Errorf("the files differ:\n%s\nours is\n%s\nit was:\n%s", differing(o, p), o, shown)
			}
			if o, p := d.comparable(ours.again), d.comparable(peer.again); o != p {
				t.Errorf("the files differ, written again by a server that has started from it:\n%s\nours was\n%s", differing(o, p), d.comparable(ours.file))
			}
			for _, name := range slices.Sorted(maps.Keys(peer.values)) {
				if v, ok := ours.values[name]; ok && !d.lost(name) && v != peer.values[name] {
					t.Errorf("%s is %q when started from the file, Redis has %q", name, v, peer.values[name])
				}
			}
		})
	}
}

// rewriting is what a server makes of a deck.
type rewriting struct {
	replies []string
	file    string
	again   string            // the same, when a server that has started from it writes it
	values  map[string]string // of that server
}

// plain is a file of the server's with DIR and PORT in the place of what no two servers have in common.
func plain(s *rig.Server, text string) string {
	return strings.NewReplacer(s.Dir, "DIR", "port "+strconv.Itoa(s.Port)+"\n", "port PORT\n").Replace(text)
}

func rewriteBy(t *testing.T, kind rig.Kind, d *deck) (r rewriting) {
	t.Helper()
	dir := t.TempDir()
	conf := filepath.Join(dir, "redis.conf")
	writeFile(t, conf, d.file)
	writeFile(t, filepath.Join(dir, "inc.conf"), d.included)
	s := rig.StartCall(t, kind, "first", dir, rig.Call{Password: d.password, Stdin: d.stdin, Args: func(port int) []string {
		args := append([]string{conf, "--port", strconv.Itoa(port), "--bind", "127.0.0.1"}, d.options...)
		if d.stdin != "" {
			args = append(args, "-")
		}
		return args
	}})
	c := one(t, s)
	for _, call := range d.sets {
		r.replies = append(r.replies, answer(c, call))
	}
	if d.edit != "" {
		b, err := os.ReadFile(conf)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, conf, string(b)+d.edit)
	}
	if reply := answer(c, []any{"CONFIG", "REWRITE"}); reply != `"OK"` {
		t.Fatalf("%s: CONFIG REWRITE: %s", s.Name, reply)
	}
	before := values(t, c)
	r.file = plain(s, read(t, conf))
	kill(s)

	again := rig.StartCall(t, kind, "second", dir, rig.Call{Password: d.password, Args: func(port int) []string {
		return []string{conf, "--port", strconv.Itoa(port)}
	}})
	c = one(t, again)
	r.values = values(t, c)
	for name, v := range before {
		if now := r.values[name]; now != v && name != "port" && !d.lost(name) && !(name == "hz" && strings.Contains(d.edit, "hz")) {
			t.Errorf("%s: %s was %q and is %q when started from what CONFIG REWRITE wrote", s.Name, name, v, now)
		}
	}
	if reply := answer(c, []any{"CONFIG", "REWRITE"}); reply != `"OK"` {
		t.Errorf("%s: CONFIG REWRITE: %s", s.Name, reply)
	}
	r.again = plain(again, read(t, conf))
	for _, name := range []string{"dir", "port", "replicaof"} {
		delete(r.values, name)
		delete(r.values, "slaveof")
	}
	kill(again)
	return r
}

// differing are the lines that only one of two texts has, or their places.
func differing(ours, peer string) string {
	var b strings.Builder
	o, p := strings.Split(ours, "\n"), strings.Split(peer, "\n")
	for i := range max(len(o), len(p)) {
		x, y := "", ""
		if i < len(o) {
			x = o[i]
		}
		if i < len(p) {
			y = p[i]
		}
		if x != y {
			fmt.Fprintf(&b, "line %d: %q, Redis: %q\n", i+1, x, y)
		}
	}
	return b.String()
}

// kill ends a server: it may be about to write its first append-only file, and then refuses a SHUTDOWN.
func kill(s *rig.Server) {
	s.Signal(syscall.SIGKILL)
	s.WaitExit()
}

// one is a client with one connection.
func one(t *testing.T, s *rig.Server) *redis.Client {
	o := s.Options(0)
	o.PoolSize = 1
	c := redis.NewClient(o)
	t.Cleanup(func() { c.Close() })
	return c
}

// values are those of CONFIG GET *.
func values(t *testing.T, c *redis.Client) map[string]string {
	t.Helper()
	m, err := c.ConfigGet(t.Context(), "*").Result()
	if err != nil || len(m) < 100 {
		t.Fatalf("CONFIG GET * has %d values, %v", len(m), err)
	}
	return m
}

// lost tells directives that Redis forgets: behind an include, each line of save takes the place of those before it there.
func (d *deck) lost(name string) bool { return name == "save" && strings.Contains(d.file, "inc.conf") }

// comparable are the lines of a rewritten file without those that only one server knows, behind the signature in any order.
func (d *deck) comparable(file string) string {
	const signature = "# Generated by CONFIG REWRITE\n"
	var lines []string
	for line := range strings.Lines(file) {
		name, _, _ := strings.Cut(strings.TrimPrefix(line, "# ??? "), " ")
		if !strings.HasPrefix(name, "tls-") && name != "io-backend" && !d.lost(name) {
			lines = append(lines, line)
		}
	}
	if i := slices.Index(lines, signature); i >= 0 {
		tail := slices.DeleteFunc(slices.Clone(lines[i+1:]), func(line string) bool { return line == "\n" })
		slices.Sort(tail)
		head := slices.Clone(lines[:i])
		if i > 0 && head[i-1] == "\n" { // Redis puts none behind a file without a newline at its end
			head = head[:i-1]
		}
		lines = append(append(head, signature), tail...)
	}
	return strings.Join(lines, "")
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
