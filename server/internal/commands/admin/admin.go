// Package admin holds the commands that manage the server: CONFIG, INFO, DEBUG, MEMORY, LATENCY, SLOWLOG, saving, flushing,
// SHUTDOWN and TIME. Each is a thin face: what they show or change belongs to the engine, the configuration or a driver,
// reached through Host.
package admin

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// Host is what these commands need of the server.
type Host interface {
	Info(sections []string) string
	UnixMicro() int64

	ConfigGet(patterns []string) []string                                           // name, value, name, value...
	ConfigSet(pairs []string) (errText string)                                      // all or nothing
	ConfigRewrite() (errText string)                                                //
	ResetStats()                                                                    //
	SlowLog() SlowLog                                                               //
	Latencies(f func(name string, calls int64, cumulative func(func(us, n int64)))) // commands with a histogram
	LatencyTracking() bool
	LatencyMonitor() LatencyMonitor
	Clients() int

	Save() (errText string)
	BackgroundSave(schedule bool) (status, errText string)
	RewriteAOF() (status, errText string)
	LastSave() int64
	Shutdown(o ShutdownOptions, by *session.Session) (errText string)
	AbortShutdown() (errText string)
	Empty(db int) (keys int) // -1: all
	FlushAll(async bool)
	TouchDB(db, with int)
	Swapped(a, b int)

	Monitor(s *session.Session) bool // false: it is one already

	Memory() []Stat
	Purge(wait *session.Session) // OK is replied to it at the end; nil: nobody waits

	Debug
}

// SlowLog is the engine's slow log as SLOWLOG shows it.
type SlowLog interface {
	Len() int
	Each(n int, f func(id, unix, us int64, args []string, addr, name string))
	Reset()
}

// Stat is one line of MEMORY STATS: an integer, or a float when Float is set, or a nested map.
type Stat struct {
	Name  string
	Value int64
	Ratio float64
	Float bool
	Sub   []Stat
}

// ShutdownOptions are those of SHUTDOWN.
type ShutdownOptions struct{ Save, NoSave, Now, Force bool }

type family struct{ h Host }

// Commands returns the family.
func Commands(h Host) []*command.Spec {
	f := family{h}
	var out []*command.Spec
	out = append(out, f.serverSpecs()...)
	out = append(out, f.keyspaceSpecs()...)
	return append(out, f.configSpec(), f.slowlogSpec(), f.latencySpec(), f.memorySpec(), f.moduleSpec(), f.debugSpec())
}

// sub declares a subcommand of this family.
func sub(name string, arity int, since, summary string, flags command.Flags, run func(*command.Ctx)) *command.Spec {
	return &command.Spec{Name: name, Arity: arity, Flags: flags, Since: since, Summary: summary, Complexity: "O(N)", Group: "server", Run: run}
}

// about adds to a declaration what only COMMAND tells of it.
func about(s *command.Spec, tips []string, args []command.Arg, history ...string) *command.Spec {
	s.Tips, s.Args, s.History = tips, args, history
	return s
}

const adminFlags = command.Admin | command.NoScript | command.Loading | command.Stale
