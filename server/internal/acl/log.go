package acl

import "slices"

// Context says where a refused call stood.
type Context string

const (
	TopLevel Context = "toplevel"
	InMulti  Context = "multi"
	InScript Context = "lua"
)

// Entry is one kind of refusal. Equal ones within a minute are counted, not listed again.
type Entry struct {
	Count    int64
	Reason   Denial
	Context  Context
	Object   string // command, key or channel
	User     string
	Time     int64  // of the last one, Unix ms
	ClientID string // CLIENT LIST's line of the last client
}

const (
	groupWithin = 60_000 // ms
	groupAmong  = 10     // entries looked at for an equal one
)

// Log is ACL LOG, the newest entry first.
type Log struct{ Entries []Entry }

// Add notes a refusal; at most most entries are kept.
func (l *Log) Add(e Entry, most int) {
	e.Count = 1
	for i := range min(len(l.Entries), groupAmong) {
		o := l.Entries[i]
		if o.Reason == e.Reason && o.Context == e.Context && o.Object == e.Object && o.User == e.User && e.Time-o.Time <= groupWithin {
			e.Count += o.Count
			l.Entries = slices.Insert(slices.Delete(l.Entries, i, i+1), 0, e)
			return // as in Redis, only what is new makes a log shorter for which most is less now
		}
	}
	l.Entries = slices.Insert(l.Entries, 0, e)
	if len(l.Entries) > most {
		l.Entries = l.Entries[:most]
	}
}

// Reset is ACL LOG RESET.
func (l *Log) Reset() { l.Entries = nil }
