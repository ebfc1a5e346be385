package persist_test

import (
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/libs/netconn/loop"
	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/acl"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/commands/conn"
	"github.com/lockstep-db/lockstep/server/internal/commands/keys"
	"github.com/lockstep-db/lockstep/server/internal/commands/lists"
	stringcommands "github.com/lockstep-db/lockstep/server/internal/commands/strings"
	"github.com/lockstep-db/lockstep/server/internal/commands/txn"
	"github.com/lockstep-db/lockstep/server/internal/config"
	"github.com/lockstep-db/lockstep/server/internal/digest"
	"github.com/lockstep-db/lockstep/server/internal/engine"
	"github.com/lockstep-db/lockstep/server/internal/persist"
	"github.com/lockstep-db/lockstep/server/internal/store"
	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// node is an engine with persistence and an event loop, on a file system of the test's choice.
type node struct {
	t       *testing.T
	e       *engine.Engine
	d       *persist.Driver
	cfg     *config.Config
	log     strings.Builder
	stopped chan struct{}
}

// start loads what the file system has. Settings are pairs of directive and value.
func start(t *testing.T, files vfs.FS, settings ...string) (*node, error) {
	t.Helper()
	n := &node{t: t, cfg: config.New(), stopped: make(chan struct{})}
	for _, pairs := range [][]string{{"appendonly", "yes", "save", ""}, settings} {
		if err := n.cfg.Set(pairs, config.SetOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	logger := slog.New(slog.NewTextHandler(&n.log, nil))
	n.e = engine.New(engine.Deps{Config: n.cfg, Store: store.New(4), Log: logger})
	table := command.NewTable(stringcommands.Commands(), lists.Commands(), keys.Commands(nil), txn.Commands(n.e), conn.Commands(n.e, nil))
	n.e.SetTable(table)
	n.e.SetACL(acl.New(table, func() bool { return true }))
	l, err := loop.New(loop.Options{Backend: loop.Portable}, n.e)
	if err != nil {
		t.Fatal(err)
	}
	n.e.Attach(l)
	n.d = persist.New(n.e, files)
	n.e.SetPersistence(n.d)
	go func() {
		defer close(n.stopped)
		_ = l.Run()
	}()
	n.e.Do(func() {
		if n.cfg.AppendOnly {
			if _, _, err = n.d.LoadAOF(); err == nil {
				err = n.d.OpenAOF()
			}
		} else {
			_, _, err = n.d.LoadFile(false, persist.OntoNothing)
		}
	})
	if err != nil {
		n.stop()
	} else {
		t.Cleanup(n.stop)
	}
	return n, err
}

func mustStart(t *testing.T, files vfs.FS, settings ...string) *node {
	t.Helper()
	n, err := start(t, files, settings...)
	if err != nil {
		t.Fatalf("start: %v\n%s", err, n.log.String())
	}
	return n
}

func (n *node) stop() {
	select {
	case <-n.stopped:
	default:
		n.e.Loop().Stop()
		<-n.stopped
	}
}

func (n *node) digest() (sum string) {
	n.e.Do(func() { sum = digest.Store(n.e.Store()) })
	return sum
}

// do runs fn on the engine's thread.
func (n *node) do(fn func()) { n.e.Do(fn) }

// eventually polls a condition on the engine's thread.
func (n *node) eventually(what string, ok func() bool) {
	n.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		done := false
		n.do(func() { done = ok() })
		if done {
			return
		}
		if time.Now().After(deadline) {
			n.t.Fatalf("timed out: %s\n%s", what, n.log.String())
		}
	}
}

// client is a connection to a node.
type client struct {
	n *node
	c net.Conn
	r *resp.Reader
}

func (n *node) client() *client {
	ours, theirs := net.Pipe()
	n.do(func() {
		c, err := n.e.Loop().Adopt(theirs, nil)
		if err != nil {
			n.t.Error(err)
			return
		}
		n.e.Adopt(c)
	})
	n.t.Cleanup(func() { _ = ours.Close() })
	return &client{n, ours, resp.NewReader(ours)}
}

func (c *client) send(args ...string) {
	c.n.t.Helper()
	if _, err := c.c.Write(resp.AppendCommand(nil, args...)); err != nil {
		c.n.t.Fatal(err)
	}
}

// reply waits for a reply; none within the time is "".
func (c *client) reply(within time.Duration) string {
	_ = c.c.SetReadDeadline(time.Now().Add(within))
	v, err := c.r.Read()
	if err != nil {
		if err == io.EOF {
			return "EOF"
		}
		return ""
	}
	if v.Kind == resp.KindInt {
		return ":" + string(v.Text)
	}
	return string(v.Text)
}

func (c *client) call(args ...string) string {
	c.n.t.Helper()
	c.send(args...)
	got := c.reply(20 * time.Second)
	if got == "" {
		c.n.t.Fatalf("no reply to %v\n%s", args, c.n.log.String())
	}
	return got
}
