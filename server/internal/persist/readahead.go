package persist

import (
	"io"

	"github.com/lockstep-db/lockstep/libs/rdb/aof"
)

// recordBatch is a run of records with their bytes, so that the scanner may go on.
type recordBatch struct {
	records []aof.Record
	buf     []byte
	args    [][]byte
	end     int64 // offset behind the last record
}

const (
	recordsPerBatch = 512
	recordBytes     = 256 << 10
)

// recordQueue reads and cuts a file on a goroutine of its own while the engine runs what was cut before.
type recordQueue struct {
	out  chan *recordBatch
	free chan *recordBatch
	quit chan struct{}

	// Valid when out is closed.
	err   error // io.EOF, or how the file ends
	cut   int64 // its last cut point
	multi bool  // it ends within a transaction
}

func readAhead(r io.Reader, offset int64) *recordQueue {
	q := &recordQueue{out: make(chan *recordBatch, 8), free: make(chan *recordBatch, 10), quit: make(chan struct{})}
	go q.read(aof.NewScanner(r, offset))
	return q
}

func (q *recordQueue) read(s *aof.Scanner) {
	defer close(q.out)
	b := q.batch()
	for {
		rec, err := s.Next()
		if err != nil {
			q.err, q.cut, q.multi = err, s.Cut(), s.Multi()
			q.send(b)
			return
		}
		b.add(rec)
		b.end = s.Offset()
		if len(b.records) >= recordsPerBatch || len(b.buf) >= recordBytes {
			if !q.send(b) {
				return
			}
			b = q.batch()
		}
	}
}

// add copies a record.
func (b *recordBatch) add(rec *aof.Record) {
	var c aof.Record
	c, b.buf, b.args = rec.Copy(b.buf, b.args)
	b.records = append(b.records, c)
}

func (q *recordQueue) send(b *recordBatch) bool {
	select {
	case q.out <- b:
		return true
	case <-q.quit:
		return false
	}
}

func (q *recordQueue) batch() *recordBatch {
	select {
	case b := <-q.free:
		return b
	default:
		return &recordBatch{}
	}
}

// recycle takes back a batch that was run.
func (q *recordQueue) recycle(b *recordBatch) {
	if cap(b.buf) > 4*recordBytes {
		return
	}
	b.records, b.buf, b.args = b.records[:0], b.buf[:0], b.args[:0]
	select {
	case q.free <- b:
	default:
	}
}

// stop ends the goroutine and waits for it: it uses the reader.
func (q *recordQueue) stop() {
	close(q.quit)
	for range q.out {
	}
}
