package engine

import (
	"log/slog"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/config"
	"github.com/lockstep-db/lockstep/server/internal/session"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// Deps is what the application gives to a new engine.
type Deps struct {
	Config *config.Config
	Store  *store.Store
	Log    *slog.Logger
}

// Replication is what the command path asks the replication driver.
type Replication interface {
	// Applied is called after each command of the master's link with the exact bytes it came in, outside of a transaction,
	// or with those of the whole transaction after its EXEC (R6).
	Applied(s *session.Session, raw []byte)
	// LinkUp reports whether the link to the master is up, false on a master.
	LinkUp() bool
	// GoodReplicas counts replicas whose lag is within min-replicas-max-lag.
	GoodReplicas() int
	// Offset is the next byte of the replication stream.
	Offset() int64
	// Closed says that the connection of a replica or of the master's link is gone.
	Closed(s *session.Session)
	// Turn runs once per turn of the loop after commands ran: kick replicas that have new bytes.
	Turn(now int64)
	// Cron runs ten times a second (hz).
	Cron(now int64)
	// CommandError is told of an error reply to a command of the master or a replica (R36).
	CommandError(s *session.Session, args [][]byte, reply []byte)
}

// Persistence is what the command path asks the persistence driver.
type Persistence interface {
	// WriteError is the error that must refuse writes (MISCONF), or empty.
	WriteError() string
	// Appended counts the bytes given to the append-only file since the start.
	Appended() int64
	// Turn runs once per turn after effects were journaled and before replies are sent: AOF flush.
	Turn(now int64)
	// Cron runs ten times a second: save points, rewrite triggers.
	Cron(now int64)
}

type noReplication struct{}

func (noReplication) Applied(*session.Session, []byte)                {}
func (noReplication) LinkUp() bool                                    { return false }
func (noReplication) GoodReplicas() int                               { return 0 }
func (noReplication) Offset() int64                                   { return 0 }
func (noReplication) Closed(*session.Session)                         {}
func (noReplication) Turn(int64)                                      {}
func (noReplication) Cron(int64)                                      {}
func (noReplication) CommandError(*session.Session, [][]byte, []byte) {}

// stillReplication is replication as it was when a copy of the engine was made.
type stillReplication struct {
	noReplication
	up           bool
	goodReplicas int
	offset       int64
}

func (r stillReplication) LinkUp() bool      { return r.up }
func (r stillReplication) GoodReplicas() int { return r.goodReplicas }
func (r stillReplication) Offset() int64     { return r.offset }

type noPersistence struct{}

func (noPersistence) WriteError() string { return "" }
func (noPersistence) Appended() int64    { return 0 }
func (noPersistence) Turn(int64)         {}
func (noPersistence) Cron(int64)         {}

// stillPersistence is persistence as it was when a copy of the engine was made.
type stillPersistence struct {
	noPersistence
	writeError string
}

func (p stillPersistence) WriteError() string { return p.writeError }

// Subscribers delivers keyspace events and client tracking; the pub/sub package implements it.
type Subscribers interface {
	// KeyspaceEvent publishes what happened to a key; on says which of the two channels are configured.
	KeyspaceEvent(on command.NotifyClass, event string, db int, key []byte)
	// Forget ends what a client has subscribed to and what it caches.
	Forget(s *session.Session)
	Counts() (channels, patterns, shard int)
	Tracking
}

// Tracking is client-side caching.
type Tracking interface {
	// Invalidate tells clients that cache key that it changed: by somebody, or by nobody; current is whose command runs, or nil.
	Invalidate(by, current *session.Session, key []byte)
	// Flushed tells them that everything changed.
	Flushed(current *session.Session)
	// Remember notes that a client has read the keys of a call.
	Remember(s *session.Session, spec *command.Spec, args [][]byte)
	// AfterCommand sends what had to wait for the reply of a client's command.
	AfterCommand(s *session.Session)
	// Limit forgets keys beyond tracking-table-max-keys.
	Limit(most int)
	TrackingCounts() (clients, keys, items, prefixes int)
}
