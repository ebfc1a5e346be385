package replication

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/libs/netconn/loop"
	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/config"
	"github.com/lockstep-db/lockstep/server/internal/engine"
	"github.com/lockstep-db/lockstep/server/internal/persist"
	"github.com/lockstep-db/lockstep/server/internal/store"
	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// newDriver runs an engine whose replication dials as the test says.
func newDriver(t *testing.T, dial Dialer) *Driver {
	t.Helper()
	cfg := config.New()
	e := engine.New(engine.Deps{Config: cfg, Store: store.New(1), Log: slog.New(slog.DiscardHandler)})
	e.SetTable(command.NewTable())
	l, err := loop.New(loop.Options{Backend: cfg.IOBackend}, e)
	if err != nil {
		t.Fatal(err)
	}
	e.Attach(l)
	d := New(e, persist.New(e, vfs.OS{}), dial)
	ended := make(chan error)
	go func() { ended <- l.Run() }()
	t.Cleanup(func() {
		e.Do(d.Stop)
		l.Stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return d
}

// B8: a resolver that does not answer holds up its own attempt and nothing else; another master ends it at once.
func TestSlowResolverStallsNothing(t *testing.T) {
	asked, given := make(chan string, 10), make(chan string, 10)
	d := newDriver(t, func(ctx context.Context, addr string) (net.Conn, error) {
		asked <- addr
		<-ctx.Done() // as a lookup that is never answered
		given <- addr
		return nil, ctx.Err()
	})
	d.e.Do(func() { d.ReplicaOf("master.example", 6379, "test") })
	if addr := <-asked; addr != "master.example:6379" {
		t.Errorf("asked for %s", addr)
	}
	for range 20 { // the engine turns meanwhile, and says where it stands
		d.e.Do(func() {
			if d.link.State() != repl.LinkConnecting || d.link.Master().Host != "master.example" {
				t.Errorf("state %v, master %v", d.link.State(), d.link.Master())
			}
		})
	}
	d.e.Do(func() { d.ReplicaOf("other.example", 6380, "test") })
	for _, ch := range []chan string{given, asked} {
		want := map[chan string]string{given: "master.example:6379", asked: "other.example:6380"}[ch]
		select {
		case addr := <-ch:
			if addr != want {
				t.Errorf("got %s, want %s", addr, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: nothing happens", want)
		}
	}
}

// B8: each attempt is given the name anew, so that it finds a master that has moved; the name stays.
func TestNameIsResolvedAtEachAttempt(t *testing.T) {
	var attempts atomic.Int32
	connected := make(chan net.Conn, 1)
	d := newDriver(t, func(_ context.Context, addr string) (net.Conn, error) {
		if addr != "master.example:6379" {
			t.Errorf("asked for %s", addr)
		}
		if attempts.Add(1) < 4 {
			return nil, errors.New("lookup master.example: no such host")
		}
		ours, theirs := net.Pipe()
		select {
		case connected <- theirs:
		default:
			theirs.Close()
		}
		return ours, nil
	})
	d.e.Do(func() { d.ReplicaOf("master.example", 6379, "test") })
	select {
	case c := <-connected:
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || line != "*1\r\n" {
			t.Errorf("the replica begins with %q, %v", line, err)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("after %d attempts the replica gives up", attempts.Load())
	}
	d.e.Do(func() {
		if h := d.link.Master().Host; h != "master.example" {
			t.Errorf("the master's name has become %s", h)
		}
	})
}
