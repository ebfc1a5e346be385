package replication

import (
	"bufio"
	"context"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"github.com/lockstep-db/lockstep/libs/netconn"
	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/libs/repl/wire"
	"github.com/lockstep-db/lockstep/server/internal/event"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// Dialer connects to a master: over TCP or TLS, from the configured source address.
type Dialer func(ctx context.Context, addr string) (netconn.Conn, error)

// following is one connection to the master, from dialling to its end.
type following struct {
	num    uint64 // the link's number of the connection
	cancel context.CancelFunc
	ctx    context.Context
	conn   netconn.Conn     // until the loop has it
	r      *bufio.Reader    // over conn
	s      *session.Session // from then on: the master's session
	beats  atomic.Int64     // counts signs of life before the loop has it
	seen   int64

	request  repl.Request     // what was asked for
	report   *repl.SyncReport // of this connection
	settling bool             // the link has just come up
	upAt     time.Time        // when it did
	acked    repl.Offset      // what was acknowledged while it settles, and when
	ackedAt  time.Time

	early *loading // the snapshot is loaded while it comes

	// Of the transfer of a snapshot, for INFO.
	total, read atomic.Int64
	lastRead    atomic.Int64 // Unix ns
	counted     int64        // of read
}

// tickLink lets the link do what is due, and comes back when its next attempt is.
func (d *Driver) tickLink(now time.Time) {
	if f := d.follow; f != nil {
		n := f.beats.Load()
		if f.s != nil {
			n = f.s.LastActive // changes whenever bytes come, also those of a command that is not complete
		}
		if n != f.seen {
			f.seen = n
			d.link.Heard(f.num, now)
		}
	}
	d.do(d.link.Tick(now))
	d.planRetry(now)
}

// planRetry wakes the engine for the next attempt: its cron would come late (B9).
func (d *Driver) planRetry(now time.Time) {
	if d.retry != nil {
		d.retry.Stop()
		d.retry = nil
	}
	if at, ok := d.link.NextAttempt(); ok {
		d.retry = time.AfterFunc(at.Sub(now), func() {
			d.e.Post(func() { d.tickLink(time.Now()) })
		})
	}
}

// doLink carries out the actions of a link.
func (d *Driver) doLink(a repl.Action) {
	switch a.Kind {
	case repl.ActDial:
		d.startDial(a.Addr, a.Connection)
	case repl.ActHangUp:
		d.logTimeout(a.Late)
		d.hangUp()
	case repl.ActAck:
		d.toMaster(d.appendAck(nil))
	case repl.ActPingMaster:
		d.toMaster([]byte("\n"))
	case repl.ActLinkDown:
		d.log.Info("Connection with master lost.")
		d.tellMasterLink(false, false)
	case repl.ActLinkUp, repl.ActReceive: // whoever has reported goes on with it
	default:
		panic("BUG: unknown action " + a.String())
	}
}

// toMaster sends to the master what is no reply to anything.
func (d *Driver) toMaster(p []byte) {
	f := d.follow
	switch {
	case f == nil:
	case f.s != nil:
		d.e.Reply(f.s, func() { f.s.W.Buf = append(f.s.W.Buf, p...) })
	case f.conn != nil:
		_ = f.conn.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = f.conn.Write(p) // a broken connection shows itself to the reader
	}
}

// logTimeout says in Redis's words that the master was silent for too long.
func (d *Driver) logTimeout(in repl.LinkState) {
	switch in {
	case repl.LinkConnecting, repl.LinkHandshaking:
		d.log.Warn("Timeout connecting to the MASTER...")
	case repl.LinkReceiving:
		d.log.Warn("Timeout receiving bulk data from MASTER... If the problem persists try to set the 'repl-timeout' parameter in redis.conf to a larger value.")
	case repl.LinkUp:
		d.log.Warn("MASTER timeout: no data nor PING received...")
	}
}

// hangUp leaves the present connection. What was read but not applied is dropped (R7).
func (d *Driver) hangUp() {
	f := d.follow
	if f == nil {
		return
	}
	d.follow = nil
	d.stopLoading(event.Failed, errGivenUp)
	f.cancel()
	d.countRead(f)
	d.reportFailure(f, "given up")
	switch {
	case f.s != nil:
		d.masterDB = f.s.DB
		d.e.ResetMasterStream(f.s)
		d.e.Close(f.s)
	case f.conn != nil:
		_ = f.conn.Close()
	}
}

// lost reports the end of a connection.
func (d *Driver) lost(f *following, err error) {
	if d.follow != f {
		return
	}
	why := "the connection was lost"
	if err != nil {
		d.log.Warn("Error condition on the connection with MASTER: " + err.Error())
		why = err.Error()
	}
	d.reportFailure(f, why)
	now := time.Now()
	d.do(d.link.Lost(f.num, now))
	d.tickLink(now)
}

// startDial connects and talks on a goroutine of its own.
func (d *Driver) startDial(addr repl.Addr, num uint64) {
	ctx, cancel := context.WithCancel(context.Background())
	f := &following{num: num, ctx: ctx, cancel: cancel}
	d.follow = f
	f.beginReport(addr)
	d.log.Info("Connecting to MASTER " + addr.String())
	cfg := d.handshakeConfig()
	timeout := d.timeout()
	// What to ask for is decided now: from here to the answer nothing changes it without hanging up.
	cfg.Request = d.link.Request()
	f.request = cfg.Request
	go func() {
		conn, err := d.dial(ctx, addr.String())
		if err == nil {
			f.r = bufio.NewReaderSize(&beating{conn, f, timeout + patience}, 64<<10)
		}
		d.e.Post(func() { d.dialled(f, conn, err) })
		if err != nil {
			return
		}
		d.talk(f, conn, cfg)
	}()
}

// talk carries out the handshake, on the goroutine of the connection.
func (d *Driver) talk(f *following, conn netconn.Conn, cfg repl.HandshakeConfig) {
	h := repl.NewHandshake(cfg)
	o, err := wire.Handshake(f.r, conn, h, nil)
	d.e.Post(func() { d.answered(f, h, o, err) })
}

// patience is by how much the time-out of a read is longer than the link's own, which knows more.
const patience = time.Second

func (d *Driver) handshakeConfig() repl.HandshakeConfig {
	c := d.cfg
	h := repl.HandshakeConfig{User: c.MasterUser, Passwords: slices.Clone(c.MasterAuth), Port: c.Port, IP: c.ReplicaAnnounceIP,
		Failover: d.failover.State() == repl.FailoverRequesting}
	if c.ReplicaAnnouncePort != 0 {
		h.Port = c.ReplicaAnnouncePort
	}
	return h
}

func (d *Driver) dialled(f *following, conn netconn.Conn, err error) {
	if d.follow != f {
		if conn != nil {
			_ = conn.Close()
		}
		return
	}
	if err != nil {
		d.lost(f, err)
		return
	}
	f.conn = conn
	d.log.Info("MASTER <-> REPLICA sync started")
	d.link.Connected(f.num, time.Now())
	if f.request.ID.IsZero() {
		d.log.Info("Partial resynchronization not possible (no cached master)")
	} else {
		d.log.Info("Trying a partial resynchronization (request " + f.request.ID.String() + ":" + itoa(f.request.From.PSYNC()) + ").")
	}
}

// beating is the connection to a master as a goroutine reads it: each read is a sign of life and has the time-out.
type beating struct {
	netconn.Conn
	f       *following
	timeout time.Duration
}

func (b *beating) Read(p []byte) (int, error) {
	_ = b.Conn.SetReadDeadline(time.Now().Add(b.timeout))
	n, err := b.Conn.Read(p)
	if n > 0 {
		b.f.beats.Add(1)
	}
	return n, err
}

var _ io.Reader = (*beating)(nil)

// answered goes on with the outcome of the handshake.
func (d *Driver) answered(f *following, h *repl.Handshake, o repl.Outcome, err error) {
	if d.follow != f {
		return
	}
	for _, note := range h.Notes {
		d.log.Info(note)
	}
	if d.failoverAnswered(h, o, err); d.follow != f {
		return // a master again
	}
	if err != nil {
		d.lost(f, err)
		return
	}
	now := time.Now()
	switch o.Kind {
	case repl.OutcomeContinue:
		d.log.Info("Successful partial resynchronization with master.")
		d.reportAnswer(f, o)
		if !o.ID.IsZero() && o.ID != d.stream.ID() {
			d.log.Info("Master replication ID changed to " + o.ID.String())
		}
		actions := d.link.Answered(f.num, o, now)
		if d.adopt(f) {
			d.do(actions)
			d.settle(f)
			d.tellMasterLink(true, false)
			d.readOn(f)
			d.log.Info("MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.")
		}
	case repl.OutcomeFull, repl.OutcomeSync:
		d.log.Info("Full resync from master: " + o.ID.String() + ":" + itoa(o.Offset.Info()))
		d.reportAnswer(f, o)
		d.do(d.link.Answered(f.num, o, now))
		d.receive(f)
	default:
		if o.Err != nil {
			d.log.Warn(o.Err.Error())
		}
		d.do(d.link.Answered(f.num, o, now))
		d.planRetry(now)
	}
}

// adopt gives the connection to the loop and makes it the master's session.
func (d *Driver) adopt(f *following) bool {
	_ = f.conn.SetDeadline(time.Time{})
	c, err := d.e.Loop().Adopt(f.conn, nil)
	f.conn = nil
	if err != nil {
		d.lost(f, err)
		return false
	}
	s := d.e.Adopt(c)
	s.Set(session.Master)
	s.In.MaxBulk = -1
	s.In.Unauthenticated = false
	s.DB = d.masterDB
	s.Repl = f
	f.s = s
	return true
}

// readOn hands over what was read behind the last reply: the beginning of the stream.
func (d *Driver) readOn(f *following) {
	rest, _ := f.r.Peek(f.r.Buffered())
	f.r = nil
	if len(rest) > 0 && f.s != nil && f.s.Conn != nil {
		d.e.Data(f.s.Conn, rest)
	}
}

// Applied implements engine.Replication: what was applied goes to our own backlog and replicas, byte for byte (R6).
func (d *Driver) Applied(s *session.Session, raw []byte) {
	f, ok := s.Repl.(*following)
	if !ok || d.follow != f {
		return
	}
	d.e.Journal.Applied(d.stream, raw, d.masterDB, s.DB)
	d.masterDB = s.DB
	if d.ackSoon {
		d.ackSoon = false
		d.do(d.link.AckNow(time.Now()))
	}
}
