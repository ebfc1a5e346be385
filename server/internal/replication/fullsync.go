package replication

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/lockstep-db/lockstep/libs/netconn/loop"
	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/libs/repl/wire"
	"github.com/lockstep-db/lockstep/server/internal/event"
	"github.com/lockstep-db/lockstep/server/internal/persist"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// snapshot is a view of the data for replicas: each of them encodes it at its own pace, or a file is written first and sent
// to all (B5).
type snapshot struct {
	view   *store.Snapshot
	opts   persist.EncodeOptions
	cancel context.CancelFunc
	ctx    context.Context
	users  int    // goroutines that read the view or the file
	over   bool   // nobody needs it any more: the last user cleans up
	path   string // of the file, "" for none
	failed error

	target  repl.Target
	started time.Time
	dirty   int64        // changes of the data at its instant
	written bool         // its file is complete
	served  []*repl.Feed // replicas that got all of it and are still there
	dropped bool         // a replica was lost before it got all of it
}

// making says whether the snapshot is still being made: its file written or, without one, sent.
func (s *snapshot) making() bool { return !s.over && !s.written }

var errGone = errors.New("the replica has gone")

// takeSnapshot takes a snapshot of this instant, and answers those that wait for it.
func (d *Driver) takeSnapshot(s *repl.Snapshot) {
	d.log.Info(fmt.Sprintf("Starting BGSAVE for SYNC with target: %v", s.Target))
	d.tellSnapshot(event.Begun, nil)
	ctx, cancel := context.WithCancel(context.Background())
	snap := &snapshot{view: d.e.Snapshot(), opts: d.encodeOptions(), ctx: ctx, cancel: cancel, target: s.Target, started: time.Now(), dirty: d.e.Dirty()}
	d.snapshots[s] = snap
	d.master.Taken(s, time.Now())
	if d.journaled {
		d.e.Journal.ReselectReplication()
	}
	for _, f := range s.Feeds {
		d.announce(f, s)
		if s.Target == repl.TargetSocket {
			d.sendBulk(f, s, snap)
		}
	}
	if s.Target == repl.TargetDisk {
		d.log.Info(fmt.Sprintf("Background saving started by pid %d", os.Getpid()))
		d.writeFile(s, snap)
	} else {
		d.log.Info(fmt.Sprintf("Background RDB transfer started by pid %d", os.Getpid()))
	}
}

// encodeOptions are those of a file, but for a version that a Redis 7.0 could not read.
func (d *Driver) encodeOptions() persist.EncodeOptions {
	o := d.p.EncodeOptions(1)
	o.RDB.Version = min(o.RDB.Version, rdb.DefaultVersion)
	return o
}

// announce answers a replica that gets a snapshot.
func (d *Driver) announce(f *repl.Feed, s *repl.Snapshot) {
	if r := d.replicas[f]; !f.Old {
		r.say(string(wire.AppendFullResync(nil, s.ID, s.Offset)))
	}
}

// join gives a replica a snapshot that others are getting.
func (d *Driver) join(f *repl.Feed, s *repl.Snapshot) {
	d.log.Info("Waiting for end of BGSAVE for SYNC")
	d.announce(f, s)
	if f.State() == repl.FeedSendBulk {
		d.sendBulk(f, s, d.snapshots[s])
	}
}

// writeFile writes a snapshot to a file of its own; BGSAVE's file is left alone.
func (d *Driver) writeFile(s *repl.Snapshot, snap *snapshot) {
	d.files++
	name := filepath.Join(filepath.Dir(d.p.Path()), fmt.Sprintf("temp-repl-%d.%d.rdb", os.Getpid(), d.files))
	fs := d.p.FS()
	snap.users++
	o := snap.opts
	o.Reading = snap.view.Reader()
	snap.view.Close() // replicas read the file
	go func() {
		err := persist.SaveFile(snap.ctx, fs, name, name+".part", snap.view, o, 0)
		d.e.Post(func() {
			if err == nil {
				snap.path, snap.written = name, true
			}
			d.unuse(snap)
			if d.snapshots[s] != snap {
				delete(d.unwanted, snap)
				return
			}
			if err != nil {
				d.log.Warn("Background saving for SYNC failed: " + err.Error())
				snap.failed = err
				d.master.Failed(s)
				return
			}
			d.log.Info("Background saving terminated with success")
			d.master.Written(s, time.Now())
			for _, f := range s.Feeds {
				d.sendBulk(f, s, snap)
			}
		})
	}()
}

// release is called when no replica needs the snapshot any more.
func (d *Driver) release(s *repl.Snapshot) {
	if snap := d.snapshots[s]; snap != nil {
		delete(d.snapshots, s)
		switch {
		case snap.target == repl.TargetSocket:
			snap.cancel()
			d.settling[snap] = struct{}{}
			d.settleTransfers()
		case snap.written || snap.failed != nil || len(d.cfg.SavePoints) == 0:
			snap.cancel()
		default: // it goes on as the save that somebody asked for with `save`
			d.unwanted[snap] = struct{}{}
		}
		snap.over = true
		d.cleanUp(snap)
	}
}

// settleTransfers ends transfers without a file of which all is known. Where a replica was lost, those that got everything have to say that they read
// the end mark before they count: to a replica that dies with all of it unread, or half loaded, nothing has been transferred.
func (d *Driver) settleTransfers() {
	for snap := range d.settling {
		if !snap.dropped || !slices.ContainsFunc(snap.served, d.unconfirmed) {
			delete(d.settling, snap)
			d.logTransfer(snap)
		}
	}
}

// unconfirmed says whether a replica that was sent a snapshot has yet to say that it has it. One that came with SYNC, or for the snapshot
// alone, never will.
func (d *Driver) unconfirmed(f *repl.Feed) bool {
	r := d.replicas[f]
	return r != nil && !r.rdbOnly && !f.Old && f.LoadedAt.IsZero()
}

// logTransfer says in Redis's words how a transfer without a file has ended.
func (d *Driver) logTransfer(snap *snapshot) {
	if len(snap.served) == 0 {
		d.log.Warn("Diskless rdb transfer, last replica dropped, killing fork child.")
		return
	}
	d.log.Warn(fmt.Sprintf("Diskless rdb transfer, done reading from pipe, %d replicas still up.", len(snap.served)))
	d.log.Info("Background RDB transfer terminated with success")
}

// Snapshotting reports whether a snapshot is being made for replicas: INFO's rdb_bgsave_in_progress counts it.
func (d *Driver) Snapshotting() bool {
	for _, snap := range d.snapshots {
		if snap.making() {
			return true
		}
	}
	return len(d.unwanted)+len(d.settling) > 0
}

var errFlushed = errors.New("FLUSHALL has made the snapshot worthless")

// Flushed ends the snapshots that are being made for replicas, after FLUSHALL: to send each replica what is gone takes longer than to let
// it ask again.
func (d *Driver) Flushed() {
	for s, snap := range d.snapshots {
		if snap.making() {
			snap.failed = errFlushed
			snap.cancel()
			d.master.Failed(s)
		}
	}
	for snap := range d.unwanted {
		snap.cancel()
	}
	d.e.Post(func() { d.do(d.master.Tick(d.env(), time.Now())) })
}

func (d *Driver) unuse(snap *snapshot) {
	snap.users--
	d.cleanUp(snap)
}

func (d *Driver) cleanUp(snap *snapshot) {
	if !snap.over || snap.users > 0 {
		return
	}
	snap.view.Release()
	phase := event.Done
	if snap.failed != nil {
		phase = event.Failed
	}
	d.tellSnapshot(phase, snap.failed)
	if snap.path == "" {
		return
	}
	if !d.deletesSyncFiles() {
		d.p.Adopt(snap.path, snap.started, snap.dirty)
	} else if err := d.p.FS().Remove(snap.path); err != nil {
		d.log.Warn("Can't remove the file of a replica's snapshot: " + err.Error())
	}
}

// sendBulk sends a replica its snapshot from a goroutine of its own, and then turns it over to the stream.
func (d *Driver) sendBulk(f *repl.Feed, s *repl.Snapshot, snap *snapshot) {
	r := d.replicas[f]
	if r == nil || r.s.Conn == nil {
		return
	}
	snap.users++
	var reading *store.Reading
	if s.Target == repl.TargetSocket {
		reading = snap.view.Reader()
	}
	// Later: the reply that announces the snapshot may still be in the session's hands, and it goes first.
	d.e.Post(func() {
		if r.s.Conn == nil {
			d.bulkDone(r, snap, reading, errGone)
			return
		}
		r.s.Conn.AcquireWriter(func(w *loop.Writer, err error) {
			if err != nil {
				d.bulkDone(r, snap, reading, err)
				return
			}
			go d.runBulk(w, r, reading, snap)
		})
	})
}

// runBulk sends on a goroutine of its own, from a file if there is nothing to read the snapshot with.
func (d *Driver) runBulk(w *loop.Writer, r *replica, reading *store.Reading, snap *snapshot) {
	start := time.Now()
	err := d.writeBulk(&bulkWriter{w, r}, reading, snap)
	_ = w.Close()
	took := time.Since(start)
	d.e.Post(func() {
		if err == nil {
			d.log.Info(fmt.Sprintf("Synchronization with replica %s succeeded", r.name()), "bytes", r.sent.Load(), "took", took)
		}
		d.bulkDone(r, snap, reading, err)
	})
}

func (d *Driver) bulkDone(r *replica, snap *snapshot, reading *store.Reading, err error) {
	reading.Done()
	d.unuse(snap)
	r.noteProgress(time.Now())
	if d.replicas[r.feed] != r || r.feed.State() != repl.FeedSendBulk {
		return
	}
	if err != nil {
		d.log.Warn("Sending the snapshot to replica " + r.name() + " failed: " + err.Error())
		d.e.Close(r.s)
		return
	}
	snap.served = append(snap.served, r.feed)
	r.feed.BulkSent(time.Now())
	d.tellReplica(r, true)
	if r.feed.Old || r.rdbOnly {
		d.reportReplica(r, "") // it will not say when it has it
	}
	if r.rdbOnly {
		d.e.CloseAfterWrite(r.s)
		return
	}
	r.stream()
}

// writeBulk runs on a goroutine of its own.
func (d *Driver) writeBulk(w *bulkWriter, reading *store.Reading, snap *snapshot) error {
	if reading != nil {
		o := snap.opts
		o.Reading = reading
		return wire.SendMarked(w, freshID(), func(w io.Writer) error {
			b := bufio.NewWriterSize(w, 256<<10)
			if err := persist.Encode(snap.ctx, b, snap.view, o); err != nil {
				return err
			}
			return b.Flush()
		})
	}
	f, err := d.p.FS().Open(snap.path)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	return wire.SendSized(w, f, st.Size())
}

// bulkWriter counts what the replica takes.
type bulkWriter struct {
	w *loop.Writer
	r *replica
}

func (b *bulkWriter) Write(p []byte) (int, error) {
	n, err := b.w.Write(p)
	b.r.sent.Add(int64(n))
	return n, err
}

// ReadFrom sends pieces of a file by the kernel's own copying.
func (b *bulkWriter) ReadFrom(src io.Reader) (total int64, err error) {
	const piece = 1 << 20
	for {
		n, err := b.w.ReadFrom(io.LimitReader(src, piece))
		total += n
		b.r.sent.Add(n)
		if err != nil || n == 0 {
			return total, err
		}
	}
}

// noteProgress tells the feeds of replicas that took bytes of their snapshots.
func (d *Driver) noteProgress(now time.Time) {
	for _, f := range d.master.Feeds() {
		if f.State() == repl.FeedSendBulk {
			d.replicas[f].noteProgress(now)
		}
	}
}

func (r *replica) noteProgress(now time.Time) {
	if n := r.sent.Load(); n != r.sentSeen {
		r.d.e.Stats.NetReplOutput += n - r.sentSeen
		r.sentSeen = n
		r.feed.BulkProgress(now)
	}
}
