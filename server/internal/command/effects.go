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
}

// Add encodes a command for database db.
func (e *Effects) Add(db int, args ...[]byte) {
	start := len(e.Buf)
	e.Buf = appendHeader(e.Buf, '*', len(args))
	for _, a := range args {
		e.Buf = appendBulk(e.Buf, a)
	}
	e.Items = append(e.Items, Effect{db, start, len(e.Buf)})
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
	e.Items = append(e.Items, Effect{db, start, len(e.Buf)})
}

// Reset empties the list and keeps its memory, unless a huge command made it large.
func (e *Effects) Reset() {
	if cap(e.Buf) > 1<<20 {
		e.Buf = nil
	}
	e.Buf, e.Items = e.Buf[:0], e.Items[:0]
}

func appendHeader(b []byte, t byte, n int) []byte {
	b = strconv.AppendInt(append(b, t), int64(n), 10)
	return append(b, '\r', '\n')
}

func appendBulk(b, a []byte) []byte {
	b = appendHeader(b, '$', len(a))
	return append(append(b, a...), '\r', '\n')
}
