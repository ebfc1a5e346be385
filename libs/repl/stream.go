package repl

// Stream is a node's replication stream: the history that its data is on, and the bytes of it that it still holds. It
// keeps the two together, so that the offset of the one is always the end of the other.
//
// A node records in one of three ways. Idle: nobody reads, appends are dropped and the offset stands still; the ID is
// then known to nobody, and a new one is drawn when recording starts. Tapped: only the AOF reads. Active: there is a
// backlog for replicas.
type Stream struct {
	history History
	log     *Backlog
	db      int // the database that the bytes before the offset have selected; noDB: say it again
}

// noDB means that the next command must be preceded by a SELECT, whatever its database.
const noDB = -1

// NewStream returns an idle stream on a history of its own, whose backlog will keep size bytes.
func NewStream(fresh ID, size int64) *Stream {
	return &Stream{history: History{ID: fresh}, log: NewBacklog(size), db: noDB}
}

// History returns the node's history: its ID, its offset (the next byte) and the older ones.
func (s *Stream) History() History { return s.history }

// ID returns the ID of the history.
func (s *Stream) ID() ID { return s.history.ID }

// Offset returns the next byte of the stream, INFO's master_repl_offset.
func (s *Stream) Offset() Offset { return s.history.Offset }

// Window returns the bytes held for partial syncs.
func (s *Stream) Window() Window { return s.log.Window() }

// Backlog returns the node's backlog, for its size and its memory.
func (s *Stream) Backlog() *Backlog { return s.log }

// Recording says whether what is appended is kept for anybody. If not, the journal need not encode.
func (s *Stream) Recording() bool { return s.log.Recording() }

// Active says whether there is a backlog for replicas.
func (s *Stream) Active() bool { return s.log.Window().Active }

// Judge answers a replica's request.
func (s *Stream) Judge(req Request) Verdict { return Judge(s.history, s.log.Window(), req) }

// Attach returns a cursor whose next byte is at, and false when that byte is not held.
func (s *Stream) Attach(at Offset) (*Cursor, bool) { return s.log.Attach(at) }

// Tap returns a cursor at the end of the stream for a reader that is no replica, such as the AOF, and records from now
// on even without replicas.
func (s *Stream) Tap() *Cursor { return s.log.Tap(s.history.Offset) }

// Reserve returns an empty slice with room for n bytes for [Stream.Commit]; see [Backlog.Reserve]. The stream must be
// recording.
func (s *Stream) Reserve(n int) []byte { return s.log.Reserve(n) }

// Commit appends what was written into the slice from [Stream.Reserve].
func (s *Stream) Commit(p []byte) {
	s.log.Commit(p)
	s.history.Offset += Offset(len(p))
}

// Append copies p to the end of the stream. It does nothing when nobody reads.
func (s *Stream) Append(p []byte) {
	if s.log.Recording() {
		s.log.Append(p)
		s.history.Offset += Offset(len(p))
	}
}

// Select says whether a SELECT must go before a command of the given database, and takes it as said.
func (s *Stream) Select(db int) bool {
	if s.db == db {
		return false
	}
	s.db = db
	return true
}

// ForceSelect makes the next command be preceded by a SELECT. A master calls it for each snapshot that a replica is
// given, and when the AOF begins a file: whoever starts reading here knows of no database (R17).
func (s *Stream) ForceSelect() { s.db = noDB }

// Selected returns the database that the stream has selected at its offset, 0 if the next command says its own.
func (s *Stream) Selected() int { return max(s.db, 0) }

// Start opens the backlog because a replica came, unless there is one. What happened before was recorded for nobody,
// so the history is a new one (PSYNC can only name what it counted).
func (s *Stream) Start(fresh ID) (started bool) {
	if s.Active() {
		return false
	}
	s.history.Discard(fresh)
	s.keep()
	s.db = noDB
	return true
}

// keep opens the backlog at the present offset, or makes a tapped one serve replicas from here on.
func (s *Stream) keep() {
	if s.log.Recording() {
		s.log.Keep(true)
		return
	}
	s.log.Open(s.history.Offset)
}

// FreeBacklog drops the backlog after repl-backlog-ttl without replicas. From here on changes are not counted, so the
// history ends (R10). Replicas must be gone; a tap goes on.
func (s *Stream) FreeBacklog(fresh ID) {
	s.log.Keep(false)
	s.history.Discard(fresh)
}

// Promote makes the node a master that continues its old master's stream under a new ID (R2). The caller disconnects
// the sub-replicas.
func (s *Stream) Promote(fresh ID) {
	s.history.Promote(fresh)
	s.keep()
	s.db = noDB
}

// Demote makes the node a replica. It will ask its new master to continue from its own history (R3). When there was no
// backlog that history is one that nobody else knows; there is one from here on, and the data no longer changes without
// being counted.
func (s *Stream) Demote() {
	if !s.Active() {
		s.keep()
	}
	s.db = s.Selected()
}

// AdoptContinue follows a master that granted a partial sync, under id or, when id is zero because the master is an
// old one, under the history that was asked for. It reports whether sub-replicas have to be disconnected (R5).
func (s *Stream) AdoptContinue(id ID) (changed bool) {
	s.keep()
	return !id.IsZero() && s.history.AdoptContinue(id)
}

// AdoptFull puts the stream where a full sync has put the data: at the offset at of history id, with db selected. The
// backlog starts empty there. Sub-replicas must have been disconnected before (R13).
func (s *Stream) AdoptFull(id ID, at Offset, db int) {
	s.history.AdoptFull(id, at)
	s.log.Open(at)
	s.db = db
}

// Discard ends the history because the data is emptied, or is being replaced. The backlog is dropped; sub-replicas must
// have been disconnected before (R13).
func (s *Stream) Discard(fresh ID) {
	s.log.Close()
	s.history.Discard(fresh)
	s.db = noDB
}

// Rename gives the data a history that nobody else knows, as DEBUG CHANGE-REPL-ID does. The backlog stays, but nobody can
// ask for it under the old name.
func (s *Stream) Rename(fresh ID) { s.history.Discard(fresh) }
