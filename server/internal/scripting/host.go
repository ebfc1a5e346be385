package scripting

import (
	"time"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// Flags are what a script declares of itself, in its first line or with its registration.
type Flags uint8

const (
	NoWrites Flags = 1 << iota
	AllowOOM
	AllowStale
	NoCluster
	AllowCrossSlot
	// Compat marks a script of EVAL without a first line that declares anything: it may do what its commands may.
	Compat
)

var flagNames = [...]string{"no-writes", "allow-oom", "allow-stale", "no-cluster", "allow-cross-slot-keys"}

// Names lists the flags as FUNCTION LIST shows them.
func (f Flags) Names() []string {
	var out []string
	for i, n := range flagNames {
		if f&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	return out
}

// CommandFlags are the flags of a call of the script: what it declares stands in the place of what the command has.
func (f Flags) CommandFlags(of command.Flags) command.Flags {
	if f&Compat != 0 {
		return of
	}
	of &^= command.Stale | command.DenyOOM | command.Write | command.MayReplicate
	if f&(AllowOOM|NoWrites) == 0 {
		of |= command.DenyOOM
	}
	if f&NoWrites == 0 {
		of |= command.Write
	}
	if f&AllowStale != 0 {
		of |= command.Stale
	}
	return of
}

// Run is one call of a script.
type Run struct {
	Name     string // SHA1 of the script, or the function's name
	Eval     bool   // EVAL, else FCALL
	Flags    Flags
	ReadOnly bool  // the command's name ends in _RO, or the script declares no-writes
	Proto    int   // of the replies that the script sees: 2, or 3 after redis.setresp(3)
	Repl     uint8 // where writes go: command.ToAOF, command.ToReplicas
	Wrote    bool  // a write command ran: the script cannot be killed any more
	Slow     bool  // over busy-reply-threshold: others are told BUSY
	Killed   bool  // ends at its next instruction
}

// Host is what a script needs of the server.
type Host interface {
	// Begin prepares the run of a script, or refuses it with an error reply. End is its counterpart.
	Begin(c *command.Ctx, r *Run) (errText string)
	End(c *command.Ctx, r *Run)
	// Call runs a command of the script and returns its reply, valid until the next call, or says why it was not run.
	Call(r *Run, args [][]byte) (reply []byte, errText string)
	// Allowed is redis.acl_check_cmd: whether the script's user may run a command; known is false if there is none of that name.
	Allowed(r *Run, args [][]byte) (allowed, known bool)
	// Interrupt is called every some ten thousand instructions: it lets other clients in when the script is slow.
	Interrupt(r *Run)
	// DebugLimit is how long a script that is being debugged may run without a stop, 0: the default.
	DebugLimit() time.Duration
	// ErrorCounted says that the error which the script returns is in the statistics already.
	ErrorCounted()
	// CallerArgs are the arguments of the call under way, for FUNCTION STATS, and the milliseconds since its start.
	CallerArgs() (args [][]byte, ms int64)
	// Obeyed reports whether the run was ordered by a master or an AOF: it cannot be killed.
	Obeyed() bool
	// BusyError is the error of commands that cannot run beside the script under way.
	BusyError() string
	// ScriptLog writes a line to the server's log; level is redis.LOG_DEBUG to LOG_WARNING.
	ScriptLog(level int, msg string)
}
