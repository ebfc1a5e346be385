package command

import "strconv"

// Effects is the list of commands that the current command (or transaction, or script) wants propagated, already encoded as
// multibulk requests, so that the journal only appends bytes. The buffers are reused.
type Effects struct {
	Buf   []byte
	Items []Effect
}

// Effect is one encoded command: Effects.Buf[Start:End], to run in database DB.
type Effect struct {
	DB, Start, End int
	To             uint8 // ToAOF or ToReplicas where it is for one of them only; 0: both
}

// Where an effect goes, with the numbers that redis.set_repl of scripts has.
const (
	ToAOF      = 1
	ToReplicas = 2
	toNobody   = 4
)

// Add encodes a command for database db.
func (e *Effects) Add(db int, args ...[]byte) {
	start := len(e.Buf)
	e.Buf = appendHeader(e.Buf, '*', len(args))
	for _, a := range args {
		e.Buf = appendBulk(e.Buf, a)
	}
	e.Items = append(e.Items, Effect{DB: db, Start: start, End: len(e.Buf)})
}

// AddPassing is Add for a command that replicas hear and the append-only file does not keep.
func (e *Effects) AddPassing(db int, args ...[]byte) {
	e.Add(db, args...)
	e.Items[len(e.Items)-1].To = ToReplicas
}

// AddNamed is Add with the command's name as a string.
func (e *Effects) AddNamed(db int, name string, args ...[]byte) {
	start := len(e.Buf)
	e.Buf = appendHeader(e.Buf, '*', 1+len(args))
	e.Buf = appendHeader(e.Buf, '$', len(name))
	e.Buf = append(append(e.Buf, name...), '\r', '\n')
	for _, a := range args {
		e.Buf = appendBulk(e.Buf, a)
	}
	e.Items = append(e.Items, Effect{DB: db, Start: start, End: len(e.Buf)})
}

// Restrict lets the effects from the given one on go to some readers of the stream only; to none of them drops the effects.
func (e *Effects) Restrict(from int, to uint8) {
	if from >= len(e.Items) || to == ToAOF|ToReplicas {
		return
	}
	if to == 0 {
		e.Buf, e.Items = e.Buf[:e.Items[from].Start], e.Items[:from]
		return
	}
	for i := range e.Items[from:] {
		if it := &e.Items[from+i]; it.To == 0 {
			it.To = to
		} else if it.To != to {
			it.To = toNobody
		}
	}
}

// Reset empties the list and keeps its memory, unless a huge command made it large.
func (e *Effects) Reset() {
	if cap(e.Buf) > 1<<20 {
		e.Buf = nil
	}
	e.Buf, e.Items = e.Buf[:0], e.Items[:0]
}

func appendHeader(b []byte, t byte, n int) []byte {
	if n < 10 { // most of them
		return append(b, t, byte('0'+n), '\r', '\n')
	}
	b = strconv.AppendInt(append(b, t), int64(n), 10)
	return append(b, '\r', '\n')
}

func appendBulk(b, a []byte) []byte {
	b = appendHeader(b, '$', len(a))
	return append(append(b, a...), '\r', '\n')
}
