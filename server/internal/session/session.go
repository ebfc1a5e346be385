// Package session holds what the server knows of one client: its connection, protocol version, selected database,
// transaction, watched keys, reply mode, and the counters that CLIENT LIST shows. A Session belongs to the engine's thread.
//
//	         +--------- normal ---------+
//	accept ->|  parse -> run -> reply   |-> closing (output drained) -> closed
//	         +--|-------------^---------+
//	            v             |
//	         blocked / paused-+        PSYNC turns it into a replica's session
package session

import (
	"strconv"

	"github.com/lockstep-db/lockstep/libs/netconn/loop"
	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/acl"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// Flags are the states of a session that decisions in the command path look at; all zero for an ordinary client.
type Flags uint32

const (
	Replica        Flags = 1 << iota // it sent PSYNC or SYNC: its output is the replication stream
	Master                           // our master's link: its commands are applied, not answered
	MonitorMode                      // MONITOR
	InMulti                          // between MULTI and EXEC
	DirtyCAS                         // a watched key changed
	DirtyExec                        // a command was refused while queueing
	Blocked                          // waits for keys, WAIT, or a timer
	Paused                           // its command waits for CLIENT PAUSE to end
	Closing                          // output is drained, then the connection is closed; no more commands run
	ReplyOff                         // CLIENT REPLY OFF
	ReplySkip                        // CLIENT REPLY SKIP: the running command's reply is dropped
	ReplySkipNext                    // set by CLIENT REPLY SKIP, becomes ReplySkip when that has ended
	Unix                             // came over a Unix socket
	ReadOnlyMode                     // cluster READONLY
	NoEvict                          // CLIENT NO-EVICT on
	Script                           // pseudo client of a script
	Tracking                         // CLIENT TRACKING on
	InPubSub                         // RESP2 subscriber: only (un)subscribe, PING, QUIT, RESET
	ProtoErr                         // the request could not be parsed; the error is on its way out
	PreventPropEff                   // reserved for scripts
	NoTouch                          // CLIENT NO-TOUCH
)

// Muted are the states in which replies are dropped.
const Muted = ReplyOff | ReplySkip

// Session is one client.
type Session struct {
	ID    int64
	Conn  *loop.Conn // nil for clients without a socket (AOF, scripts)
	In    resp.Parser
	W     resp.Writer // replies; W.Buf is the connection's output while commands run
	Flags Flags
	DB    int

	Authenticated bool
	User          *acl.User // nil: may do everything (the master's link)
	Name          string
	Addr, LAddr   string

	Created     int64  // Unix ms
	LastActive  int64  // Unix ms of the last request or reply sent
	LastCommand string // full name, "NULL" before the first
	Commands    int64

	Multi      *Multi
	Watched    []*WatchedKey // changed by Watch and Unwatch
	watchBytes int
	Block      *BlockState
	// Postponed keeps the command of a paused client; PostponedRaw the same as bytes of the stream, if the client is our master.
	Postponed    [][]byte
	PostponedRaw []byte

	// WriteOffset is the next byte of the replication stream after the client's last write: what its WAIT waits for.
	WriteOffset int64

	// AOFPosition is the end of what the client has written, in bytes given to the append-only file.
	AOFPosition int64

	// SoftLimitSince is when the output passed the soft limit, Unix ms, 0 while below.
	SoftLimitSince int64

	// Repl is the replication driver's own state of a replica, which is a StreamReader, or of the master's link.
	Repl any
	// PubSub is the subscriber's state, nil without subscriptions.
	PubSub *Subscriptions
	// Track is the state of client-side caching, nil without.
	Track *Track

	// Debug is set while the client's next EVAL is to be debugged, and during that.
	Debug *Debug

	// Counted is the memory that client eviction has counted for this client.
	Counted int
	Unsent  bool // listed by the engine: output was under way when it was counted

	open bool // W.Buf holds the connection's output
	// began is 1 + the length of W.Buf before the reply of the running command, 0 between commands; kept are messages that must not
	// stand inside of that reply. See Push.
	began int
	kept  []byte

	// Prev and Next link all sessions in order of arrival; the engine owns the list.
	Prev, Next *Session
}

// Multi is an open transaction: the queued commands, copied since their arguments outlive the read.
type Multi struct {
	Queue []Queued
	Bytes int // memory of the queued arguments
}

// Queued is one command of a transaction. Spec is *command.Spec; session does not import command.
type Queued struct {
	Args [][]byte
	Spec any
}

// WatchedKey is one WATCH: Expired says that the key was already past its time when it was watched, so that its
// deletion by expiry does not abort the transaction.
type WatchedKey struct {
	DB      int
	Key     string
	Expired bool
}

// BlockState is a parked command.
type BlockState struct {
	Args     [][]byte
	Spec     any
	Keys     [][]byte
	Deadline int64 // Unix ms, 0 for ever
	Kind     BlockKind
	Seq      int64
	Again    bool // it was tried again, and has to wait on
	KeyType  uint8
	Lost     func(db *store.DB, key []byte, now int64) string // see command.Block
	// Wait* are WAIT's needs.
	WaitReplicas int
	WaitOffset   int64
	WaitAOF      bool // WAITAOF: on disk, here (WaitLocal) and there
	WaitLocal    int
	WaitPosition int64 // of the append-only file
}

// BlockKind says what a parked client waits for.
type BlockKind uint8

const (
	OnKeys BlockKind = iota
	OnWait
	OnPostpone
	OnAside // work on another goroutine, which always comes to an end
)

// UserName is what CLIENT LIST shows as the user.
func (s *Session) UserName() string {
	if s.User == nil {
		return "(superuser)"
	}
	return s.User.Name
}

// Has reports whether any of the flags is set.
func (s *Session) Has(f Flags) bool { return s.Flags&f != 0 }

// Set and Clear change flags.
func (s *Session) Set(f Flags)   { s.Flags |= f }
func (s *Session) Clear(f Flags) { s.Flags &^= f }

// CopyArgs copies arguments into one allocation, for whoever keeps them beyond the current read.
func CopyArgs(args [][]byte) [][]byte {
	n := 0
	for _, a := range args {
		n += len(a)
	}
	buf := make([]byte, 0, n)
	out := make([][]byte, len(args))
	for i, a := range args {
		at := len(buf)
		buf = append(buf, a...)
		out[i] = buf[at:len(buf):len(buf)]
	}
	return out
}

// FlagLetters is the flags= field of CLIENT LIST.
func (s *Session) FlagLetters() string {
	var b []byte
	add := func(f Flags, c byte) {
		if s.Has(f) {
			b = append(b, c)
		}
	}
	if s.Has(Replica) {
		if s.Has(MonitorMode) {
			b = append(b, 'O')
		} else {
			b = append(b, 'S')
		}
	} else {
		add(MonitorMode, 'O')
	}
	add(Master, 'M')
	if s.PubSub != nil {
		b = append(b, 'P')
	}
	add(InMulti, 'x')
	add(Blocked|Paused, 'b')
	add(Tracking, 't')
	if s.Track != nil && s.Track.Broken {
		b = append(b, 'R')
	}
	if s.Track != nil && s.Track.Bcast {
		b = append(b, 'B')
	}
	add(DirtyCAS, 'd')
	add(Closing, 'c')
	add(Unix, 'U')
	add(ReadOnlyMode, 'r')
	add(NoEvict, 'e')
	add(NoTouch, 'T')
	if len(b) == 0 {
		return "N"
	}
	return string(b)
}

// AppendInfo appends the session's CLIENT LIST line without a line break. now is Unix ms.
func (s *Session) AppendInfo(b []byte, now int64) []byte {
	str := func(name, v string) { b = append(append(append(b, name...), v...), ' ') }
	num := func(name string, v int64) { b = append(strconv.AppendInt(append(b, name...), v, 10), ' ') }
	num("id=", s.ID)
	str("addr=", s.Addr)
	str("laddr=", s.LAddr)
	fd := int64(-1)
	out, outList := 0, 0
	if s.Conn != nil {
		fd = int64(s.Conn.FD())
		outList = s.Output()
	}
	if s.open {
		out = len(s.W.Buf)
	}
	num("fd=", fd)
	str("name=", s.Name)
	num("age=", max(now-s.Created, 0)/1000)
	num("idle=", max(now-s.LastActive, 0)/1000)
	str("flags=", s.FlagLetters())
	num("db=", int64(s.DB))
	num("sub=", int64(s.PubSub.Count(Channel)))
	num("psub=", int64(s.PubSub.Count(Pattern)))
	num("ssub=", int64(s.PubSub.Count(ShardChannel)))
	multi, multiMem := int64(-1), int64(0)
	if s.Multi != nil {
		multi, multiMem = int64(len(s.Multi.Queue)), int64(s.Multi.Bytes)
	}
	num("multi=", multi)
	num("qbuf=", int64(s.queryBuffer()))
	num("qbuf-free=", int64(s.In.Free()+s.readBuffer(now)))
	argv := s.In.ArgsSize()
	if args := s.waitsWith(); args != nil { // the request itself may be gone
		argv = length(args)
	}
	num("argv-mem=", int64(argv))
	num("multi-mem=", multiMem)
	num("rbs=", 1024)
	num("rbp=", 0)
	num("obl=", int64(out))
	lists := int64(0)
	if outList > 0 {
		lists = 1
	}
	num("oll=", lists)
	num("omem=", int64(outList))
	num("tot-mem=", int64(s.Memory()+s.held()))
	str("events=", "r")
	str("cmd=", s.LastCommand)
	str("user=", s.UserName())
	redirect := int64(-1)
	if s.Track != nil {
		redirect = s.Track.Redirect
	}
	num("redir=", redirect)
	num("resp=", int64(s.W.Proto))
	return b[:len(b)-1]
}

// queryBuffer is the size of the requests that are not answered yet, with the one that is being run.
func (s *Session) queryBuffer() int {
	n := s.In.Buffered() - s.In.Consumed()
	if s.open {
		n += len(s.In.Raw())
	}
	return n
}

// readShare is the part of the loop's read buffers that a client which is sending counts for.
const readShare = 16 << 10

// activeFor is how long a client counts as sending after its last request, in ms.
const activeFor = 2000

func (s *Session) readBuffer(now int64) int {
	if s.Conn == nil || now-s.LastActive > activeFor {
		return 0
	}
	return readShare
}

// What an argument that is kept, and a key that is waited for, cost beside their bytes; the key in the engine's list, too.
const argMemory, waitMemory = 24, 96

// waitsWith are the arguments of a command that waits, nil if there is none.
func (s *Session) waitsWith() [][]byte {
	if s.Block != nil {
		return s.Block.Args
	}
	return s.Postponed
}

func length(args [][]byte) (n int) {
	for _, a := range args {
		n += len(a)
	}
	return n
}

// watchMemory is what a watched key costs beside its bytes, here and in the engine's list.
const watchMemory = 96

// Watch adds to Watched.
func (s *Session) Watch(w *WatchedKey) {
	s.Watched = append(s.Watched, w)
	s.watchBytes += watchMemory + len(w.Key)
}

// Unwatch empties Watched.
func (s *Session) Unwatch() { s.Watched, s.watchBytes = nil, 0 }

// Memory estimates the bytes that the client costs, as MEMORY STATS and client eviction count them.
func (s *Session) Memory() int {
	n := 1024 + s.In.Buffered() + max(s.In.Free(), s.In.Announced()) + cap(s.W.Buf)
	if s.Conn != nil {
		n += s.Conn.Pending()
	}
	if s.Multi != nil {
		n += s.Multi.Bytes + 48*len(s.Multi.Queue)
	}
	if args := s.waitsWith(); args != nil {
		n += argMemory*len(args) + length(args)
	}
	if s.Block != nil {
		n += waitMemory*len(s.Block.Keys) + length(s.Block.Keys)
	}
	return n + s.watchBytes + s.PubSub.Memory() + s.Track.memory()
}

// Open makes W append to the connection's output; true says that the caller has to Commit, false that somebody further up
// the stack does.
func (s *Session) Open() bool {
	if s.open {
		return false
	}
	s.open = true
	if s.Conn != nil {
		s.W.Buf, s.Conn.Out = s.Conn.Out, nil
	}
	return true
}

// Commit gives the output back to the connection, to be sent at the end of the turn. A session without a
// connection keeps it in W.Buf.
func (s *Session) Commit() {
	s.open = false
	s.EndReply()
	if s.Conn != nil {
		s.Conn.Out, s.W.Buf = s.W.Buf, nil
		if len(s.Conn.Out) > 0 {
			s.Conn.Flush()
		}
	}
}

// IsOpen reports whether the output is in W.Buf at the moment.
func (s *Session) IsOpen() bool { return s.open }
