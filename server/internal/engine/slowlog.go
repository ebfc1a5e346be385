package engine

import (
	"strconv"

	"github.com/lockstep-db/lockstep/server/internal/session"
)

// SlowLog keeps the newest slow commands, the newest first.
type SlowLog struct {
	Entries []SlowEntry
	nextID  int64
}

// SlowEntry is one slow command. Args are cut as Redis cuts them: 32 arguments of 128 bytes.
type SlowEntry struct {
	ID         int64
	Time       int64 // Unix seconds
	Ns         int64
	Args       []string
	Addr, Name string
}

const slowArgs, slowArgLen = 32, 128

func (l *SlowLog) add(s *session.Session, args [][]byte, ns, now int64, limit int) {
	n := min(len(args), slowArgs)
	e := SlowEntry{ID: l.nextID, Time: now / 1000, Ns: ns, Addr: s.Addr, Name: s.Name, Args: make([]string, n)}
	l.nextID++
	for i := range e.Args {
		switch a := args[i]; {
		case i == slowArgs-1 && len(args) > slowArgs:
			e.Args[i] = "... (" + strconv.Itoa(len(args)-slowArgs+1) + " more arguments)"
		case len(a) > slowArgLen:
			e.Args[i] = string(a[:slowArgLen]) + "... (" + strconv.Itoa(len(a)-slowArgLen) + " more bytes)"
		default:
			e.Args[i] = string(a)
		}
	}
	l.Entries = append([]SlowEntry{e}, l.Entries[:min(len(l.Entries), max(limit-1, 0))]...)
}

// Reset forgets all entries.
func (l *SlowLog) Reset() { l.Entries = nil }

// Trim drops the oldest entries beyond limit.
func (l *SlowLog) Trim(limit int) {
	if limit >= 0 && len(l.Entries) > limit {
		l.Entries = l.Entries[:limit]
	}
}
