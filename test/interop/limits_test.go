package interop

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

// deaf is a client that reads only when it is told to. It comes over a Unix socket, of which the kernel takes some 200 kB and not megabytes.
type deaf struct {
	t  *testing.T
	s  *rig.Server
	c  net.Conn
	r  *bufio.Reader
	id string
}

// limited starts a server with client-output-buffer-limit.
func limited(t *testing.T, kind rig.Kind, limits string) *rig.Server {
	return rig.Start(t, kind, "A", rig.Config{"unixsocket": "socket", "client-output-buffer-limit": limits, "repl-backlog-size": "1mb", "repl-ping-replica-period": "3600"})
}

func newDeaf(t *testing.T, s *rig.Server) *deaf {
	t.Helper()
	c, err := net.Dial("unix", filepath.Join(s.Dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	d := &deaf{t: t, s: s, c: c, r: bufio.NewReader(c)}
	d.id = strings.TrimPrefix(d.ask("CLIENT", "ID"), ":")
	return d
}

// say sends commands whose replies stay unread.
func (d *deaf) say(args ...string) {
	_ = d.c.SetDeadline(time.Now().Add(timeout))
	_, _ = io.WriteString(d.c, rig.Encode(args...)) // it may be closed by now
}

// ask sends a command and reads a line.
func (d *deaf) ask(args ...string) string {
	d.t.Helper()
	d.say(args...)
	line, err := d.r.ReadString('\n')
	if err != nil {
		d.t.Fatalf("%.100q: %v", args, err)
	}
	return strings.TrimSpace(line)
}

// omem is how much output the server keeps for the client, -1 when it is gone.
func (d *deaf) omem() int {
	_, rest, ok := strings.Cut(fmt.Sprint(d.s.Must("CLIENT", "LIST", "ID", d.id)), " omem=")
	if !ok {
		return -1
	}
	text, _, _ := strings.Cut(rest, " ")
	n, _ := strconv.Atoi(text)
	return n
}

// closed waits until the client is gone.
func (d *deaf) closed() {
	d.t.Helper()
	rig.Until(d.t, timeout, func() error {
		if n := d.omem(); n >= 0 {
			return fmt.Errorf("%s: a client is there with %d bytes of output", d.s.Name, n)
		}
		return nil
	})
}

// holds waits until so much is kept for the client.
func (d *deaf) holds(atLeast int) {
	d.t.Helper()
	rig.Until(d.t, timeout, func() error {
		if n := d.omem(); n < atLeast {
			return fmt.Errorf("%s: %d bytes are kept, want %d", d.s.Name, n, atLeast)
		}
		return nil
	})
}

// aPiece is what is sent to deaf clients, many times.
var aPiece = strings.Repeat("p", 50_000)

// hardCases make a client that gets a piece each time when one of them is called, and say which class it is of.
var hardCases = []struct {
	name, class string
	prepare     func(*deaf) (piece func(n int))
}{
	{"replies", "normal", func(d *deaf) func(int) {
		d.s.Must("SET", "k", aPiece)
		return func(int) { d.say("GET", "k") }
	}},
	{"messages", "pubsub", func(d *deaf) func(int) {
		d.ask("SUBSCRIBE", "c")
		return func(int) { d.s.Must("PUBLISH", "c", aPiece) }
	}},
	{"messages of patterns", "pubsub", func(d *deaf) func(int) {
		d.ask("PSUBSCRIBE", "c*")
		return func(int) { d.s.Must("PUBLISH", "c", aPiece) }
	}},
	{"commands for MONITOR", "normal", func(d *deaf) func(int) {
		d.ask("MONITOR")
		return func(int) { d.s.Must("ECHO", aPiece) }
	}},
	{"invalidations", "normal", func(d *deaf) func(int) {
		d.ask("HELLO", "3")
		d.say("CLIENT", "TRACKING", "ON", "BCAST")
		return func(n int) { d.s.Must("SET", strconv.Itoa(n)+aPiece, "") }
	}},
	{"invalidations of others", "pubsub", func(d *deaf) func(int) {
		other := newDeaf(d.t, d.s)
		d.ask("SUBSCRIBE", "__redis__:invalidate")
		other.ask("CLIENT", "TRACKING", "ON", "BCAST", "REDIRECT", d.id)
		return func(n int) { d.s.Must("SET", strconv.Itoa(n)+aPiece, "") }
	}},
	{"the stream", "replica", func(d *deaf) func(int) {
		d.ask("REPLCONF", "capa", "psync2")
		d.ask("PSYNC", "?", "-1")
		rig.Until(d.t, timeout, func() error {
			if state := d.s.Info("replication")["slave0"]; !strings.Contains(state, "state=online") {
				return fmt.Errorf("slave0:%s", state)
			}
			return nil
		})
		return func(n int) { d.s.Must("SET", "k", aPiece) }
	}},
}

// Guarantee: a client that does not read is closed as soon as more than its class may have is kept for it, whatever it is sent, and no other
// class's limit is its own. It gets as far as with redis-server, and the log says so.
func TestHardOutputLimits(t *testing.T) {
	const others = "normal 100kb 0 0 replica 100kb 0 0 pubsub 100kb 0 0"
	const told = "scheduled to be closed ASAP for overcoming of output buffer limits."
	servers := []*rig.Server{limited(t, rig.Ours, "normal 0 0 0"), limited(t, rig.Peer, "normal 0 0 0")}
	for _, c := range hardCases {
		t.Run(c.name, func(t *testing.T) {
			var got [2]int
			for i, s := range servers {
				s.Must("FLUSHALL")
				s.Must("CONFIG", "SET", "client-output-buffer-limit", others)
				s.Must("CONFIG", "SET", "client-output-buffer-limit", c.class+" 2mb 0 0")
				before := strings.Count(s.Log(), told)
				d := newDeaf(t, s)
				piece := c.prepare(d)
				most := 0
				for got[i] = 0; got[i] < 200; got[i]++ {
					n := d.omem()
					if n < 0 {
						break
					}
					most = max(most, n)
					piece(got[i])
				}
				if got[i] == 200 || most < 1900<<10 || most > 2200<<10 {
					t.Errorf("%s: closed after %d pieces, %d bytes were kept before", s.Name, got[i], most)
				}
				if n := strings.Count(s.Log(), told) - before; n != 1 {
					t.Errorf("%s: the log tells of %d clients", s.Name, n)
				}
				d.c.Close()
			}
			if d := got[0] - got[1]; d < -4 || d > 4 {
				t.Errorf("closed after %d pieces, redis-server closes after %d", got[0], got[1])
			}
		})
	}
}

// Guarantee: a soft limit closes who is over it for its seconds without a break: not who has read meanwhile. A limit that is changed holds
// for clients that are over it already, and INFO tells for some seconds of the largest output that there was.
func TestSoftOutputLimits(t *testing.T) {
	t.Parallel() // it waits most of the time
	for _, kind := range []rig.Kind{rig.Ours, rig.Peer} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			s := limited(t, kind, "normal 0 1mb 3\npubsub 0 1mb 1")
			s.Must("SET", "k", aPiece)
			silent, reads, low, listens, later := newDeaf(t, s), newDeaf(t, s), newDeaf(t, s), newDeaf(t, s), newDeaf(t, s)
			listens.ask("SUBSCRIBE", "c")
			start := time.Now()
			for _, d := range []*deaf{silent, reads} {
				for range 40 {
					d.say("GET", "k")
				}
				d.holds(1 << 20)
			}
			reads.read(40 * len("$50000\r\n\r\n"+aPiece))
			rig.Until(t, timeout, func() error {
				if n := reads.omem(); n != 0 {
					return fmt.Errorf("%d bytes are kept for who has read", n)
				}
				return nil
			})
			for range 14 {
				low.say("GET", "k")
			}
			low.holds(400 << 10)
			began := time.Now()
			for range 40 {
				s.Must("PUBLISH", "c", aPiece)
			}
			listens.closed() // after its own class's second
			if took := time.Since(began); took < 900*time.Millisecond {
				t.Errorf("a subscriber over its soft limit of 1 s was closed after %v", took)
			}
			silent.closed()
			if took := time.Since(start); took < 2900*time.Millisecond {
				t.Errorf("who was over a soft limit of 3 s was closed after %v", took)
			}
			for range 40 { // once more, which is a new beginning
				reads.say("GET", "k")
			}
			reads.holds(1 << 20)
			reads.read(40 * len("$50000\r\n\r\n"+aPiece))
			if n := strings.Count(s.Log(), " closed for overcoming of output buffer limits."); n != 2 {
				t.Errorf("the log tells of %d clients that were found over their limit, want 2", n)
			}
			if n := s.Counter("client_recent_max_output_buffer"); n < 1<<20 {
				t.Errorf("client_recent_max_output_buffer is %d", n)
			}
			if reads.ask("PING") != "+PONG" || low.omem() < 0 {
				t.Error("a client that had read, or was below the limit, was closed")
			}
			for range 14 {
				later.say("GET", "k")
			}
			later.holds(400 << 10)
			s.Must("CONFIG", "SET", "client-output-buffer-limit", "normal 300kb 0 0")
			low.closed() // although nothing is sent to them any more
			later.closed()
		})
	}
}

// read takes so many bytes.
func (d *deaf) read(n int) {
	d.t.Helper()
	_ = d.c.SetDeadline(time.Now().Add(timeout))
	if _, err := io.CopyN(io.Discard, d.r, int64(n)); err != nil {
		d.t.Fatalf("read %d bytes: %v", n, err)
	}
}

// Guarantee: a reply that is larger than the limit closes who reads at once, too. EXEC's reply is kept only up to the limit, and its commands
// run all the same; other replies that can name a large value many times end there, too.
func TestOutputLimitWithinReplies(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind rig.Kind) {
		s := limited(t, kind, "normal 1mb 0 0")
		s.Must("SET", "k", strings.Repeat("v", 1<<20))
		one := newDeaf(t, s)
		one.say("GET", "k")
		if _, err := io.ReadAll(one.r); err != nil {
			t.Errorf("a reply of the limit's size: %v", err)
		}
		s.Must("COPY", "k", "key")
		list := []string{"RPUSH", "l"}
		for range 200 {
			list = append(list, "y")
		}
		newDeaf(t, s).ask(list...)
		before := s.Counter("used_memory_rss")
		for _, call := range []string{"MGET" + strings.Repeat(" k", 200), "SORT l BY nosort GET ke*"} {
			d := newDeaf(t, s)
			d.say(strings.Fields(call)...)
			d.closed()
		}
		d := newDeaf(t, s)
		d.say("MULTI")
		for range 200 {
			d.say("GET", "k")
		}
		d.say("INCR", "n")
		d.say("EXEC")
		d.closed()
		if n := s.Get(t.Context(), "n").Val(); n != "1" {
			t.Errorf("the last command of the transaction has left n as %q", n)
		}
		if grown := s.Counter("used_memory_rss") - before; grown > 60<<20 {
			t.Errorf("replies of 200 MiB to clients that may have one have made the server grow by %d MiB", grown>>20)
		}
	})
}
