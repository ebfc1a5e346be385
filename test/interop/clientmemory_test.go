package interop

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// manyNames of 200 bytes take 2 MB; they are sent so many at once, so that the requests themselves are small.
const manyNames, atOnce = 10_000, 100

func names(command string, from, to int) []string {
	args := []string{command}
	for i := from; i < to; i++ {
		args = append(args, fmt.Sprintf("%0200d", i))
	}
	return args
}

func eachNames(command string, count int, send func(args ...string)) {
	for from := 0; from < count; from += atOnce {
		send(names(command, from, from+atOnce)...)
	}
}

// heavy are the ways in which a client takes more than 500 kB, of redis-server, too.
var heavy = []struct {
	name string
	take func(*deaf)
}{
	{"a request that is not whole", func(d *deaf) {
		_, _ = io.WriteString(d.c, "*2\r\n$4\r\nECHO\r\n$3000000\r\n"+strings.Repeat("q", 2_500_000))
	}},
	{"replies that are not read", func(d *deaf) {
		for range 60 {
			d.say("ECHO", aPiece)
		}
	}},
	{"messages that are not read", func(d *deaf) {
		d.ask("SUBSCRIBE", "c")
		for range 60 {
			d.s.Must("PUBLISH", "c", aPiece)
		}
	}},
	{"commands for MONITOR", func(d *deaf) {
		d.ask("MONITOR")
		for range 60 {
			d.s.Must("ECHO", aPiece)
		}
	}},
	{"a transaction", func(d *deaf) {
		d.ask("MULTI")
		for range 60 {
			d.ask("SET", "k", aPiece)
		}
	}},
	{"watched keys", func(d *deaf) { eachNames("WATCH", manyNames, func(args ...string) { d.ask(args...) }) }},
	{"subscriptions", func(d *deaf) {
		go func() { _, _ = io.Copy(io.Discard, d.r) }()
		eachNames("SUBSCRIBE", 2*manyNames, d.say) // of which redis-server counts 40 bytes each
	}},
	{"a command that waits for keys", func(d *deaf) { d.say(append(names("BLPOP", 0, manyNames), "0")...) }},
	{"a command that waits for a pause", func(d *deaf) {
		d.s.Must("CLIENT", "PAUSE", 100_000, "WRITE")
		d.say("SET", "k", strings.Repeat("v", 3_000_000))
	}},
}

// Guarantee: whatever a client takes memory for counts against maxmemory-clients. The largest goes first, CLIENT NO-EVICT exempts, and of
// those that are left all may stay.
func TestHeavyClientIsEvicted(t *testing.T) {
	for _, kind := range []rig.Kind{rig.Ours, rig.Peer} {
		s := limited(t, kind, "normal 0 0 0\npubsub 0 0 0")
		s.Must("CLIENT", "NO-EVICT", "ON") // the test's own
		small := newDeaf(t, s)
		for _, h := range heavy {
			s.Must("FLUSHALL")
			s.Must("CONFIG", "RESETSTAT")
			s.Must("CONFIG", "SET", "maxmemory-clients", "1gb")
			exempt, d := newDeaf(t, s), newDeaf(t, s)
			exempt.ask("CLIENT", "NO-EVICT", "ON")
			exempt.ask("MULTI")
			for range 2 {
				exempt.ask("SET", "k", aPiece)
			}
			h.take(d)
			rig.Until(t, timeout, func() error {
				if line := fmt.Sprint(s.Must("CLIENT", "LIST", "ID", d.id)); field(line, "tot-mem") < 500_000 {
					return fmt.Errorf("%s, %s: %s", s.Name, h.name, line)
				}
				return nil
			})
			if n := s.Counter("evicted_clients"); n != 0 {
				t.Errorf("%s, %s: %d clients were evicted below the limit", s.Name, h.name, n)
			}
			before := len(s.Log())
			s.Must("CONFIG", "SET", "maxmemory-clients", 400_000)
			d.closed()
			if n := s.Counter("evicted_clients"); n != 1 || small.ask("PING") != "+PONG" || exempt.ask("DISCARD") != "+OK" {
				t.Errorf("%s, %s: %d clients were evicted, or not the right one", s.Name, h.name, n)
			}
			if text := s.Log()[before:]; !strings.Contains(text, "Evicting client: id="+d.id+" ") {
				t.Errorf("%s, %s: the log says %q", s.Name, h.name, text)
			}
			s.Must("CONFIG", "SET", "maxmemory-clients", 0)
			s.Must("CLIENT", "UNPAUSE")
			d.c.Close()
			exempt.c.Close()
		}
	}
}

// field is a number of a line of CLIENT LIST, 0 when it is not there.
func field(line, name string) int {
	_, rest, _ := strings.Cut(line, " "+name+"=")
	text, _, _ := strings.Cut(rest, " ")
	n, _ := strconv.Atoi(text)
	return n
}

// Guarantee: a share of maxmemory follows maxmemory; the stream of a replica does not count, nor does what is exempt go when nothing else can;
// with the smallest limit a server can still be talked to.
func TestLimitsOfAllClients(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind rig.Kind) {
		s := limited(t, kind, "normal 0 0 0\nreplica 0 0 0")
		s.Must("CLIENT", "NO-EVICT", "ON") // the test's own
		replica := newDeaf(t, s)
		replica.ask("REPLCONF", "capa", "psync2")
		replica.ask("PSYNC", "?", "-1")
		rig.Until(t, timeout, func() error {
			if state := s.Info("replication")["slave0"]; !strings.Contains(state, "state=online") {
				return fmt.Errorf("slave0:%s", state)
			}
			return nil
		})
		s.Must("CONFIG", "SET", "maxmemory-clients", "2%")
		for range 60 {
			s.Must("SET", "k", aPiece)
		}
		replica.holds(2_000_000)
		queues := func(pieces int) *deaf {
			d := newDeaf(t, s)
			d.ask("CLIENT", "NO-EVICT", "OFF")
			d.ask("MULTI")
			for range pieces {
				d.ask("SET", "k", aPiece)
			}
			return d
		}
		large, middle, small := queues(30), queues(20), queues(10)
		s.Must("CONFIG", "SET", "maxmemory", 1_000_000_000) // 20 MB
		if large.omem() < 0 || s.Counter("evicted_clients") != 0 {
			t.Error("a client was evicted below the limit")
		}
		s.Must("CONFIG", "SET", "maxmemory", 100_000_000) // 2 MB, of 3
		large.closed()
		if middle.omem() < 0 || small.omem() < 0 || s.Counter("evicted_clients") != 1 {
			t.Errorf("%d clients were evicted, want the largest", s.Counter("evicted_clients"))
		}
		s.Must("CONFIG", "SET", "maxmemory", 0) // a share of nothing is no limit
		exempt := queues(0)
		exempt.ask("DISCARD")
		exempt.ask("CLIENT", "NO-EVICT", "ON")
		exempt.ask("MULTI")
		for range 40 {
			exempt.ask("SET", "k", aPiece)
		}
		s.Must("CONFIG", "SET", "maxmemory", 50_000_000) // 1 MB: who is exempt takes more, and all others have to go
		middle.closed()
		small.closed()
		rig.Until(t, timeout, func() error {
			if !strings.Contains(s.Log(), "Over client maxmemory after evicting all evictable clients") {
				return fmt.Errorf("the log does not tell that nobody is left")
			}
			return nil
		})
		if exempt.ask("EXEC")[0] != '*' || replica.omem() < 2_000_000 {
			t.Error("an exempt client, or a replica, was evicted")
		}
		exempt.c.Close()
		exempt.closed()
		s.Must("CONFIG", "SET", "maxmemory-clients", 1) // counts as 128 kB
		if newDeaf(t, s).ask("PING") != "+PONG" {
			t.Error("a new client cannot talk to the server")
		}
	})
}
