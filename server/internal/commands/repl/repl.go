// Package repl holds the commands of replication: REPLICAOF, ROLE, WAIT, and those that servers say to each other, PSYNC and
// REPLCONF. The replication driver decides and answers; here stand the commands' faces.
package repl

import (
	"math"
	"strconv"
	"strings"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// Host is what these commands need of the server.
type Host interface {
	// Replica reports whether the node follows a master.
	Replica() bool
	// ReplicaOf makes the node follow a master; already says that it does so as it is. who is the caller, for the log.
	ReplicaOf(host string, port int, who string) (already bool)
	// Promote makes the node a master.
	Promote(who string)
	// Replconf takes the whole command. There may be no reply.
	Replconf(s *session.Session, args [][]byte) (errText string, reply bool)
	// PSync takes PSYNC or SYNC, which the host answers itself but for errors.
	PSync(s *session.Session, args [][]byte) (errText string)
	// Wait replies now or later. deadline is Unix ms, 0 for ever.
	Wait(s *session.Session, replicas int, deadline int64, mayBlock bool)
	// WaitAOF is Wait for disks: the node's own, if local is 1, and those of replicas.
	WaitAOF(s *session.Session, local, replicas int, deadline int64, mayBlock bool)
	// AOFEnabled reports whether the node has an append-only file.
	AOFEnabled() bool
	// Failover begins to hand the mastership over, AbortFailover ends that, FailingOver says that it is under way.
	Failover(p FailoverPlan) (errText string)
	AbortFailover() (errText string)
	FailingOver() bool
	// Role writes the reply of ROLE.
	Role(w *resp.Writer)
	// History writes the last n synchronisations, ResetHistory forgets them.
	History(w *resp.Writer, n int)
	ResetHistory()
}

type family struct{ h Host }

// Commands returns the family.
func Commands(h Host) []*command.Spec {
	f := family{h}
	const internal = command.Admin | command.NoScript | command.NoAsyncLoading | command.NoMulti | command.InternalReplica
	// Unlike Redis, a node that is loading its master's data can be given another master (R34).
	const follow = command.Admin | command.NoScript | command.Stale | command.Loading | command.NoAsyncLoading
	address := []command.Arg{{Name: "args", Type: "oneof", Args: []command.Arg{
		{Name: "host-port", Type: "block", Args: []command.Arg{{Name: "host", Type: "string"}, {Name: "port", Type: "integer"}}},
		{Name: "no-one", Type: "block", Args: []command.Arg{{Name: "no", Type: "pure-token", Token: "NO"}, {Name: "one", Type: "pure-token", Token: "ONE"}}}}}}
	return []*command.Spec{
		f.replicationSpec(),
		{Name: "replicaof", Arity: 3, Flags: follow, Group: "server", Since: "5.0.0", Complexity: "O(1)", Args: address,
			Summary: "Makes the server a replica of another one, or a master", Run: f.replicaOf},
		{Name: "slaveof", Arity: 3, Flags: follow, Group: "server", Since: "1.0.0", Complexity: "O(1)", Args: address, Deprecated: "5.0.0|`REPLICAOF`",
			Summary: "Makes the server a replica of another one, or a master", Run: f.replicaOf},
		{Name: "role", Arity: 1, Flags: command.NoScript | command.Loading | command.Stale | command.Fast, Cats: command.CatAdmin | command.CatDangerous,
			Group: "server", Since: "2.8.12", Complexity: "O(1)", Summary: "Tells the role of the server in replication", Run: func(c *command.Ctx) { h.Role(c.Reply) }},
		{Name: "wait", Arity: 3, Flags: command.NoScript, Cats: command.CatConnection, Group: "generic", Since: "3.0.0", Complexity: "O(1)",
			Tips:    []string{"request_policy:all_shards", "response_policy:agg_min"},
			Args:    []command.Arg{{Name: "numreplicas", Type: "integer"}, {Name: "timeout", Type: "integer"}},
			Summary: "Waits until replicas have applied what the connection wrote", Run: f.wait},
		{Name: "waitaof", Arity: 4, Flags: command.NoScript, Cats: command.CatConnection, Group: "generic", Since: "7.2.0", Complexity: "O(1)",
			Tips:    []string{"request_policy:all_shards", "response_policy:agg_min"},
			Args:    []command.Arg{{Name: "numlocal", Type: "integer"}, {Name: "numreplicas", Type: "integer"}, {Name: "timeout", Type: "integer"}},
			Summary: "Waits until what the connection wrote is on disk, here and on replicas", Run: f.waitAOF},
		failoverSpec(f.failover),
		{Name: "psync", Arity: -3, Flags: internal, Group: "server", Since: "2.8.0", Summary: "Internal: asks for the replication stream",
			Args: []command.Arg{{Name: "replicationid", Type: "string"}, {Name: "offset", Type: "integer"}}, Run: f.psync},
		{Name: "sync", Arity: 1, Flags: internal, Group: "server", Since: "1.0.0", Summary: "Internal: asks for the replication stream as before 2.8", Run: f.psync},
		{Name: "replconf", Arity: -1, Flags: command.Admin | command.NoScript | command.Loading | command.Stale | command.AllowBusy | command.InternalReplica,
			Internal: true, Group: "server", Since: "3.0.0", Complexity: "O(1)", Summary: "Internal: tells about the replication link", Run: f.replconf},
	}
}

func client(c *command.Ctx) *session.Session { return c.Client.(*session.Session) }

func (f family) replicaOf(c *command.Ctx) {
	if f.h.FailingOver() {
		c.Fail("ERR REPLICAOF not allowed while failing over.")
		return
	}
	host, port := string(c.Args[1]), string(c.Args[2])
	s := client(c)
	who := string(s.AppendInfo(nil, c.Now))
	if strings.EqualFold(host, "no") && strings.EqualFold(port, "one") {
		f.h.Promote(who)
		c.Reply.OK()
		return
	}
	if s.Has(session.Replica) {
		c.Fail("ERR Command is not valid when client is a replica.")
		return
	}
	n, err := strconv.Atoi(port)
	if err != nil || n < 0 || n > 65535 {
		c.Fail("ERR Invalid master port")
		return
	}
	if f.h.ReplicaOf(host, n, who) {
		c.Reply.SimpleString("OK Already connected to specified master")
		return
	}
	c.Reply.OK()
}

func (f family) wait(c *command.Ctx) {
	if f.h.Replica() {
		c.Fail("ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be writable (which is not the default) writes to replicas are just local and are not propagated.")
		return
	}
	n, err := strconv.ParseInt(string(c.Args[1]), 10, 64)
	if err != nil {
		c.Fail("ERR value is not an integer or out of range")
		return
	}
	deadline, msg := timeout(c, c.Args[2])
	if msg != "" {
		c.Fail(msg)
		return
	}
	f.h.Wait(client(c), clampReplicas(n), deadline, !c.DenyBlocking)
}

func clampReplicas(n int64) int { return int(max(min(n, math.MaxInt32), math.MinInt32)) }

// timeout reads milliseconds as a deadline, 0 for ever.
func timeout(c *command.Ctx, arg []byte) (deadline int64, errText string) {
	ms, err := strconv.ParseInt(string(arg), 10, 64)
	switch {
	case err != nil:
		return 0, "ERR timeout is not an integer or out of range"
	case ms < 0:
		return 0, "ERR timeout is negative"
	case ms > math.MaxInt64-c.Now:
		return 0, "ERR timeout is out of range"
	case ms == 0:
		return 0, ""
	}
	return c.Now + ms, ""
}

func (f family) waitAOF(c *command.Ctx) {
	local, err := strconv.ParseInt(string(c.Args[1]), 10, 64)
	if err != nil || local < 0 || local > 1 {
		c.Fail("ERR value is out of range, must be between 0 and 1")
		return
	}
	n, err := strconv.ParseInt(string(c.Args[2]), 10, 64)
	if err != nil || n < 0 {
		c.Fail("ERR value is out of range, must be positive")
		return
	}
	deadline, msg := timeout(c, c.Args[3])
	switch {
	case msg != "":
		c.Fail(msg)
	case f.h.Replica():
		c.Fail("ERR WAITAOF cannot be used with replica instances. Please also note that writes to replicas are just local and are not propagated.")
	case local > 0 && !f.h.AOFEnabled():
		c.Fail("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.")
	default:
		f.h.WaitAOF(client(c), int(local), clampReplicas(n), deadline, !c.DenyBlocking)
	}
}

func (f family) psync(c *command.Ctx) {
	if msg := f.h.PSync(client(c), c.Args); msg != "" {
		c.Fail(msg)
	}
}

func (f family) replconf(c *command.Ctx) {
	msg, reply := f.h.Replconf(client(c), c.Args)
	switch {
	case msg != "":
		c.Fail(msg)
	case reply:
		c.Reply.OK()
	}
}
