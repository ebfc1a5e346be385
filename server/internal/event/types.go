package event

import (
	"fmt"
	"strconv"
)

// Role says that the node became a replica of Master, or a master.
type Role struct {
	Replica bool
	Master  string // host:port; empty on a master
}

// MasterLink says that the link to the master came up or went down.
type MasterLink struct {
	Up     bool
	Master string
	Full   bool // it came up by a full sync
}

// ReplicaLink says that a replica is online (it has the data and is sent the stream), or no longer.
type ReplicaLink struct {
	Online  bool
	Replica string // as in INFO: its announced address
}

// Phase is how far something is that takes time.
type Phase uint8

// The phases. Progress comes any number of times, and only of loading.
const (
	Begun Phase = iota
	Progress
	Done
	Failed
)

// String returns the word of a log line.
func (p Phase) String() string { return [...]string{"started", "progress", "ended", "failed"}[p] }

// Target is what persistence writes.
type Target uint8

// The targets.
const (
	RDB         Target = iota // BGSAVE, SAVE
	AOF                       // a rewrite of the append-only file
	Replication               // a snapshot for replicas
)

// String returns the word of a log line.
func (t Target) String() string { return [...]string{"RDB", "AOF", "replication"}[t] }

// Persistence says that a snapshot begins to be written, is complete, or could not be.
type Persistence struct {
	Target     Target
	Phase      Phase
	Background bool
	Err        error // of Failed
}

// Cause is why a data set is loaded.
type Cause uint8

// The causes.
const (
	FromRDB    Cause = iota // at the start
	FromAOF                 // at the start
	FromMaster              // a full sync
	Reload                  // DEBUG RELOAD, DEBUG LOADAOF
)

// String returns the word of a log line.
func (c Cause) String() string {
	return [...]string{"RDB file", "AOF", "master", "reload"}[c]
}

// Loading says that a data set begins to be loaded, is being, is complete, or could not be.
type Loading struct {
	Cause       Cause
	Phase       Phase
	Async       bool  // the old data set is served meanwhile
	Done, Total int64 // bytes; Total 0: not known
	Err         error // of Failed
}

// Flush says that data is about to be emptied, and then that it was. What a load puts aside or drops on its own account,
// such as the old data set behind a swapdb load or the half of one that failed, is no flush (R37).
type Flush struct {
	Phase      Phase // Begun, Done
	DB         int   // -1: all
	FromMaster bool  // for a full sync, not by a command
}

// Cron is the engine's clock, hz times a second.
type Cron struct {
	Now int64 // Unix ms
	Hz  int
}

// Started says that the server has loaded its data and serves; Replica that it follows a master.
type Started struct{ Replica bool }

// Shutdown says that the server is about to end.
type Shutdown struct{}

// Extension says that an extension was loaded or unloaded.
type Extension struct {
	Loaded  bool
	Name    string
	Version int
}

// Kind implements Event.
func (Role) Kind() Kind        { return KindRole }
func (MasterLink) Kind() Kind  { return KindMasterLink }
func (ReplicaLink) Kind() Kind { return KindReplicaLink }
func (Persistence) Kind() Kind { return KindPersistence }
func (Loading) Kind() Kind     { return KindLoading }
func (Flush) Kind() Kind       { return KindFlush }
func (Cron) Kind() Kind        { return KindCron }
func (Started) Kind() Kind     { return KindStarted }
func (Shutdown) Kind() Kind    { return KindShutdown }
func (Extension) Kind() Kind   { return KindExtension }

func (e Role) String() string {
	if e.Replica {
		return "role: replica of " + e.Master
	}
	return "role: master"
}

func (e MasterLink) String() string {
	switch {
	case !e.Up:
		return "link to master " + e.Master + " down"
	case e.Full:
		return "link to master " + e.Master + " up after a full sync"
	}
	return "link to master " + e.Master + " up after a partial sync"
}

func (e ReplicaLink) String() string {
	if e.Online {
		return "replica " + e.Replica + " online"
	}
	return "replica " + e.Replica + " offline"
}

func (e Persistence) String() string {
	return e.Target.String() + " snapshot " + e.Phase.String() + reason(e.Err)
}

func (e Loading) String() string {
	s := "loading from " + e.Cause.String() + " " + e.Phase.String()
	if e.Phase == Progress {
		s += fmt.Sprintf(", %d of %d bytes", e.Done, e.Total)
	}
	return s + reason(e.Err)
}

func (e Flush) String() string {
	what := "all databases"
	if e.DB >= 0 {
		what = "database " + strconv.Itoa(e.DB)
	}
	return "flush of " + what + " " + e.Phase.String()
}

func (e Cron) String() string    { return "cron at " + strconv.FormatInt(e.Now, 10) }
func (e Started) String() string { return "started" }
func (Shutdown) String() string  { return "shutdown" }

func (e Extension) String() string {
	if e.Loaded {
		return "extension " + e.Name + " loaded, version " + strconv.Itoa(e.Version)
	}
	return "extension " + e.Name + " unloaded"
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}
