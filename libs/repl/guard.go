package repl

import "time"

// Held is what a replica has.
type Held struct {
	Keys    int64 // in all databases
	Same    int64 // in the database with which the offer begins
	History ID
}

// Offer is what a full sync would put in its place, as far as the head of the snapshot and the answer to PSYNC tell.
type Offer struct {
	Keys int64 // in the first database that has any; 0: the snapshot has no key at all
	ID   ID
}

// Refusal says why a replica does not take a master's data set (B4).
type Refusal uint8

// The refusals.
const (
	RefuseNothing Refusal = iota
	RefuseEmpty           // the master has no keys, we have
	RefuseYounger         // the master's history is another, and it has but a fraction of our keys
)

// String returns the word for INFO.
func (r Refusal) String() string { return [...]string{"none", "empty", "younger"}[r] }

// muchLess is by which factor a master's data set must be smaller to make it one that began anew.
const muchLess = 10

// JudgeOffer decides whether to give up what we hold for what is offered, when repl-accept-empty-master is no. A master that
// restarts without its file is on another history and is empty, or has what was written since. Its offset proves nothing: it
// begins anew after a restart with an AOF too, and ours is small when all of the data came by a full sync. Few keys on our
// own history were deleted.
func JudgeOffer(h Held, o Offer) Refusal {
	switch {
	case h.Keys == 0:
		return RefuseNothing
	case o.Keys == 0:
		return RefuseEmpty
	case o.ID != h.History && o.Keys < h.Same/muchLess:
		return RefuseYounger
	}
	return RefuseNothing
}

// refusePause is how long a master that was refused is left alone: each attempt costs it a snapshot.
const refusePause = 10 * time.Second

// Refused notes that the snapshot was received but not taken. What we have stays as it is, history and all.
func (l *Link) Refused(now time.Time) []Action {
	l.begin()
	if l.state == LinkReceiving {
		l.lose(now)
		l.retryAt = now.Add(refusePause)
	}
	return l.actions
}

// RetryNow makes an attempt that is waited for due.
func (l *Link) RetryNow(now time.Time) {
	if l.state == LinkWaiting {
		l.retryAt = now
	}
}
