package replication

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/lockstep-db/lockstep/libs/netconn/loop"
	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/libs/repl/wire"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// replica is a connection over which somebody replicates from us.
type replica struct {
	d    *Driver
	s    *session.Session
	feed *repl.Feed

	ip      string // announced
	port    int    // announced; 0: it did not say
	rdbOnly bool
	// filtered: it wants no keys; withFunctions: but the functions
	filtered, withFunctions bool

	sent     atomic.Int64 // bytes of its snapshot, counted by the goroutine that sends
	sentSeen int64        // of which the feed knows

	online   bool   // the rest of the server was told so
	reported bool   // its sync is in the history
	dropped  string // why we disconnect it
}

// replicaOf returns the state of a connection that said REPLCONF or PSYNC, and makes it at the first.
func (d *Driver) replicaOf(s *session.Session) *replica {
	if r, ok := s.Repl.(*replica); ok {
		return r
	}
	r := &replica{d: d, s: s, feed: &repl.Feed{}}
	s.Repl = r
	return r
}

// Replconf is the command REPLCONF. It returns the error to reply, and whether there is a reply at all.
func (d *Driver) Replconf(s *session.Session, args [][]byte) (errText string, reply bool) {
	c, err := wire.ParseReplconf(args)
	if err != nil {
		return "ERR " + err.Error(), true
	}
	if c.GetAck {
		d.ackSoon = s.Has(session.Master)
		d.syncAsked = d.ackSoon
		return "", false
	}
	r := d.replicaOf(s)
	if c.Ack {
		d.acknowledged(r, c)
		return "", false
	}
	if c.Port != 0 {
		r.port = c.Port
	}
	if c.IP != "" {
		r.ip = c.IP
	}
	r.feed.Capa |= c.Capa
	r.rdbOnly = r.rdbOnly || c.RDBOnly
	if c.Filtered {
		r.filtered, r.withFunctions = true, c.WithFunctions
	}
	return "", true
}

func (d *Driver) acknowledged(r *replica, c wire.Replconf) {
	waited := !r.feed.Streaming()
	d.master.Ack(r.feed, c.Offset, time.Now())
	if c.Synced >= 0 {
		r.feed.Synced(c.Synced)
	}
	if !r.feed.CaughtUpAt.IsZero() {
		d.reportReplica(r, "")
	}
	if waited && r.feed.Streaming() {
		r.kick()
		d.settleTransfers()
	}
	d.serveWaiters()
	d.tickFailover(time.Now())
}

// PSync is the commands PSYNC and SYNC. It returns the error to reply, if any; all other replies are its own.
func (d *Driver) PSync(s *session.Session, args [][]byte) (errText string) {
	if s.Has(session.Replica) {
		return ""
	}
	var req repl.Request
	var failover bool
	var err error
	if len(args) > 1 {
		req, failover, err = wire.ParsePSYNC(args)
	}
	if failover {
		if msg := d.takeOver(s, string(args[1])); msg != "" {
			return msg
		}
	}
	if msg := d.refuseSync(s); msg != "" {
		return msg
	}
	r := d.replicaOf(s)
	r.feed.Old = len(args) == 1
	if err != nil {
		d.log.Warn("Replica " + r.name() + " asks for synchronization but with a wrong offset")
		return "ERR " + err.Error()
	}
	if r.filtered && r.rdbOnly && r.feed.Old { // who wants the stream as well gets the keys: redis-cli --replica skips them
		return d.sendWithoutKeys(r)
	}
	d.log.Info("Replica " + r.name() + " asks for synchronization")
	d.e.BecomeReplica(s)
	if d.cfg.ReplDisableTCPNoDelay {
		_ = s.Conn.SetNoDelay(false) // at worst it is as it was
	}
	r.feed.Name = r.name()
	d.replicas[r.feed] = r
	started := d.stream.Active()
	v := d.master.Sync(r.feed, req, freshID(), time.Now())
	d.count(&v)
	d.log.Info(v.Log(r.name()))
	if !started && d.stream.Active() {
		h := d.stream.History()
		second, _ := h.Second()
		d.log.Info("Replication backlog created, my new replication IDs are '" + h.ID.String() + "' and '" + second.String() + "'")
	}
	d.syncJournal()
	if v.Partial {
		s.W.Buf = wire.AppendContinue(s.W.Buf, d.stream.ID(), r.feed.Capa)
		r.stream()
		d.tellReplica(r, true)
		return ""
	}
	d.do(d.master.Tick(d.env(), time.Now()))
	return ""
}

// refuseSync returns why a sync cannot be had from this node now.
func (d *Driver) refuseSync(s *session.Session) string {
	switch {
	case d.e.Loading():
		return "LOADING Redis is loading the dataset in memory"
	case d.FailingOver():
		return "NOMASTERLINK Can't SYNC while failing over"
	case d.isReplica() && d.link.State() != repl.LinkUp:
		return "NOMASTERLINK Can't SYNC while not connected with my master"
	case len(s.W.Buf) > 0 || s.Conn == nil:
		return "ERR SYNC and PSYNC are invalid with pending output"
	}
	return ""
}

func (d *Driver) count(v *repl.Verdict) {
	var c repl.SyncCounters
	v.Count(&c)
	st := &d.e.Stats
	st.SyncFull += c.Full
	st.SyncPartialOK += c.PartialOK
	st.SyncPartialErr += c.PartialErr
}

// name is how logs and INFO call the replica: its address with the port on which it listens.
func (r *replica) name() string {
	ip, port := r.address()
	return repl.Addr{Host: ip, Port: port}.String()
}

// address is what the replica announced, or else where it came from.
func (r *replica) address() (ip string, port int) {
	host := r.s.Addr
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		port, _ = strconv.Atoi(host[i+1:])
		host = strings.Trim(host[:i], "[]")
	}
	if r.port != 0 {
		port = r.port
	}
	if r.ip != "" {
		host = r.ip
	}
	return host, port
}

var _ session.StreamReader = (*replica)(nil)

// Held is what CLIENT LIST tells of its output.
func (r *replica) Held() int {
	if c := r.feed.Cursor(); c != nil {
		return int(c.Lag())
	}
	return 0
}

// say sends text that is no part of the stream.
func (r *replica) say(text string) {
	r.d.e.Reply(r.s, func() { r.s.W.Buf = append(r.s.W.Buf, text...) })
}

// stream makes the loop send from the replica's cursor whenever there is something to send.
func (r *replica) stream() {
	if r.s.Conn != nil && !r.rdbOnly {
		r.s.Conn.SetSource((*cursorSource)(r))
		r.kick()
	}
}

func (r *replica) kick() {
	if r.s.Conn != nil {
		r.s.Conn.Kick()
	}
}

// cursorSource is a replica's cursor as the loop reads it: the bytes go from the replication buffer to the kernel without
// being copied.
type cursorSource replica

var _ loop.Source = (*cursorSource)(nil)

func (c *cursorSource) Next() []byte {
	if !c.feed.Streaming() {
		return nil
	}
	return c.feed.Cursor().Next()
}

func (c *cursorSource) Advance(n int) {
	c.feed.Cursor().Advance(n)
	c.d.e.Stats.NetReplOutput += int64(n)
}

func (d *Driver) replicaClosed(r *replica) {
	if d.replicas[r.feed] != r {
		return
	}
	d.reportReplica(r, cmp.Or(r.dropped, "the connection was lost"))
	d.tellReplica(r, false)
	delete(d.replicas, r.feed)
	if !r.rdbOnly { // that one leaves because it has what it came for
		d.uncount(r)
	}
	d.master.Remove(r.feed, time.Now())
	d.log.Info("Connection with replica " + r.name() + " lost.")
}

// uncount takes a replica that is lost out of the snapshots that it was getting or got.
func (d *Driver) uncount(r *replica) {
	if snap := d.snapshots[r.feed.Snapshot()]; snap != nil && r.feed.State() == repl.FeedSendBulk {
		snap.dropped = true
	}
	isIt := func(f *repl.Feed) bool { return f == r.feed }
	for _, snap := range d.snapshots {
		snap.served = slices.DeleteFunc(snap.served, isIt)
	}
	for snap := range d.settling {
		snap.served = slices.DeleteFunc(snap.served, isIt)
	}
	d.settleTransfers()
}

func (d *Driver) drop(f *repl.Feed, why repl.DropReason) {
	r := d.replicas[f]
	d.log.Warn(why.String() + ": " + r.name())
	r.dropped = why.String()
	if why == repl.DropOutputLimit {
		d.e.OverLimit(r.s, "scheduled to be closed ASAP")
		return
	}
	if why == repl.DropSnapshotFailed && f.State() != repl.FeedSendBulk {
		r.say("-ERR BGSAVE failed, replication can't continue\r\n")
		d.e.CloseAfterWrite(r.s)
		return
	}
	d.e.Close(r.s)
}

// dropReplicas disconnects all sub-replicas, to make them ask anew.
func (d *Driver) dropReplicas() {
	for _, f := range d.master.Feeds() {
		d.e.Close(d.replicas[f].s)
	}
}

// Wait is the command WAIT: it replies at once when enough replicas have what the client wrote, or when blocking is not
// allowed; else the session is parked. deadline is Unix ms, 0 for ever.
func (d *Driver) Wait(s *session.Session, replicas int, deadline int64, mayBlock bool) {
	at := min(repl.Offset(s.WriteOffset), d.stream.Offset()) // it may have written to a longer history, before a full sync
	n := d.master.Acknowledged(at)
	if n >= replicas || !mayBlock {
		s.W.Int(int64(n))
		return
	}
	d.park(s, &session.BlockState{Kind: session.OnWait, WaitReplicas: replicas, WaitOffset: int64(at), Deadline: deadline})
}

// WaitAOF is Wait for what the client wrote to be on disk: here, if local is 1, and on so many replicas.
func (d *Driver) WaitAOF(s *session.Session, local, replicas int, deadline int64, mayBlock bool) {
	st := &session.BlockState{Kind: session.OnWait, WaitAOF: true, WaitLocal: local, WaitReplicas: replicas, Deadline: deadline,
		WaitOffset: min(s.WriteOffset, int64(d.stream.Offset())), WaitPosition: s.AOFPosition}
	if done, write := d.waited(st); done || !mayBlock {
		write(s)
		return
	}
	d.park(s, st)
}

func (d *Driver) park(s *session.Session, st *session.BlockState) {
	d.e.Park(s, st)
	d.waiters = append(d.waiters, s)
	if st.WaitReplicas > 0 {
		d.master.RequestAck()
		d.e.Post(func() { d.do(d.master.Tick(d.env(), time.Now())) }) // once for all who wait in this turn
	}
}

// waited says whether what a client waits for has come, and returns what writes the reply, of that or of what there is so far.
func (d *Driver) waited(st *session.BlockState) (done bool, write func(*session.Session)) {
	at := repl.Offset(st.WaitOffset)
	if !st.WaitAOF {
		n := d.master.Acknowledged(at)
		return n >= st.WaitReplicas, func(s *session.Session) { s.W.Int(int64(n)) }
	}
	local, n := 0, d.master.Synced(at)
	upTo, _, on := d.p.OnDisk()
	if on && upTo >= st.WaitPosition {
		local = 1
	}
	return local >= st.WaitLocal && n >= st.WaitReplicas, func(s *session.Session) {
		s.W.Array(2)
		s.W.Int(int64(local))
		s.W.Int(int64(n))
	}
}

// serveWaiters replies to those whose writes have come far enough now.
func (d *Driver) serveWaiters() {
	if len(d.waiters) == 0 {
		return
	}
	d.waiters = slices.DeleteFunc(d.waiters, func(s *session.Session) bool {
		st := s.Block
		if s.Conn == nil || st == nil || st.Kind != session.OnWait {
			return true
		}
		done, write := d.waited(st)
		if done {
			d.e.Unblock(s, func() { write(s) })
		}
		return done
	})
}

// waitTimeout replies to a WAIT or WAITAOF whose time is over with how far it has come.
func (d *Driver) waitTimeout(s *session.Session, st *session.BlockState) {
	_, write := d.waited(st)
	d.e.Unblock(s, func() { write(s) })
	if i := slices.Index(d.waiters, s); i >= 0 {
		d.waiters = slices.Delete(d.waiters, i, i+1)
	}
}

// settled is told that more of the append-only file is on disk: clients may wait for that here, or the master may.
func (d *Driver) settled() {
	d.serveWaiters()
	if d.syncAsked && d.follow != nil && !d.p.Flushing() {
		d.syncAsked = false
		d.do(d.link.AckNow(time.Now()))
	}
}

// appendAck appends the acknowledgement to the master, with the offset that is on disk when there is an append-only file.
func (d *Driver) appendAck(dst []byte) []byte {
	_, at, on := d.p.OnDisk()
	if !on || at.None() || at.History != d.position().History {
		return wire.AppendAck(dst, d.stream.Offset())
	}
	return wire.AppendAckSynced(dst, d.stream.Offset(), repl.Offset(at.Offset))
}
