package replication

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	stdstrings "strings"
	"sync"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/libs/netconn/loop"
	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/acl"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/commands/conn"
	replcommands "github.com/lockstep-db/lockstep/server/internal/commands/repl"
	"github.com/lockstep-db/lockstep/server/internal/commands/strings"
	"github.com/lockstep-db/lockstep/server/internal/commands/txn"
	"github.com/lockstep-db/lockstep/server/internal/config"
	"github.com/lockstep-db/lockstep/server/internal/engine"
	"github.com/lockstep-db/lockstep/server/internal/info"
	"github.com/lockstep-db/lockstep/server/internal/persist"
	"github.com/lockstep-db/lockstep/server/internal/session"
	"github.com/lockstep-db/lockstep/server/internal/store"
	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// network joins nodes of one process by pipes: an address is a node's name and number.
type network struct {
	mu    sync.Mutex
	nodes map[string]*node
	files vfs.FS // of the nodes that are started from here on
}

func newNetwork() *network { return &network{nodes: map[string]*node{}, files: vfs.OS{}} }

// followed starts a master and a replica that has all of it.
func followed(t *testing.T) (master, replica *node) {
	t.Helper()
	w := newNetwork()
	a, b := w.start(t, "a"), w.start(t, "b")
	b.follow(a)
	synced(t, a, b)
	return a, b
}

// node is a server without a program around it: engine, loop, persistence and replication.
type node struct {
	t    *testing.T
	net  *network
	addr repl.Addr
	e    *engine.Engine
	d    *Driver
	p    *persist.Driver
	loop *loop.Loop
	log  *lines
	info *info.Registry

	mu    sync.Mutex
	pipes []*pipe // from this node to its masters
}

// lines is a log that tests can search.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return stdstrings.Contains(l.buf.String(), text)
}

// host is a node as the commands of replication see it.
type host struct{ n *node }

func (h host) Replica() bool { return h.n.e.Replica() }
func (h host) ReplicaOf(name string, port int, who string) bool {
	return h.n.d.ReplicaOf(name, port, who)
}
func (h host) Promote(who string)                                     { h.n.d.Promote(who) }
func (h host) Replconf(s *session.Session, a [][]byte) (string, bool) { return h.n.d.Replconf(s, a) }
func (h host) PSync(s *session.Session, a [][]byte) string            { return h.n.d.PSync(s, a) }
func (h host) Wait(s *session.Session, n int, deadline int64, ok bool) {
	h.n.d.Wait(s, n, deadline, ok)
}
func (h host) WaitAOF(s *session.Session, local, n int, deadline int64, ok bool) {
	h.n.d.WaitAOF(s, local, n, deadline, ok)
}
func (h host) AOFEnabled() bool              { return h.n.p.AOFEnabled() }
func (h host) AbortFailover() string         { return h.n.d.AbortFailover() }
func (h host) FailingOver() bool             { return h.n.d.FailingOver() }
func (h host) History(w *resp.Writer, n int) { h.n.d.History(w, n) }
func (h host) ResetHistory()                 { h.n.d.ResetHistory() }
func (h host) Role(w *resp.Writer)           { h.n.d.Role(w) }
func (h host) Failover(p replcommands.FailoverPlan) string {
	return h.n.d.Failover(repl.FailoverPlan{Target: repl.Addr{Host: p.Host, Port: p.Port}, Timeout: p.Timeout, Force: p.Force})
}

// start adds a node with directives that differ from the defaults.
func (w *network) start(t *testing.T, name string, directives ...string) *node {
	t.Helper()
	n := &node{t: t, net: w, addr: repl.Addr{Host: name, Port: 1 + len(w.nodes)}, log: &lines{}, info: info.NewRegistry()}
	c := config.New()
	if err := c.Set(append([]string{"repl-diskless-sync-delay", "0", "save", "", "repl-ping-replica-period", "1000", "protected-mode", "no"}, directives...), config.SetOptions{}); err != nil {
		t.Fatal(err)
	}
	c.ReplicaAnnounceIP, c.Port = name, n.addr.Port
	dir := t.TempDir()
	c.DBFilename, c.AppendDirname = filepath.Join(dir, "dump.rdb"), filepath.Join(dir, "aof")
	log := slog.New(slog.NewTextHandler(n.log, nil))
	n.e = engine.New(engine.Deps{Config: c, Store: store.New(c.Databases), Log: log})
	table := command.NewTable(strings.Commands(), conn.Commands(n.e, nil), txn.Commands(n.e), replcommands.Commands(host{n}))
	n.e.SetTable(table)
	n.e.SetACL(acl.New(table, func() bool { return true }))
	l, err := loop.New(loop.Options{Backend: loop.Portable}, n.e)
	if err != nil {
		t.Fatal(err)
	}
	n.loop = l
	n.e.Attach(l)
	p := persist.New(n.e, w.files)
	n.e.SetPersistence(p)
	n.p = p
	p.Info(n.info)
	n.d = New(n.e, p, n.dial)
	n.d.Info(n.info)
	w.mu.Lock()
	w.nodes[n.addr.String()] = n
	w.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := l.Run(); err != nil {
			t.Error(err)
		}
	}()
	n.e.Do(func() {
		if c.AppendOnly {
			err = p.OpenAOF()
		}
		n.d.Start(nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.e.Post(func() {
			n.d.Stop()
			l.Stop()
		})
		<-ended
		if t.Failed() {
			t.Logf("log of %s:\n%s", name, n.log.buf.String())
		}
	})
	return n
}

// pipe is a connection that can be stopped: what is written then waits.
type pipe struct {
	net.Conn
	gate sync.RWMutex
}

func (p *pipe) Write(b []byte) (int, error) {
	p.gate.RLock()
	defer p.gate.RUnlock()
	return p.Conn.Write(b)
}

func (n *node) dial(_ context.Context, addr string) (net.Conn, error) {
	n.net.mu.Lock()
	to := n.net.nodes[addr]
	n.net.mu.Unlock()
	if to == nil {
		return nil, fmt.Errorf("%s: connection refused", addr)
	}
	p := &pipe{Conn: to.connect()}
	n.mu.Lock()
	n.pipes = append(n.pipes, p)
	n.mu.Unlock()
	return p, nil
}

// connect returns a client's end of a connection to the node.
func (n *node) connect() net.Conn {
	ours, theirs := net.Pipe()
	n.e.Post(func() {
		c, err := n.loop.Adopt(theirs, nil)
		if err != nil {
			_ = theirs.Close()
			return
		}
		n.e.Accept(c)
	})
	return ours
}

// silence stops what the node says to its masters, as if it were frozen, until the function that it returns is called.
func (n *node) silence() (speak func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.pipes[len(n.pipes)-1]
	p.gate.Lock()
	return p.gate.Unlock
}

// client is a connection to a node.
type client struct {
	n *node
	c net.Conn
	r *resp.Reader
}

func (n *node) client() *client {
	c := n.connect()
	n.t.Cleanup(func() { c.Close() })
	return &client{n, c, resp.NewReader(c)}
}

// send sends a command and returns what waits for its reply.
func (c *client) send(args ...string) (reply func() string) {
	c.n.t.Helper()
	if _, err := c.c.Write(resp.AppendCommand(nil, args...)); err != nil {
		c.n.t.Fatal(err)
	}
	return func() string {
		c.n.t.Helper()
		_ = c.c.SetReadDeadline(time.Now().Add(20 * time.Second))
		v, err := c.r.Read()
		if err != nil && err != io.EOF {
			c.n.t.Fatalf("%s: reply to %v: %v", c.n.addr.Host, args, err)
		}
		return string(v.Text)
	}
}

func (c *client) do(args ...string) string {
	c.n.t.Helper()
	return c.send(args...)()
}

// do runs one command over a connection of its own.
func (n *node) do(args ...string) string {
	n.t.Helper()
	c := n.client()
	defer c.c.Close()
	return c.do(args...)
}

// set changes directives, as CONFIG SET does.
func (n *node) set(directives ...string) {
	n.t.Helper()
	n.e.Do(func() {
		if err := n.e.Config().Set(directives, config.SetOptions{}); err != nil {
			n.t.Error(err)
		}
		n.d.Configured()
	})
}

// field returns a field of INFO.
func (n *node) field(name string) string {
	var text string
	n.e.Do(func() { text = n.info.Render([]string{"replication", "persistence"}) })
	_, rest, _ := stdstrings.Cut(text, "\r\n"+name+":")
	value, _, _ := stdstrings.Cut(rest, "\r\n")
	return value
}

func (n *node) follow(master *node) {
	n.t.Helper()
	if got := n.do("REPLICAOF", master.addr.Host, strconv.Itoa(master.addr.Port)); got != "OK" {
		n.t.Fatal(got)
	}
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain for: " + what)
		}
	}
}

// synced waits until a replica has all that its master has.
func synced(t *testing.T, master *node, replicas ...*node) {
	t.Helper()
	for _, r := range replicas {
		until(t, r.addr.Host+" has all of "+master.addr.Host, func() bool {
			return r.field("master_link_status") == "up" && r.field("master_repl_offset") == master.field("master_repl_offset")
		})
	}
}

// stat returns a counter of the engine.
func (n *node) stat(of func(*engine.Stats) int64) (v int64) {
	n.e.Do(func() { v = of(&n.e.Stats) })
	return v
}

func fullSyncs(s *engine.Stats) int64 { return s.SyncFull }
