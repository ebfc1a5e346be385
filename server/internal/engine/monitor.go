package engine

import (
	"slices"
	"strconv"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// monitors are the clients that see all commands, each as one line:
//
//	+1700000000.123456 [0 127.0.0.1:50000] "set" "key" "value"
//
// A client's address is "lua" for the commands of scripts and "unix:<path>" for connections over a Unix socket.
type monitors struct {
	clients []*session.Session
	line    []byte
}

// Monitor makes a client see all commands; false if it is a replica or does so already.
func (e *Engine) Monitor(s *session.Session) bool {
	if s.Has(session.Replica | session.MonitorMode) {
		return false
	}
	s.Set(session.MonitorMode)
	e.monitors.clients = append(e.monitors.clients, s)
	return true
}

func (e *Engine) stopMonitor(s *session.Session) {
	if i := slices.Index(e.monitors.clients, s); i >= 0 {
		e.monitors.clients = slices.Delete(e.monitors.clients, i, i+1)
		s.Clear(session.MonitorMode)
	}
}

// feedCall shows a call that has run, unless it is one of those that nobody should see.
func (e *Engine) feedCall(s *session.Session, spec *command.Spec, db int, args [][]byte) {
	if spec.Flags&(command.SkipMonitor|command.Admin) == 0 {
		e.feedMonitors(s, db, args)
	}
}

// feedMonitors shows a command to the monitors.
func (e *Engine) feedMonitors(s *session.Session, db int, args [][]byte) {
	m := &e.monitors
	if len(m.clients) == 0 || e.loading.active {
		return
	}
	b := e.appendTime(append(m.line[:0], '+'))
	b = strconv.AppendInt(append(b, " ["...), int64(db), 10)
	switch {
	case s.Has(session.Script):
		b = append(b, " lua]"...)
	case s.Has(session.Unix):
		b = append(append(append(b, " unix:"...), e.cfg.UnixSocket...), ']')
	default:
		b = append(append(append(b, ' '), s.Addr...), ']')
	}
	for _, a := range args {
		b = resp.AppendQuoted(append(b, ' '), a)
	}
	m.line = append(b, '\r', '\n')
	for _, to := range m.clients {
		if to.Listens() {
			to.Feed(m.line)
			e.CheckOutput(to)
		}
	}
}

// appendTime appends the time in seconds with six digits after the point.
func (e *Engine) appendTime(b []byte) []byte {
	us := (e.clock.baseNs + e.clock.ns) / 1000
	b = append(strconv.AppendInt(b, us/1e6, 10), '.')
	fraction := strconv.AppendInt(nil, 1e6+us%1e6, 10)
	return append(b, fraction[1:]...)
}
