package persist

import (
	"context"
	"io"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/crc64"
	"github.com/lockstep-db/lockstep/server/internal/codec"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// Aux is one named text of an RDB header.
type Aux struct{ Name, Value string }

// EncodeOptions says how a snapshot is written.
type EncodeOptions struct {
	RDB       rdb.EncodeOptions
	Aux       []Aux
	Functions [][]byte       // sources of function libraries
	Policy    store.Policy   // LRU and LFU policies write access statistics
	Workers   int            // goroutines that encode; 1 beside a busy engine, else as many as there are cores
	Pace      *Pace          // rdb-key-save-delay
	Progress  *atomic.Int64  // keys written so far; may be nil
	Reading   *store.Reading // told what is read; may be nil
}

// piece is a range of buckets, which is encoded in parts.
type piece struct {
	db   *store.SnapshotDB
	from int
	to   int
	out  chan encoded
}

type encoded struct {
	data []byte
	crc  uint64
	err  error
}

// What is encoded and not written yet is to stay small beside the data set: it is memory that a snapshot costs.
const (
	bucketsPerPiece = 4         // some three thousand keys
	partSize        = 256 << 10 // bytes, or one value
	partsAhead      = 8         // of a piece
)

// Encode writes a snapshot as an RDB file. It may run on any goroutine; the caller releases the snapshot.
//
// The key space is cut into ranges of buckets. Workers encode them and compute their checksums, in order of the
// ranges, and the caller's goroutine joins and writes, so that writing overlaps encoding.
func Encode(ctx context.Context, w io.Writer, snap *store.Snapshot, o EncodeOptions) error {
	e, err := rdb.NewEncoder(w, o.RDB)
	if err != nil {
		return err
	}
	for _, a := range o.Aux {
		if err := e.Aux(a.Name, a.Value); err != nil {
			return err
		}
	}
	for _, src := range o.Functions {
		if err := e.Function(src); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := max(min(o.Workers, runtime.NumCPU()), 1)
	work := make(chan piece)             // to the workers
	order := make(chan piece, 2*workers) // to the writer; its capacity bounds what is in flight
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	free := make(chan []byte, 2*partsAhead)
	for range workers {
		a, err := rdb.NewAppender(o.RDB)
		if err != nil {
			return err
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			if workers == 1 {
				YieldToEngine()
			}
			encodeWorker(ctx, a, work, free, &o)
		}()
	}
	wg.Add(1)
	go func() {
		defer wg.Done()
		defer close(order)
		defer close(work)
		cut(ctx, snap, order, work)
	}()
	if err := join(ctx, e, order, free, &o); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return e.Close()
}

func cut(ctx context.Context, snap *store.Snapshot, order, work chan<- piece) {
	for _, db := range snap.DBs() {
		for at := 0; at < db.Buckets(); at += bucketsPerPiece {
			p := piece{db, at, min(at+bucketsPerPiece, db.Buckets()), make(chan encoded, partsAhead)}
			select {
			case order <- p:
			case <-ctx.Done():
				return
			}
			select {
			case work <- p:
			case <-ctx.Done():
				return
			}
		}
	}
}

func encodeWorker(ctx context.Context, a *rdb.Appender, work <-chan piece, free chan []byte, o *EncodeOptions) {
	for p := range work {
		b, keys, sent := takeBuffer(free), 0, true
		p.db.Range(p.from, p.to, func(it store.Item) bool {
			b = codec.Append(a, b, it, o.Policy)
			keys++
			o.Pace.Wait(ctx, 1)
			if o.Progress != nil {
				o.Progress.Add(1)
			}
			if len(b) >= partSize && a.Err() == nil {
				sent = p.send(ctx, sum(b, o))
				b = takeBuffer(free)
			}
			return sent && a.Err() == nil && (keys&15 != 0 || ctx.Err() == nil)
		})
		last := sum(b, o)
		if last.err = a.Err(); last.err == nil {
			last.err = ctx.Err()
		}
		p.send(ctx, last)
		close(p.out)
	}
}

func sum(b []byte, o *EncodeOptions) encoded {
	e := encoded{data: b}
	if !o.RDB.NoChecksum {
		e.crc = crc64.Update(0, b)
	}
	return e
}

// send hands a part to the writer, or gives up when ctx ends.
func (p *piece) send(ctx context.Context, e encoded) bool {
	select {
	case p.out <- e:
		return true
	case <-ctx.Done():
		return false
	}
}

func takeBuffer(free <-chan []byte) []byte {
	select {
	case b := <-free:
		return b[:0]
	default:
		return make([]byte, 0, partSize+partSize/8)
	}
}

// giveBuffer keeps a buffer for the parts to come, unless one large value has filled it.
func giveBuffer(free chan<- []byte, b []byte) {
	if cap(b) > 2*partSize {
		return
	}
	select {
	case free <- b:
	default:
	}
}

func join(ctx context.Context, e *rdb.Encoder, order <-chan piece, free chan []byte, o *EncodeOptions) error {
	var db *store.SnapshotDB
	for p := range order {
		if p.db != db {
			db = p.db
			if err := e.SelectDB(db.Index()); err != nil {
				return err
			}
			if err := e.ResizeDB(uint64(db.Len()), uint64(db.Volatile())); err != nil {
				return err
			}
		}
		if err := p.write(ctx, e, free, o); err != nil {
			return err
		}
		o.Reading.Passed(p.db, p.to)
	}
	return nil
}

// write writes the parts of a piece as they come.
func (p *piece) write(ctx context.Context, e *rdb.Encoder, free chan<- []byte, o *EncodeOptions) error {
	for {
		var part encoded
		var more bool
		select {
		case part, more = <-p.out:
		case <-ctx.Done():
			return ctx.Err()
		}
		if !more {
			return ctx.Err() // a worker that gave up has closed it too
		}
		err := part.err
		switch {
		case err != nil:
		case o.RDB.NoChecksum:
			_, err = e.Write(part.data)
		default:
			err = e.WriteSummed(part.data, part.crc)
		}
		if err != nil {
			return err
		}
		giveBuffer(free, part.data)
	}
}
