package repl

import (
	"strconv"
	"strings"
	"time"
)

// Addr is where a master listens. The host is as configured: a name stays a name (B8).
type Addr struct {
	Host string
	Port int
}

// String returns host:port, an IPv6 address in brackets.
func (a Addr) String() string {
	if strings.Contains(a.Host, ":") {
		return "[" + a.Host + "]:" + strconv.Itoa(a.Port)
	}
	return a.Host + ":" + strconv.Itoa(a.Port)
}

// LinkState says how far a replica has come with its master.
//
//	None --Follow--> Waiting --ActDial--> Connecting --Connected--> Handshaking --Continued--> Up
//	                    ^                     |                          |                      ^
//	                    |                     |                          +--FullSync--> Receiving --Loaded
//	                    +-- failure, time-out, cut: from any state, after a pause ------+
type LinkState uint8

// The states of a Link.
const (
	LinkNone        LinkState = iota // the node is a master
	LinkWaiting                      // will dial at a certain time
	LinkConnecting                   // dialling
	LinkHandshaking                  // talking, until the answer to PSYNC
	LinkReceiving                    // a snapshot is coming, or being loaded
	LinkUp                           // the stream goes on
)

// String returns the word that ROLE uses.
func (s LinkState) String() string {
	switch s {
	case LinkNone:
		return "none"
	case LinkWaiting:
		return "connect"
	case LinkConnecting:
		return "connecting"
	case LinkHandshaking:
		return "handshake"
	case LinkReceiving:
		return "sync"
	case LinkUp:
		return "connected"
	default:
		panic("BUG: link state out of range")
	}
}

// Pauses between attempts: after a cut the first comes at once, so that a partial sync costs milliseconds (B9), then
// each waits twice as long as the one before. A link counts as having been good when it was up for settleAfter; a
// shorter one is worth one attempt at once, but does not start the pauses anew, or a master that hangs up on us would be
// dialled without end.
const (
	firstPause  = 20 * time.Millisecond
	lastPause   = time.Second
	settleAfter = time.Second
)

// ackEvery is how often a replica tells its offset.
const ackEvery = time.Second

// Link decides what a replica does about its master: a state machine that is told what happened and says what to do.
//
// Each connection has a number, given with [ActDial]. What is reported about another than the present one is ignored,
// so that a late report of a connection already given up does no harm.
type Link struct {
	// Timeout is repl-timeout: how long the master may be silent in any state.
	Timeout time.Duration

	stream *Stream
	state  LinkState
	addr   Addr
	conn   uint64 // number of the present or the last connection

	retryAt   time.Time
	pause     time.Duration // before the next attempt but one
	heardAt   time.Time     // when the master last gave a sign of life
	upAt      time.Time     // when the link came up
	downAt    time.Time     // since when the link is down; zero: up, or no master
	nextAck   time.Time
	loading   bool // between BeginLoad and Loaded or LoadFailed
	load      Load
	newlineAt time.Time // when the next newline is due, while loading
	noAcks    bool      // an old master that knows no offsets
	syncID    ID        // what the running full sync leads to
	syncAt    Offset

	actions []Action
}

// Load says how a snapshot is loaded.
type Load struct {
	// Direct: from the connection, without a file. Then the master must not be silent for longer than the time-out.
	Direct bool
	// KeepsOld: the old data stays in use until the new is complete (repl-diskless-load swapdb).
	KeepsOld bool
}

// NewLink returns the link of a node that is a master.
func NewLink(s *Stream, timeout time.Duration) *Link {
	return &Link{stream: s, Timeout: timeout}
}

// State returns how far the link is.
func (l *Link) State() LinkState { return l.state }

// Master returns where the master is; the zero Addr when there is none.
func (l *Link) Master() Addr { return l.addr }

// Connection returns the number of the present connection.
func (l *Link) Connection() uint64 { return l.conn }

// DownSince returns since when the link has been down, and false when it is up or there is no master (R39).
func (l *Link) DownSince() (time.Time, bool) { return l.downAt, !l.downAt.IsZero() }

// HeardAt returns when the master last gave a sign of life, INFO's master_last_io_seconds_ago, and false if there is no
// connection that has.
func (l *Link) HeardAt() (time.Time, bool) {
	return l.heardAt, l.state == LinkUp || l.state == LinkReceiving
}

// SyncTarget returns the history and the offset that the running full sync leads to.
func (l *Link) SyncTarget() (ID, Offset) { return l.syncID, l.syncAt }

// NextAttempt returns when the next connection will be tried, and false when none is planned. A Tick at that time does
// it; one that comes later only does it later.
func (l *Link) NextAttempt() (time.Time, bool) { return l.retryAt, l.state == LinkWaiting }

// Loading says whether a snapshot from the master is being loaded.
func (l *Link) Loading() bool { return l.loading }

// Request returns what to ask the master for. A node whose data belongs to no history that others can know asks for
// everything.
func (l *Link) Request() Request {
	if !l.stream.Active() {
		return Request{}
	}
	return Request{ID: l.stream.ID(), From: l.stream.Offset()}
}

// Follow makes the node follow the master at addr. It reports false, and does nothing, when it already does (R15).
// The caller has demoted the stream if the node was a master.
func (l *Link) Follow(addr Addr, now time.Time) ([]Action, bool) {
	if l.state != LinkNone && l.addr == addr {
		return nil, false
	}
	l.begin()
	wasUp := l.state == LinkUp
	l.hangUp()
	l.addr, l.state, l.retryAt, l.pause = addr, LinkWaiting, now, firstPause
	if wasUp || l.downAt.IsZero() {
		l.downAt = now
	}
	return l.actions, true
}

// Unfollow makes the node a master. The caller promotes the stream.
func (l *Link) Unfollow() []Action {
	l.begin()
	l.hangUp()
	l.addr, l.state, l.downAt = Addr{}, LinkNone, time.Time{}
	return l.actions
}

// hangUp leaves the present connection, in whatever state it is (R29).
func (l *Link) hangUp() {
	switch l.state {
	case LinkNone, LinkWaiting:
		return
	case LinkUp:
		l.do(Action{Kind: ActHangUp, Connection: l.conn})
		l.do(Action{Kind: ActLinkDown})
	case LinkConnecting, LinkHandshaking, LinkReceiving:
		l.do(Action{Kind: ActHangUp, Connection: l.conn})
	default:
		panic("BUG: link state out of range")
	}
	l.loading = false
}

// Tick does what is due: an attempt to connect, a time-out, an acknowledgement, a newline while loading.
// The returned slice is valid until the next call that returns actions.
func (l *Link) Tick(now time.Time) []Action {
	l.begin()
	switch l.state {
	case LinkNone:
	case LinkWaiting:
		if !now.Before(l.retryAt) {
			l.dial(now)
		}
	case LinkConnecting, LinkHandshaking:
		l.expire(now)
	case LinkReceiving:
		if l.loading && !l.load.Direct {
			l.heardAt = now // the master has nothing to say until we are done
		}
		if !l.expire(now) && l.loading && !now.Before(l.newlineAt) {
			l.newlineAt = now.Add(newlineEvery)
			l.do(Action{Kind: ActPingMaster, Connection: l.conn})
		}
	case LinkUp:
		if !l.expire(now) && !l.noAcks && !now.Before(l.nextAck) {
			l.ack(now)
		}
	default:
		panic("BUG: link state out of range")
	}
	return l.actions
}

func (l *Link) dial(now time.Time) {
	l.conn++
	l.state, l.heardAt = LinkConnecting, now
	l.do(Action{Kind: ActDial, Addr: l.addr, Connection: l.conn})
}

// expire gives up a silent connection.
func (l *Link) expire(now time.Time) bool {
	if now.Sub(l.heardAt) <= l.Timeout {
		return false
	}
	late := l.state
	l.lose(now)
	l.actions[0].Late = late
	return true
}

// lose gives up the connection and plans the next attempt. What may be continued stays as it is: the stream knows.
func (l *Link) lose(now time.Time) {
	wasUp := l.state == LinkUp
	l.hangUp()
	l.state = LinkWaiting
	switch {
	case wasUp && now.Sub(l.upAt) >= settleAfter:
		l.retryAt, l.pause = now, firstPause
	case wasUp && l.pause == firstPause:
		l.retryAt, l.pause = now, 2*firstPause // once
	default:
		l.retryAt = now.Add(l.pause)
		l.pause = min(2*l.pause, lastPause)
	}
	if l.downAt.IsZero() {
		l.downAt = now
	}
}

// Lost notes that a connection could not be made, broke, or that what came over it made no sense.
func (l *Link) Lost(conn uint64, now time.Time) []Action {
	l.begin()
	if l.is(conn) {
		l.lose(now)
	}
	return l.actions
}

// is says whether a report is about the present connection, and that one is still in use.
func (l *Link) is(conn uint64) bool {
	return conn == l.conn && l.state != LinkNone && l.state != LinkWaiting
}

// Connected notes that the connection is made: the handshake begins.
func (l *Link) Connected(conn uint64, now time.Time) {
	if l.is(conn) && l.state == LinkConnecting {
		l.state, l.heardAt = LinkHandshaking, now
	}
}

// Heard notes that something came from the master: bytes of a reply, of a snapshot, of the stream, or a newline.
func (l *Link) Heard(conn uint64, now time.Time) {
	if l.is(conn) {
		l.heardAt = now
	}
}

// Answered takes the outcome of the handshake.
func (l *Link) Answered(conn uint64, o Outcome, now time.Time) []Action {
	l.begin()
	if !l.is(conn) || l.state != LinkHandshaking {
		return l.actions
	}
	l.heardAt = now
	switch o.Kind {
	case OutcomeContinue:
		if l.stream.AdoptContinue(o.ID) {
			l.do(Action{Kind: ActDropReplicas})
		}
		l.noAcks = false
		l.comeUp(now)
	case OutcomeFull, OutcomeSync:
		l.state = LinkReceiving
		l.syncID, l.syncAt, l.noAcks = o.ID, o.Offset, o.Kind == OutcomeSync
		l.do(Action{Kind: ActReceive, Connection: l.conn})
	case OutcomeLater, OutcomeFailed:
		l.lose(now)
	default:
		panic("BUG: handshake ended without an outcome")
	}
	return l.actions
}

// BeginLoad notes that the received snapshot begins to take the place of the data. Unless the old data stays in use,
// what the history says of the data stops being true here, and fresh names what is left. Sub-replicas are
// disconnected (R13).
func (l *Link) BeginLoad(how Load, fresh ID, now time.Time) []Action {
	l.begin()
	if l.state != LinkReceiving {
		panic("BUG: load in link state " + l.state.String())
	}
	l.loading, l.load, l.heardAt, l.newlineAt = true, how, now, now
	if !how.KeepsOld {
		l.do(Action{Kind: ActDropReplicas})
		l.stream.Discard(fresh)
	}
	return l.actions
}

// Loaded notes that the snapshot is the data now, and that db is what its stream has selected. The first
// acknowledgement goes at once, because the master may wait for it before it streams (R21). fresh is used when the
// master is an old one that gave no history. The caller has disconnected the sub-replicas.
func (l *Link) Loaded(db int, fresh ID, now time.Time) []Action {
	l.begin()
	if l.state != LinkReceiving || !l.loading {
		panic("BUG: loaded in link state " + l.state.String())
	}
	l.loading = false
	id := l.syncID
	if id.IsZero() {
		id = fresh
	}
	if l.load.KeepsOld {
		l.do(Action{Kind: ActDropReplicas})
	}
	l.stream.AdoptFull(id, l.syncAt, db)
	l.heardAt = now
	l.comeUp(now)
	return l.actions
}

// LoadFailed notes that the snapshot could not be loaded. The caller has emptied the data, unless it kept the old.
func (l *Link) LoadFailed(now time.Time) []Action {
	l.begin()
	if l.state == LinkReceiving {
		l.lose(now)
	}
	return l.actions
}

func (l *Link) comeUp(now time.Time) {
	l.state, l.upAt, l.downAt = LinkUp, now, time.Time{}
	l.do(Action{Kind: ActLinkUp, Connection: l.conn})
	if !l.noAcks {
		l.ack(now)
	}
}

// AckNow answers REPLCONF GETACK from the master.
func (l *Link) AckNow(now time.Time) []Action {
	l.begin()
	if l.state == LinkUp && !l.noAcks {
		l.ack(now)
	}
	return l.actions
}

func (l *Link) ack(now time.Time) {
	l.nextAck = now.Add(ackEvery)
	l.do(Action{Kind: ActAck, Connection: l.conn})
}

func (l *Link) begin() {
	clear(l.actions)
	l.actions = l.actions[:0]
}

func (l *Link) do(a Action) { l.actions = append(l.actions, a) }
