package engine

import (
	"github.com/lockstep-db/lockstep/server/internal/config"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// UsedMemory is what counts against maxmemory and what INFO calls used_memory: data, its tables, the buffers of clients and
// the replication buffer.
func (e *Engine) UsedMemory() int64 {
	n := int64(e.store.Used()) + BaseMemory + e.clientBuffers()
	for _, f := range e.memory {
		n += f()
	}
	return n
}

// BaseMemory stands for the server's own code and tables, so that an empty server does not report zero.
const BaseMemory = 900 << 10

// OnMemory registers a share of used_memory: the replication buffer, the AOF buffer.
func (e *Engine) OnMemory(f func() int64) { e.memory = append(e.memory, f) }

// NotCounted registers memory that must not cause eviction (R27).
func (e *Engine) NotCounted(f func() int64) { e.notCounted = append(e.notCounted, f) }

// MemoryNotCounted is INFO's mem_not_counted_for_evict.
func (e *Engine) MemoryNotCounted() int64 {
	var n int64
	for _, f := range e.notCounted {
		n += f()
	}
	return n
}

// outputLimit is the class that a client's output falls into.
func (e *Engine) outputLimit(s *session.Session) config.OutputLimit {
	if s.PubSub != nil {
		return e.cfg.ClientOutputBufferLimit.PubSub
	}
	return e.cfg.ClientOutputBufferLimit.Normal
}

// pending is the output that a client has not taken yet, in bytes.
func pending(s *session.Session) int64 {
	n := s.Conn.Pending()
	if s.IsOpen() {
		n += len(s.W.Buf) + s.Kept()
	}
	return int64(n)
}

// tooMuch reports whether the output of the client whose command runs is over its hard limit.
func (e *Engine) tooMuch() bool {
	s := e.cur
	if s == nil || s.Conn == nil || s.Has(session.Replica|session.Master) {
		return false
	}
	hard := e.outputLimit(s).Hard
	return hard > 0 && pending(s) >= hard
}

// CheckOutput closes a client whose pending output is over its class's hard limit, or over the soft limit for too long. The
// replication driver looks after those of replicas.
func (e *Engine) CheckOutput(s *session.Session) {
	if e.overLimit(s) {
		e.OverLimit(s, "scheduled to be closed ASAP")
	}
}

func (e *Engine) overLimit(s *session.Session) bool {
	if s.Conn == nil || s.Has(session.Closing|session.Master|session.Replica) {
		return false
	}
	e.countMemory(s)
	n, class := pending(s), e.outputLimit(s)
	over := class.Hard > 0 && n >= class.Hard || !s.Authenticated && n > strangerOutput
	if class.Soft > 0 && n >= class.Soft {
		if s.SoftLimitSince == 0 {
			s.SoftLimitSince = e.clock.ms
		}
		over = over || e.clock.ms-s.SoftLimitSince > class.SoftSeconds*1000
	} else {
		s.SoftLimitSince = 0
	}
	return over
}

// strangerOutput is how much output a client that has not logged in may leave unread.
const strangerOutput = 17 << 10

// OverLimit closes a client for overcoming of output buffer limits. how is Redis's word for that: "closed" if it was found by looking
// after all clients, "scheduled to be closed ASAP" if by what it was sent.
func (e *Engine) OverLimit(s *session.Session, how string) {
	e.log.Warn("Client " + string(s.AppendInfo(nil, e.clock.ms)) + " " + how + " for overcoming of output buffer limits.")
	e.Stats.OutputBufferDisconnections++
	e.Close(s)
}
