// Package journal is the choke point of every change: the effects of a command, a transaction or a script leave the
// engine here, once, as bytes, for the replication buffer and the append-only file.
//
//	Effects --> [SELECT n]? [MULTI]? bytes... [EXEC]? --> replication buffer (backlog and all replicas)
//	                                                  \-> AOF
//
// Each sink keeps its own idea of the selected database, since a joining replica (R17) or a new AOF needs a fresh SELECT
// that the other does not.
package journal

import (
	"strconv"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// Sink takes bytes of the stream. Append copies p.
type Sink interface {
	Append(p []byte)
}

type output struct {
	sink Sink
	db   int // database that the stream has selected, -1: none yet
}

// Journal belongs to the engine's thread.
type Journal struct {
	repl, aof output
	scratch   []byte
}

// New returns a journal without sinks: effects vanish, as they do on a master that has no backlog and no AOF.
func New() *Journal { return &Journal{repl: output{db: -1}, aof: output{db: -1}} }

// SetReplication sets or (nil) removes the replication buffer.
func (j *Journal) SetReplication(s Sink) { j.repl = output{s, -1} }

// SetAOF sets or (nil) removes the append-only file.
func (j *Journal) SetAOF(s Sink) { j.aof = output{s, -1} }

// ReselectReplication makes the next effect start with a SELECT in the replication stream (R17).
func (j *Journal) ReselectReplication() { j.repl.db = -1 }

// SetReplicationDB says which database the stream has selected: after loading repl-stream-db, or following a master.
func (j *Journal) SetReplicationDB(db int) { j.repl.db = db }

// ReplicationDB is the database that the replication stream has selected, -1 if none.
func (j *Journal) ReplicationDB() int { return j.repl.db }

// ReselectAOF does the same for the AOF, when a new incremental file starts.
func (j *Journal) ReselectAOF() { j.aof.db = -1 }

// Active reports whether anybody listens; the engine skips encoding when nobody does.
func (j *Journal) Active() bool { return j.repl.sink != nil || j.aof.sink != nil }

// Write passes on the effects in order. More than one become a transaction when wrap is set, so that no reader of the stream
// sees half of them.
func (j *Journal) Write(e *command.Effects, wrap bool) {
	if j.repl.sink != nil {
		j.write(&j.repl, e, wrap)
	}
	if j.aof.sink != nil {
		j.write(&j.aof, e, wrap)
	}
}

// keeps reports whether an effect belongs into the output: a message is not for the append-only file, and scripts may choose.
func (j *Journal) keeps(o *output, it *command.Effect) bool {
	if it.To == 0 {
		return true
	}
	return o == &j.repl && it.To == command.ToReplicas || o == &j.aof && it.To == command.ToAOF
}

const (
	multi = "*1\r\n$5\r\nMULTI\r\n"
	exec  = "*1\r\n$4\r\nEXEC\r\n"
)

func (j *Journal) write(o *output, e *command.Effects, wrap bool) {
	n, first := 0, 0
	for i := len(e.Items) - 1; i >= 0; i-- {
		if j.keeps(o, &e.Items[i]) {
			n, first = n+1, i
		}
	}
	if n == 0 {
		return
	}
	wrap = wrap && n > 1
	if it := &e.Items[first]; n == 1 && it.DB == o.db {
		o.sink.Append(e.Buf[it.Start:it.End])
		return
	}
	b := j.scratch[:0]
	if wrap {
		b = o.selectDB(b, e.Items[first].DB)
		b = append(b, multi...)
	}
	for i := range e.Items {
		if it := &e.Items[i]; j.keeps(o, it) {
			b = o.selectDB(b, it.DB)
			b = append(b, e.Buf[it.Start:it.End]...)
		}
	}
	if wrap {
		b = append(b, exec...)
	}
	o.sink.Append(b)
	if cap(b) <= 1<<20 {
		j.scratch = b
	} else {
		j.scratch = nil
	}
}

func (o *output) selectDB(b []byte, db int) []byte {
	if db == o.db || db < 0 {
		return b
	}
	o.db = db
	n := strconv.Itoa(db)
	b = append(b, "*2\r\n$6\r\nSELECT\r\n$"...)
	b = strconv.AppendInt(b, int64(len(n)), 10)
	return append(append(append(b, '\r', '\n'), n...), '\r', '\n')
}
