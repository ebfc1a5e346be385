package engine

import (
	"strings"

	"github.com/lockstep-db/lockstep/server/internal/acl"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// Error replies of the checks before a command runs; the words are Redis's.
const (
	errNoAuth      = "NOAUTH Authentication required."
	errOOM         = "OOM command not allowed when used memory > 'maxmemory'."
	errReadOnly    = "READONLY You can't write against a read only replica."
	errMasterDown  = "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."
	ErrLoading     = "LOADING Redis is loading the dataset in memory"
	errNoReplicas  = "NOREPLICAS Not enough good replicas to write."
	errInMulti     = "ERR Command not allowed inside a transaction"
	errReplicaUse  = "ERR Replica can't interact with the keyspace"
	errExecAborted = "EXECABORT Transaction discarded because of previous errors."
)

// find resolves the command of a call; on failure it returns the error reply.
func (e *Engine) find(args [][]byte) (*command.Spec, string) {
	spec := e.table.Lookup(args[0])
	if spec == nil {
		return nil, unknownCommand(args)
	}
	if spec.Subs != nil && len(args) > 1 {
		sub := spec.Sub(args[1])
		if sub == nil {
			return nil, "ERR unknown subcommand '" + clip(args[1], 128) + "'. Try " + strings.ToUpper(spec.Name) + " HELP."
		}
		spec = sub
	}
	if !spec.ArityOK(len(args)) || spec.Run == nil {
		return spec, spec.ArityError()
	}
	return spec, ""
}

func unknownCommand(args [][]byte) string {
	var b strings.Builder
	b.WriteString("ERR unknown command '")
	b.WriteString(clip(args[0], 128))
	b.WriteString("', with args beginning with: ")
	n := 0
	for _, a := range args[1:] {
		if n >= 128 {
			break
		}
		part := clip(a, 128-n)
		b.WriteString("'" + part + "' ")
		n += len(part) + 3
	}
	return b.String()
}

func clip(b []byte, n int) string { return string(b[:min(len(b), n)]) }

// refuse runs the checks that stand between a well-formed call and its execution, in Redis's order. It returns the error
// reply, or empty. Queued commands are checked when they are queued; EXEC checks once for all that it will run.
func (e *Engine) refuse(s *session.Session, spec *command.Spec, flags command.Flags, args [][]byte) string {
	if flags&command.Protected != 0 && !e.debugAllowed(s, spec) {
		return debugDenied(spec)
	}
	if !s.Authenticated && flags&command.NoAuth == 0 {
		return errNoAuth
	}
	if s.Has(session.InMulti) && flags&command.NoMulti != 0 && !runsInMulti(spec) {
		return errInMulti
	}
	if !s.User.Free() {
		if v := e.acl.Check(s.User, spec, args); v.Denial != acl.Allowed {
			e.denied(s, spec, args, v)
			return v.Message(spec)
		}
	}
	if e.cfg.MaxMemory > 0 && !s.Has(session.Script) && !e.Busy() {
		// What the master has done is never refused, or the data would part for good; but with replica-ignore-maxmemory no it makes room.
		e.overMemory = e.freeMemory() && !s.Has(session.Master)
		if e.overMemory && (flags&command.DenyOOM != 0 || s.Has(session.InMulti) && !endsMulti(spec)) {
			return errOOM
		}
	}
	if e.tracking {
		e.subs.Limit(e.cfg.TrackingTableMaxKeys)
	}
	write := flags&(command.Write|command.MayReplicate) != 0
	if flags&command.Write != 0 || spec.Name == "ping" {
		if msg := e.persist.WriteError(); msg != "" && !s.Has(session.Master) {
			return msg
		} else if msg != "" && spec.Name != "ping" {
			e.applyUnsaved()
		}
	}
	if write && flags&command.Write != 0 {
		if msg := e.refuseWrite(s); msg != "" {
			return msg
		}
	}
	if s.Has(session.InPubSub) && s.W.Proto < 3 && !pubsubAllowed(spec) {
		return "ERR Can't execute '" + spec.FullName() + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
	}
	if e.replica && !e.cfg.ReplicaServeStaleData && flags&command.Stale == 0 && !s.Has(session.Master) && !e.repl.LinkUp() {
		return errMasterDown
	}
	if e.loading.active && !s.Has(session.Master) {
		if !e.loading.async && flags&command.Loading == 0 || e.loading.async && flags&command.NoAsyncLoading != 0 {
			return ErrLoading
		}
	}
	if e.Busy() && flags&command.AllowBusy == 0 {
		return e.busyError()
	}
	if s.Has(session.Replica|session.MonitorMode) && flags&(command.Write|command.ReadOnly|command.MayReplicate) != 0 && flags&command.InternalReplica == 0 {
		return errReplicaUse
	}
	return ""
}

// endsMulti lists what an open transaction may do when there is no memory: a queue would need more.
func endsMulti(spec *command.Spec) bool {
	switch spec.Name {
	case "exec", "discard", "quit", "reset":
		return spec.Parent == nil
	}
	return false
}

// applyUnsaved decides about a command of our master that cannot be written to disk: a replica that goes on would come back without it.
// It ends the process, unless replica-ignore-disk-write-errors is set.
func (e *Engine) applyUnsaved() {
	const every = 10_000 // ms between two lines of the log
	if !e.cfg.ReplicaIgnoreDiskWriteErrors {
		e.Fatal("Replica was unable to write command to disk.")
	} else if e.clock.ms-e.saidUnsaved > every {
		e.saidUnsaved = e.clock.ms
		e.log.Warn("Replica is applying a command even though it is unable to write to disk.")
	}
}

func (e *Engine) refuseWrite(s *session.Session) string {
	if s.Has(session.Master) {
		return ""
	}
	if e.cfg.MinReplicasToWrite > 0 && !e.replica && e.cfg.MinReplicasMaxLag > 0 && e.repl.GoodReplicas() < int(e.cfg.MinReplicasToWrite) {
		return errNoReplicas
	}
	if e.replica && e.cfg.ReplicaReadOnly {
		return errReadOnly
	}
	return ""
}

func pubsubAllowed(spec *command.Spec) bool {
	switch spec.Name {
	case "subscribe", "unsubscribe", "psubscribe", "punsubscribe", "ssubscribe", "sunsubscribe", "ping", "quit", "reset":
		return true
	}
	return false
}

// debugAllowed applies enable-debug-command and enable-module-command: no, yes, or local connections only.
func (e *Engine) debugAllowed(s *session.Session, spec *command.Spec) bool {
	mode := e.cfg.EnableDebugCommand
	if spec.Name == "module" || spec.Parent != nil && spec.Parent.Name == "module" {
		mode = e.cfg.EnableModuleCommand
	}
	return mode == "yes" || mode == "local" && (s.Conn == nil || s.Has(session.Unix) || loopback(s.Addr))
}

func debugDenied(spec *command.Spec) string {
	name := spec.Name
	if spec.Parent != nil {
		name = spec.Parent.Name
	}
	return "ERR " + strings.ToUpper(name) + " command not allowed. If the enable-" + name + "-command option is set to \"local\", you can run it from a " +
		"local connection, otherwise you need to set this option in the configuration file, and then restart the server."
}
