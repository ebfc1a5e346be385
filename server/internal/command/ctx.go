package command

import (
	"bytes"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// NotifyClass is a class of keyspace events, named by its letter in notify-keyspace-events.
type NotifyClass uint16

const (
	NotifyKeyspace NotifyClass = 1 << iota // K
	NotifyKeyevent                         // E
	NotifyGeneric                          // g
	NotifyString                           // $
	NotifyList                             // l
	NotifySet                              // s
	NotifyHash                             // h
	NotifyZSet                             // z
	NotifyExpired                          // x
	NotifyEvicted                          // e
	NotifyStream                           // t
	NotifyKeyMiss                          // m
	NotifyModule                           // d
	NotifyNew                              // n
)

// Hooks is what the engine lends to a Ctx: the consequences of a change outside of the store.
type Hooks interface {
	// Modified tells WATCH, client tracking and blocked clients that key of database db changed.
	Modified(db int, key []byte)
	// Ready tells the clients that wait for key alone: what it is to others has not changed.
	Ready(db int, key []byte)
	// Notify publishes a keyspace event, if configured.
	Notify(class NotifyClass, event string, db int, key []byte)
	// Block parks the calling client. See Ctx.Block.
	Block(b Block)
	// ReadsEveryKey reports whether the client may read keys that the running call does not name as arguments (SORT's BY and GET).
	ReadsEveryKey() bool
}

// NilReply selects what a command that must not block replies at once. A client whose time is over gets a null array in any case.
type NilReply uint8

const (
	NilArray NilReply = iota // RESP2 *-1, RESP3 _
	NilBulk                  // RESP2 $-1, RESP3 _
)

// Block asks the engine to park the client until one of Keys is changed into something that the command can use, or Deadline.
// The engine then runs the same command again (from its start, with the same arguments, for that key alone: see Ctx.Woken); when it would block again it stays
// parked with its first deadline and its place in the queue.
type Block struct {
	Keys     [][]byte
	Deadline int64      // Unix milliseconds, 0: for ever
	OnExpiry NilReply   // the reply at the deadline
	Type     store.Type // a key of this type wakes the client
	// Lost tells, when key has changed, whether the client can still be served by it: the error with which it is unblocked, or "". Nil: it
	// goes on waiting whatever becomes of its keys.
	Lost func(db *store.DB, key []byte, now int64) string
}

// Ctx is everything that a command may see. One Ctx is reused for all calls: keep no reference to it.
type Ctx struct {
	Args  [][]byte // Args[0] is the name as the client wrote it
	Spec  *Spec
	DB    *store.DB    // the client's selected database
	Store *store.Store // all databases, for the few commands that cross them
	Reply *resp.Writer
	Now   int64 // Unix time in milliseconds, frozen for the command
	Hooks Hooks

	Dirty   int64   // number of changes; the engine compares it before and after
	Effects Effects // what is propagated instead of, or beside, the command itself

	DenyBlocking bool // inside MULTI, a script, or from the master: act as if the timeout came at once
	InScript     bool // the command is one of a script
	FromMaster   bool // the command came over the replication stream
	Loading      bool // the command is replayed from an AOF

	// Woken is the key by which a parked client is served: its command, which runs again, leaves the others alone. Nil otherwise.
	Woken []byte

	Client any // the *session.Session, for the families that manage connections

	// TooMuch reports whether the reply so far is more than the client may have waiting; nil: there is no limit.
	TooMuch func() bool

	replaced, forward bool
	secret            []int // arguments that nobody else may see
}

// Begin readies the context for the next command; Args, DB and the rest are set by the caller.
func (c *Ctx) Begin() {
	c.replaced, c.forward = false, false
	c.secret = c.secret[:0]
}

// Passes reports whether a command that may wait is to pass over a key, since another one woke its client.
func (c *Ctx) Passes(key []byte) bool { return c.Woken != nil && !bytes.Equal(c.Woken, key) }

// Key is the first argument after the name.
func (c *Ctx) Key() []byte { return c.Args[1] }

// Fail writes an error reply; msg carries its code ("ERR ...").
func (c *Ctx) Fail(msg string) { c.Reply.Error(msg) }

// Changed records that key was changed by an operation of the given event class and name. It does not count Dirty.
func (c *Ctx) Changed(class NotifyClass, event string, key []byte) {
	db := c.DB.Index()
	c.Hooks.Modified(db, key)
	c.Hooks.Notify(class, event, db, key)
}

// Modified is Changed without an event.
func (c *Ctx) Modified(key []byte) { c.Hooks.Modified(c.DB.Index(), key) }

// Notify publishes a keyspace event without marking the key as changed.
func (c *Ctx) Notify(class NotifyClass, event string, key []byte) {
	c.Hooks.Notify(class, event, c.DB.Index(), key)
}

// Replace propagates the given command instead of the one received. Called again, or followed by Also, it adds
// further effects; more than one are wrapped in MULTI/EXEC by the journal. The arguments are copied at once.
func (c *Ctx) Replace(args ...[]byte) {
	c.replaced = true
	c.Effects.Add(c.DB.Index(), args...)
}

// ReplaceStrings is Replace for a command word followed by arguments, sparing the caller the conversions.
func (c *Ctx) ReplaceStrings(name string, args ...[]byte) {
	c.replaced = true
	c.Effects.AddNamed(c.DB.Index(), name, args...)
}

// NoPropagate suppresses the propagation of the command as received.
func (c *Ctx) NoPropagate() { c.replaced = true }

// Abandon reports whether it is in vain to go on with a reply of any length: the client is about to be closed because of what it
// has waiting. Handlers whose reply has no bound but a number from the client ask now and then; n counts the elements.
func (c *Ctx) Abandon(n int) bool { return n&1023 == 0 && c.TooMuch != nil && c.TooMuch() }

// AbandonLarge is Abandon for replies that can name one large value many times; n is the length of the element that was written.
func (c *Ctx) AbandonLarge(n int) bool {
	const large = 16 << 10
	return n >= large && c.Abandon(0)
}

// Redact hides an argument from MONITOR and the slow log.
func (c *Ctx) Redact(arg int) { c.secret = append(c.secret, arg) }

// Shown returns the call's arguments as others may see them.
func (c *Ctx) Shown(args [][]byte) [][]byte {
	if len(c.secret) == 0 {
		return args
	}
	shown := append([][]byte(nil), args...)
	for _, i := range c.secret {
		shown[i] = []byte("(redacted)")
	}
	return shown
}

// Forward propagates the command as received to the replicas, though it changed no data, and not to the append-only file.
func (c *Ctx) Forward() { c.forward = true }

// Forwarded reports whether Forward was called.
func (c *Ctx) Forwarded() bool { return c.forward }

// Replaced reports whether the command named its own effects.
func (c *Ctx) Replaced() bool { return c.replaced }

// Block parks the client (see Block) and returns true, or, where blocking is not allowed, writes the timeout reply and returns false.
// Either way the command is finished.
func (c *Ctx) Block(b Block) bool {
	if c.DenyBlocking {
		if b.OnExpiry == NilBulk {
			c.Reply.Null()
		} else {
			c.Reply.NullArray()
		}
		return false
	}
	c.Hooks.Block(b)
	return true
}
