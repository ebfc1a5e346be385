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
	Functions [][]byte      // sources of function libraries
	Policy    store.Policy  // LRU and LFU policies write access statistics
	Workers   int           // goroutines that encode; 1 beside a busy engine, else as many as there are cores
	Pace      *Pace         // rdb-key-save-delay
	Progress  *atomic.Int64 // keys written so far; may be nil
}

// piece is an encoded range of buckets.
type piece struct {
	db   *store.SnapshotDB
	from int
	to   int
	out  chan encoded
}

type encoded struct {
	data []byte
	crc  uint64
	keys int
	err  error
}

// bucketsPerPiece bounds a piece to some ten thousand keys, so that memory in flight stays small beside the data set.
const bucketsPerPiece = 16

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
	free := &sync.Pool{New: func() any { return new([]byte) }}
	for range workers {
		a, err := rdb.NewAppender(o.RDB)
		if err != nil {
			return err
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			if workers == 1 {
				yieldToEngine()
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
			p := piece{db, at, min(at+bucketsPerPiece, db.Buckets()), make(chan encoded, 1)}
			select {
			case order <- p:
			case <-ctx.Done():
				return
			}
			select {
			case work <- p:
			case <-ctx.Done():
				p.out <- encoded{err: ctx.Err()}
				return
			}
		}
	}
}

func encodeWorker(ctx context.Context, a *rdb.Appender, work <-chan piece, free *sync.Pool, o *EncodeOptions) {
	for p := range work {
		b := (*free.Get().(*[]byte))[:0]
		keys := 0
		p.db.Range(p.from, p.to, func(it store.Item) bool {
			b = codec.Append(a, b, it, o.Policy)
			keys++
			o.Pace.Wait(ctx, 1)
			if o.Progress != nil {
				o.Progress.Add(1)
			}
			return a.Err() == nil && (keys&15 != 0 || ctx.Err() == nil)
		})
		err := a.Err()
		if err == nil {
			err = ctx.Err()
		}
		out := encoded{data: b, keys: keys, err: err}
		if err == nil && !o.RDB.NoChecksum {
			out.crc = crc64.Update(0, b)
		}
		p.out <- out
	}
}

func join(ctx context.Context, e *rdb.Encoder, order <-chan piece, free *sync.Pool, o *EncodeOptions) error {
	var db *store.SnapshotDB
	for p := range order {
		var got encoded
		select {
		case got = <-p.out:
		case <-ctx.Done():
			return ctx.Err()
		}
		if got.err != nil {
			return got.err
		}
		if p.db != db {
			db = p.db
			if err := e.SelectDB(db.Index()); err != nil {
				return err
			}
			if err := e.ResizeDB(uint64(db.Len()), uint64(db.Volatile())); err != nil {
				return err
			}
		}
		var err error
		if o.RDB.NoChecksum {
			_, err = e.Write(got.data)
		} else {
			err = e.WriteSummed(got.data, got.crc)
		}
		if err != nil {
			return err
		}
		b := got.data
		if cap(b) < 16<<20 {
			free.Put(&b)
		}
	}
	return nil
}
