// Package journal is the choke point of every change: the effects of a command, a transaction or a script leave the
// engine here, once, as bytes, for the replication buffer and the append-only file.
//
//	master    Effects --> [SELECT n]? [MULTI]? bytes... [EXEC]? --> replication buffer (backlog and all replicas)
//	                                                            \-> AOF
//	replica   bytes of the master's stream, applied --> replication buffer, as they are
//	                                                \-> AOF, but for what is no data (PING, REPLCONF, PUBLISH)
//
// Each sink keeps its own idea of the selected database, since a joining replica (R17) or a new AOF needs a fresh SELECT
// that the other does not. The AOF notes where its bytes and those of the stream part: see package aof.
package journal

import (
	"bytes"
	"strconv"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// Sink takes bytes of the stream. Append copies p.
type Sink interface {
	Append(p []byte)
}

// AOFSink is the append-only file. What it is given between Begin and Append has also entered the replication buffer,
// byte for byte or with differences.
type AOFSink interface {
	Begin()
	Append(p []byte)
}

// noDB means that the next effect must be preceded by a SELECT.
const noDB = -1

type output struct {
	db int // database that the stream has selected, or noDB
}

// Journal belongs to the engine's thread.
type Journal struct {
	repl, aof output
	stream    Sink
	file      AOFSink
	scratch   []byte
}

// New returns a journal without sinks: effects vanish, as they do on a master that has no backlog and no AOF.
func New() *Journal { return &Journal{repl: output{noDB}, aof: output{noDB}} }

// SetReplication sets or (nil) removes the replication buffer.
func (j *Journal) SetReplication(s Sink) { j.stream, j.repl.db = s, noDB }

// SetAOF sets or (nil) removes the append-only file.
func (j *Journal) SetAOF(s AOFSink) { j.file, j.aof.db = s, noDB }

// ReselectReplication makes the next effect start with a SELECT in the replication stream (R17).
func (j *Journal) ReselectReplication() { j.repl.db = noDB }

// SetReplicationDB says which database the stream has selected: after loading repl-stream-db, or following a master.
func (j *Journal) SetReplicationDB(db int) { j.repl.db = db }

// ReplicationDB is the database that the replication stream has selected, -1 if none.
func (j *Journal) ReplicationDB() int { return j.repl.db }

// ReselectAOF does the same for the AOF, when a new incremental file starts.
func (j *Journal) ReselectAOF() { j.aof.db = noDB }

// Active reports whether anybody listens; the engine skips encoding when nobody does.
func (j *Journal) Active() bool { return j.stream != nil || j.file != nil }

// Write passes on the effects in order. More than one become a transaction when wrap is set, so that no reader of the stream
// sees half of them.
func (j *Journal) Write(e *command.Effects, wrap bool) {
	if j.file != nil {
		j.file.Begin()
	}
	if j.stream != nil {
		j.write(&j.repl, j.stream, e, wrap)
	}
	if j.file != nil {
		j.write(&j.aof, j.file, e, wrap)
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

func (j *Journal) write(o *output, sink Sink, e *command.Effects, wrap bool) {
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
		sink.Append(e.Buf[it.Start:it.End])
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
	j.send(sink, b)
}

func (j *Journal) send(sink Sink, b []byte) {
	sink.Append(b)
	if cap(b) <= 1<<20 {
		j.scratch = b
	} else {
		j.scratch = nil
	}
}

// Applied passes on bytes of a master's stream that a replica has applied: to its own stream as they are, and to its
// append-only file. before and after are the databases that the master's stream had selected before and after them.
func (j *Journal) Applied(stream Sink, raw []byte, before, after int) {
	if j.file == nil {
		stream.Append(raw)
		return
	}
	command := bytes.TrimLeft(raw, "\r\n")
	if passing(command) {
		stream.Append(raw)
		return
	}
	j.file.Begin()
	stream.Append(raw)
	if j.aof.db == before {
		j.file.Append(command)
	} else {
		j.send(j.file, append(j.aof.selectDB(j.scratch[:0], before), command...))
	}
	j.aof.db = after
}

// passing recognizes a command of a master's stream that changes no data.
func passing(raw []byte) bool {
	_, rest, ok := bytes.Cut(raw, []byte("\r\n$"))
	if !ok || raw[0] != '*' {
		return true // an inline command: no master sends data this way
	}
	_, rest, _ = bytes.Cut(rest, []byte("\r\n"))
	name, _, _ := bytes.Cut(rest, []byte("\r\n"))
	for _, p := range [...]string{"PING", "REPLCONF", "PUBLISH", "SPUBLISH"} {
		if len(name) == len(p) && bytes.EqualFold(name, []byte(p)) {
			return true
		}
	}
	return false
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
