package engine

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/lockstep-db/lockstep/server/internal/session"
)

// clientEviction keeps what the clients' buffers take all together, while maxmemory-clients or maxmemory limits it. Replicas
// and the master's link do not count: limits of their own hold them.
type clientEviction struct {
	limit int64 // maxmemory-clients in bytes, 0: none
	used  int64
	on    bool
	// unsent are the clients that were counted with much output under way. It leaves without our hearing of it: who wants to
	// evict because of it counts them again first.
	unsent []*session.Session
}

// muchOutput is from how many bytes on output is worth a second look.
const muchOutput = 1 << 10

// leastClientMemory is what clients may always take together, as in Redis: with less nobody could raise the limit again.
const leastClientMemory = 128 << 10

// ApplyMemoryLimits takes over maxmemory-clients and maxmemory.
func (e *Engine) ApplyMemoryLimits() {
	ev := &e.clientMem
	if ev.limit = e.cfg.MaxMemoryClientsBytes(); ev.limit > 0 {
		ev.limit = max(ev.limit, leastClientMemory)
	}
	ev.on = ev.limit > 0 || e.cfg.MaxMemory > 0
	ev.used = 0
	for s := e.clients.head; s != nil; s = s.Next {
		s.Counted = 0
		e.countMemory(s)
	}
	e.evict.more = true
}

// clientBuffers is what the buffers of ordinary clients take.
func (e *Engine) clientBuffers() int64 {
	if e.clientMem.on {
		return e.clientMem.used
	}
	normal, _ := e.ClientMemory()
	return normal
}

// countMemory brings the sum up to date for one client.
func (e *Engine) countMemory(s *session.Session) {
	if !e.clientMem.on {
		return
	}
	n := 0
	if s.Conn != nil && s.Conn.Alive() && !s.Has(session.Replica|session.Master) {
		n = s.Memory()
		if !s.Unsent && s.Conn.Pending() > muchOutput {
			s.Unsent = true
			e.clientMem.unsent = append(e.clientMem.unsent, s)
		}
	}
	e.clientMem.used += int64(n - s.Counted)
	s.Counted = n
}

// recountUnsent takes off the sum what has left meanwhile.
func (e *Engine) recountUnsent() {
	list := e.clientMem.unsent
	e.clientMem.unsent = list[:0]
	for _, s := range list {
		s.Unsent = false
		e.countMemory(s) // lists it again if its output is still there
	}
	clear(list[len(e.clientMem.unsent):])
}

// evictClients closes the largest clients until all together are below the limit.
func (e *Engine) evictClients() {
	ev := &e.clientMem
	if ev.limit == 0 {
		return
	}
	if ev.used >= ev.limit { // some of it may have been sent meanwhile
		for s := e.clients.head; s != nil; s = s.Next {
			e.countMemory(s)
		}
	}
	for ev.used >= ev.limit {
		var largest *session.Session
		for s := e.clients.head; s != nil; s = s.Next {
			if s.Counted > 0 && !s.Has(session.NoEvict) && (largest == nil || s.Counted > largest.Counted) {
				largest = s
			}
		}
		if largest == nil {
			e.log.Warn("Over client maxmemory after evicting all evictable clients")
			return
		}
		e.log.Info("Evicting client: " + string(largest.AppendInfo(nil, e.clock.ms)))
		e.Stats.EvictedClients++
		ev.used -= int64(largest.Counted)
		largest.Counted = 0
		e.Close(largest)
	}
}

// The buckets of ClientEviction: powers of two from the first one's end to the last one's beginning.
const (
	firstBucket = 15
	lastBucket  = 32
)

// ClientEviction lists how many clients take how much, for DEBUG; not enabled without maxmemory-clients.
func (e *Engine) ClientEviction() (report string, enabled bool) {
	if e.clientMem.limit == 0 {
		return "", false
	}
	var clients, memory [lastBucket + 1]int
	for s := e.clients.head; s != nil; s = s.Next {
		if s.Counted > 0 && !s.Has(session.NoEvict) {
			b := min(max(bits.Len(uint(s.Counted))-1, firstBucket-1), lastBucket)
			clients[b]++
			memory[b] += s.Counted
		}
	}
	var out strings.Builder
	for b := firstBucket - 1; b <= lastBucket; b++ {
		switch {
		case b == firstBucket-1:
			fmt.Fprintf(&out, "bucket %10d - %10d:", 0, 1<<firstBucket-1)
		case b < lastBucket:
			fmt.Fprintf(&out, "bucket %10d - %10d:", 1<<b, 1<<(b+1)-1)
		default:
			fmt.Fprintf(&out, "bucket %10d+            :", 1<<b)
		}
		fmt.Fprintf(&out, " tot-mem: %10d, clients: %d\n", memory[b], clients[b])
	}
	return out.String(), true
}
