package aof

import (
	"bytes"
	"fmt"
	"strconv"
)

// maxAnnotation bounds an annotation with its line break, in bytes: Redis reads lines of this size, and would take the rest of a
// longer one for a command.
const maxAnnotation = 1023

const (
	timestampMark = "#TS:"
	positionMark  = "#POS:"
	noPosition    = "#POS:none\r\n"
)

// AppendTimestamp appends an annotation that says when what follows was written, in Unix seconds.
func AppendTimestamp(dst []byte, unix int64) []byte {
	dst = append(dst, timestampMark...)
	return append(strconv.AppendInt(dst, unix, 10), '\r', '\n')
}

// ParseTimestamp reads a line as a timestamp. found says that it is one; err that its number is none.
func ParseTimestamp(line []byte) (unix int64, found bool, err error) {
	digits, found := bytes.CutPrefix(line, []byte(timestampMark))
	if !found {
		return 0, false, nil
	}
	unix, err = strconv.ParseInt(string(bytes.TrimRight(digits, "\r\n")), 10, 64)
	if err != nil {
		return 0, true, fmt.Errorf("invalid timestamp annotation %.64q", line)
	}
	return unix, true, nil
}

// Position is a place in the stream of a replication history.
type Position struct {
	History string // 40 hexadecimal digits; "" for none
	Offset  int64  // of the next byte
	DB      int    // that the stream has selected there, -1: none yet
}

// None reports whether the position is in no history.
func (p Position) None() bool { return p.History == "" }

// AppendPosition appends an annotation that says where in its history the data is.
func AppendPosition(dst []byte, p Position) []byte {
	if p.None() {
		return append(dst, noPosition...)
	}
	dst = append(append(append(dst, positionMark...), p.History...), ':')
	dst = append(strconv.AppendInt(dst, p.Offset, 10), ':')
	return append(strconv.AppendInt(dst, int64(p.DB), 10), '\r', '\n')
}

// ParsePosition reads a line as a position. found says that it is one; a wrong one is an error, and to be treated like none.
func ParsePosition(line []byte) (p Position, found bool, err error) {
	text, found := bytes.CutPrefix(line, []byte(positionMark))
	if !found {
		return Position{}, false, nil
	}
	if string(line) == noPosition {
		return Position{}, true, nil
	}
	fail := fmt.Errorf("invalid position annotation %.128q", line)
	if !bytes.HasSuffix(text, []byte("\r\n")) {
		return Position{}, true, fail
	}
	parts := bytes.Split(text[:len(text)-2], []byte{':'})
	if len(parts) != 3 || !isHistory(parts[0]) {
		return Position{}, true, fail
	}
	offset, err1 := strconv.ParseInt(string(parts[1]), 10, 64)
	db, err2 := strconv.Atoi(string(parts[2]))
	if err1 != nil || err2 != nil || offset < 0 || db < -1 {
		return Position{}, true, fail
	}
	return Position{string(parts[0]), offset, db}, true, nil
}

func isHistory(id []byte) bool {
	for _, c := range id {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(id) == 40
}

// Tracker follows the position through a file: the writer asks it when an annotation is due, the reader where the data is.
type Tracker struct {
	at Position
}

// At is the position that the file says at its end.
func (t *Tracker) At() Position { return t.at }

// Set is a new anchor: what an annotation or the RDB before the first record says.
func (t *Tracker) Set(p Position) { t.at = p }

// Command counts a command of n bytes. db is the number when it is a SELECT, else -1.
func (t *Tracker) Command(n int64, db int) {
	if t.at.None() {
		return
	}
	t.at.Offset += n
	if db >= 0 {
		t.at.DB = db
	}
}

// Read takes a record of a file.
func (t *Tracker) Read(r *Record) {
	if r.Args == nil {
		if p, found, err := ParsePosition(r.Raw); found {
			if err != nil {
				p = Position{}
			}
			t.at = p
		}
		return
	}
	db := -1
	if len(r.Args) == 2 && bytes.EqualFold(r.Args[0], []byte("select")) {
		if n, err := strconv.Atoi(string(r.Args[1])); err == nil {
			db = n
		}
	}
	t.Command(int64(len(r.Raw)), db)
}
