package repl

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

var start = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// masterRig is a master with a clock that the test moves.
type masterRig struct {
	*Master
	t   *testing.T
	now time.Time
	env Env
}

func newMasterRig(t *testing.T, cfg MasterConfig) *masterRig {
	if cfg.Timeout == 0 {
		cfg.Timeout = time.Minute
	}
	if cfg.PingPeriod == 0 {
		cfg.PingPeriod = 10 * time.Second
	}
	return &masterRig{Master: NewMaster(cfg, NewStream(id('a'), 100_000), start), t: t, now: start}
}

// tick lets d pass in steps of 100 ms and returns what was asked for.
func (r *masterRig) tick(d time.Duration) string {
	r.t.Helper()
	var got []string
	for end := r.now.Add(d); ; r.now = r.now.Add(100 * time.Millisecond) {
		for _, a := range r.Tick(r.env, r.now) {
			got = append(got, fmt.Sprintf("%g: %v", r.now.Sub(start).Seconds(), a))
		}
		if !r.now.Before(end) {
			return strings.Join(got, "\n")
		}
	}
}

func (r *masterRig) expect(d time.Duration, want string) {
	r.t.Helper()
	if got := r.tick(d); got != strings.TrimSpace(want) {
		r.t.Fatalf("asked for:\n%s\nwant:\n%s", got, strings.TrimSpace(want))
	}
}

func (r *masterRig) replica(name string, capa Capa, req Request) *Feed {
	f := &Feed{Name: name, Capa: capa}
	r.Sync(f, req, id('f'), r.now)
	return f
}

const both = CapaEOF | CapaPSYNC2

// R16, R18, R19, R21: a diskless sync waits for others, serves them together, and streams after the first ACK.
func TestDisklessSync(t *testing.T) {
	r := newMasterRig(t, MasterConfig{Diskless: true, DisklessDelay: 5 * time.Second})
	b := r.replica("b", both, Request{})
	if b.State().String() != "wait_bgsave" || !r.stream.Active() {
		t.Fatalf("state %v", b.State())
	}
	r.expect(3*time.Second, "1: newline to b\n2: newline to b\n3: newline to b")
	c := r.replica("c", both, Request{ID: id('9'), From: 5})
	r.stream.Append([]byte("before"))
	r.expect(2*time.Second, "4: newline to b\n4: newline to c\n5: newline to b\n5: newline to c\n5: snapshot to replicas sockets for 2")
	s := r.snapshots[0]
	r.Taken(s, r.now)
	if s.Offset != 6 || s.ID != r.stream.ID() || b.State() != FeedSendBulk {
		t.Fatalf("R16: snapshot at %d, state %v", s.Offset, b.State())
	}
	if !r.stream.Select(0) {
		t.Fatal("R17: the first command after a snapshot needs a SELECT")
	}
	r.stream.Append([]byte("after"))
	b.BulkSent(r.now)
	if b.State().String() != "online" || b.Streaming() {
		t.Fatal("R21: bytes of the stream before the first ACK")
	}
	b.Ack(6, r.now)
	if !b.Streaming() || string(b.Cursor().Next()) != "after" {
		t.Fatalf("streaming %v, next %q", b.Streaming(), b.Cursor().Next())
	}
	r.Remove(c, r.now)
	r.expect(100*time.Millisecond, "5: release the snapshot to replicas sockets")
	if r.Counters != (SyncCounters{Full: 2, PartialErr: 1}) {
		t.Fatalf("counters %+v", r.Counters)
	}
}

// R19: enough replicas start a diskless sync before its delay is over.
func TestMaxReplicasStartAtOnce(t *testing.T) {
	r := newMasterRig(t, MasterConfig{Diskless: true, DisklessDelay: time.Hour, DisklessMaxReplicas: 2})
	r.replica("b", both, Request{})
	r.expect(0, "")
	r.replica("c", both, Request{})
	r.expect(0, "0: snapshot to replicas sockets for 2")
}

// R20: a replica without capa eof gets a file in a server that is set to diskless, at the same time.
func TestReplicaWithoutEOF(t *testing.T) {
	r := newMasterRig(t, MasterConfig{Diskless: true})
	r.replica("b", both, Request{})
	r.replica("c", CapaPSYNC2, Request{})
	r.expect(0, "0: snapshot to replicas sockets for 1\n0: snapshot to disk for 1")
}

// R17, R22: one that comes while a file is written joins it and gets what its peers have accumulated; turning diskless
// on meanwhile starts nothing for those that wait for the file.
func TestJoinDiskSnapshot(t *testing.T) {
	r := newMasterRig(t, MasterConfig{})
	b := r.replica("b", both, Request{})
	r.expect(0, "0: snapshot to disk for 1")
	s := r.snapshots[0]
	r.Taken(s, r.now)
	r.stream.Append([]byte("since"))
	r.Configure(MasterConfig{Diskless: true, Timeout: time.Minute, PingPeriod: time.Hour})
	r.expect(200*time.Millisecond, "")
	c := r.replica("c", CapaPSYNC2, Request{})
	r.expect(0, "0.2: c joins the snapshot to disk")
	if b.State() != FeedWaitFile || c.State() != FeedWaitFile {
		t.Fatalf("states %v %v", b.State(), c.State())
	}
	r.Written(s, r.now)
	for _, f := range []*Feed{b, c} {
		if f.State() != FeedSendBulk {
			t.Fatalf("%s: %v", f.Name, f.State())
		}
		f.BulkSent(r.now)
		if !f.Streaming() || string(f.Cursor().Next()) != "since" {
			t.Fatalf("%s gets %q", f.Name, f.Cursor().Next())
		}
	}
	r.expect(0, "0.2: release the snapshot to disk")
}

// A snapshot of a history that has ended, or from which more than a backlog was written, is not joined.
func TestNoJoinOfStaleSnapshot(t *testing.T) {
	for name, spoil := range map[string]func(*masterRig){
		"much written": func(r *masterRig) { r.stream.Append(make([]byte, 100_001)) },
		"history left": func(r *masterRig) { r.stream.AdoptContinue(id('7')) },
		"closed": func(r *masterRig) { // and what was written since fits a larger backlog
			r.stream.Append(make([]byte, 100_001))
			if !r.Close(r.snapshots[0]) {
				t.Error("the snapshot is not closed")
			}
			r.stream.log.SetSize(1 << 20)
		},
	} {
		r := newMasterRig(t, MasterConfig{})
		r.replica("b", both, Request{})
		r.expect(0, "0: snapshot to disk for 1")
		r.Taken(r.snapshots[0], r.now)
		spoil(r)
		r.replica("c", both, Request{})
		if got := r.tick(0); got != "0: snapshot to disk for 1" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// R23: an AOF rewrite delays snapshots, nothing else does.
func TestRewriteDelaysSnapshot(t *testing.T) {
	r := newMasterRig(t, MasterConfig{})
	r.env.Rewriting = true
	r.replica("b", both, Request{})
	r.expect(500*time.Millisecond, "")
	r.env.Rewriting = false
	r.expect(0, "0.5: snapshot to disk for 1")
}

// R24: when a snapshot fails, those that wait for it are dropped, once; those that came later are not.
func TestSnapshotFails(t *testing.T) {
	r := newMasterRig(t, MasterConfig{})
	b := r.replica("b", both, Request{})
	r.expect(0, "0: snapshot to disk for 1")
	r.Taken(r.snapshots[0], r.now)
	r.Failed(r.snapshots[0])
	r.replica("c", both, Request{})
	r.expect(100*time.Millisecond, "0: drop b: SYNC failed. BGSAVE failed\n0: release the snapshot to disk\n0: snapshot to disk for 1")
	r.Remove(b, r.now)
	if b.State() != FeedGone || len(r.Feeds()) != 1 {
		t.Fatalf("%v, %d feeds", b.State(), len(r.Feeds()))
	}
}

// A replica that goes while its snapshot is planned or written leaves nothing behind.
func TestReplicaGoesEarly(t *testing.T) {
	r := newMasterRig(t, MasterConfig{})
	b := r.replica("b", both, Request{})
	c := r.replica("c", both, Request{})
	r.expect(0, "0: snapshot to disk for 2")
	s := r.snapshots[0]
	r.Taken(s, r.now)
	r.Remove(b, r.now)
	r.Written(s, r.now)
	if b.State() != FeedGone || len(s.Feeds) != 1 {
		t.Fatalf("a replica that has gone is %v", b.State())
	}
	r.Remove(c, r.now)
	r.expect(0, "0: release the snapshot to disk")
	r.Written(s, r.now)
	if len(r.stream.log.cursors) != 0 {
		t.Fatal("a cursor was leaked")
	}
}

// R25: a transfer may take as long as it likes while the replica takes bytes; one that takes none is dropped.
func TestStuckTransfer(t *testing.T) {
	r := newMasterRig(t, MasterConfig{Timeout: 5 * time.Second, PingPeriod: time.Hour})
	f := r.replica("b", both, Request{})
	r.expect(0, "0: snapshot to disk for 1")
	r.Taken(r.snapshots[0], r.now)
	r.Written(r.snapshots[0], r.now)
	for range 10 {
		r.expect(4*time.Second, "")
		f.BulkProgress(r.now)
	}
	r.expect(6*time.Second, "45.1: drop b: Disconnecting timedout replica (full sync)")
}

// A shorter repl-ping-replica-period counts at once. A pause stops GETACK, and PING for a while: either would part the offsets (R26).
func TestPingPeriodChanges(t *testing.T) {
	r := newMasterRig(t, MasterConfig{PingPeriod: time.Hour})
	r.stream.Start(id('b'))
	r.replica("b", both, Request{ID: id('b'), From: 0})
	r.expect(2*time.Second, "")
	r.Configure(MasterConfig{Timeout: time.Minute, PingPeriod: time.Second})
	r.expect(0, "2: ping")
	r.env.Paused = true
	r.RequestAck()
	r.expect(3*time.Second, "")
	r.env.Paused = false
	r.expect(0, "5: getack\n5: ping")
}

// R26: silence is answered with a disconnect, except while writes are paused: then only what keeps the link is sent, in a failover nothing.
func TestSilentReplica(t *testing.T) {
	r := newMasterRig(t, MasterConfig{Timeout: 5 * time.Second, PingPeriod: 3 * time.Second})
	r.stream.Start(id('b'))
	r.replica("b", both, Request{ID: id('b'), From: 0})
	r.expect(4*time.Second, "3: ping")
	r.env.Paused, r.env.HandingOver = true, true
	r.expect(10*time.Second, "")
	r.env.HandingOver = false
	r.expect(4*time.Second, "14: ping\n17: ping")
	r.env.Paused = false
	r.expect(0, "18: drop b: Disconnecting timedout replica (streaming sync)")
}

func TestNewlineCountsAsLife(t *testing.T) {
	r := newMasterRig(t, MasterConfig{Timeout: 5 * time.Second, PingPeriod: time.Hour})
	r.stream.Start(id('b'))
	f := r.replica("b", both, Request{ID: id('b'), From: 0})
	for range 5 {
		r.expect(4*time.Second, "")
		f.Heard(r.now)
	}
}

// R10: the time of an unused backlog counts from the last replica's leave, or the promotion, whichever is later.
func TestBacklogTTL(t *testing.T) {
	r := newMasterRig(t, MasterConfig{BacklogTTL: 10 * time.Second})
	r.stream.Start(id('b'))
	f := r.replica("b", both, Request{ID: id('b'), From: 0})
	r.expect(5*time.Second, "")
	r.Remove(f, r.now)
	r.Role(true, r.now)
	r.expect(60*time.Second, "")
	r.Role(false, r.now)
	r.expect(10*time.Second, "")
	r.expect(100*time.Millisecond, "75.1: free backlog")
	r.stream.FreeBacklog(id('c'))
	r.expect(60*time.Second, "")
}

// R28, B5: the limits count what is held for the replica, also during its transfer, but never below the backlog's size.
func TestOutputLimit(t *testing.T) {
	for _, tc := range []struct {
		limit OutputLimit
		bytes int
		after time.Duration // 0: not dropped
	}{
		{OutputLimit{}, 1 << 20, 0},
		{OutputLimit{Hard: 200_000}, 200_000, 0},
		{OutputLimit{Hard: 200_000}, 200_001, time.Millisecond},
		{OutputLimit{Hard: 1000}, 100_000, 0},
		{OutputLimit{Hard: 1000}, 100_001, time.Millisecond},
		{OutputLimit{Soft: 1000, SoftFor: 2 * time.Second}, 99_999, 0},
		{OutputLimit{Soft: 150_000, SoftFor: 2 * time.Second}, 150_001, 2100 * time.Millisecond},
	} {
		r := newMasterRig(t, MasterConfig{Output: tc.limit})
		f := r.replica("b", both, Request{})
		r.tick(0)
		r.Taken(r.snapshots[0], r.now)
		r.stream.Append(make([]byte, tc.bytes))
		dropped := time.Duration(0)
		for range 50 {
			if len(r.CheckLimits(r.now)) > 0 {
				dropped = max(time.Millisecond, r.now.Sub(start))
			}
			r.now = r.now.Add(100 * time.Millisecond)
		}
		if dropped != tc.after {
			t.Errorf("%+v, %d bytes: dropped after %v, want %v (state %v)", tc.limit, tc.bytes, dropped, tc.after, f.State())
		}
	}
}

// WAIT, WAITAOF and min-replicas-to-write.
func TestAcknowledgements(t *testing.T) {
	r := newMasterRig(t, MasterConfig{MinReplicas: 2, MaxLag: 3 * time.Second})
	r.stream.Start(id('b'))
	b := r.replica("b", both, Request{ID: id('b'), From: 0})
	c := r.replica("c", both, Request{ID: id('b'), From: 0})
	r.replica("d", both, Request{})
	r.stream.Append([]byte("12345"))
	if r.Acknowledged(0) != 2 || r.Acknowledged(1) != 0 {
		t.Fatal("who acknowledged nothing has what it asked from")
	}
	b.Ack(5, r.now)
	c.Ack(3, r.now)
	c.Ack(2, r.now)
	c.Ack(99, r.now)
	if r.Acknowledged(5) != 1 || r.Acknowledged(3) != 2 {
		t.Fatalf("%d have 5, %d have 3", r.Acknowledged(5), r.Acknowledged(3))
	}
	b.Synced(4)
	b.Synced(3)
	c.Synced(4) // it has not even said that it applied byte 3
	if r.Synced(5) != 0 || r.Synced(4) != 1 || r.Synced(0) != 2 {
		t.Fatalf("%d have 5 on disk, %d have 4, %d have 0", r.Synced(5), r.Synced(4), r.Synced(0))
	}
	r.now = r.now.Add(3 * time.Second)
	if !r.MayWrite(r.now) {
		t.Fatal("two replicas are good")
	}
	r.now = r.now.Add(time.Millisecond)
	b.Ack(5, r.now)
	if r.MayWrite(r.now) || r.Good(r.now) != 1 {
		t.Fatal("one replica lags")
	}
	r.RequestAck()
	r.RequestAck()
	if got := r.tick(0); strings.Count(got, "getack") != 1 {
		t.Fatalf("asked for %q", got)
	}
}

// A sub-replica's master adds nothing of its own to the stream (R6).
func TestReplicaAddsNothing(t *testing.T) {
	r := newMasterRig(t, MasterConfig{PingPeriod: time.Second})
	r.Role(true, r.now)
	r.stream.AdoptFull(id('b'), 10, 3)
	r.replica("b", both, Request{})
	r.RequestAck()
	if got := r.tick(0); got != "0: snapshot to disk for 1" {
		t.Fatal(got)
	}
	r.Taken(r.snapshots[0], r.now)
	if r.stream.Selected() != 3 {
		t.Fatal("a replica cannot say SELECT: what its stream has selected must stay known")
	}
	if got := r.tick(10 * time.Second); strings.Contains(got, "ping") {
		t.Fatal(got)
	}
}

// R19: a snapshot ends with the last replica that gets it. One that comes back at once, before the master has looked at what is left,
// does not revive it.
func TestAbandonedSnapshotIsNotJoined(t *testing.T) {
	r := newMasterRig(t, MasterConfig{Diskless: true})
	b := r.replica("b", both, Request{})
	r.expect(0, "0: snapshot to replicas sockets for 1")
	r.Taken(r.snapshots[0], r.now)
	r.Remove(b, r.now)
	r.replica("b", both, Request{})
	r.expect(0, "0: release the snapshot to replicas sockets\n0: snapshot to replicas sockets for 1")
}

// INFO's words: a transfer without a file is wait_bgsave to its end, as in Redis.
func TestFeedWord(t *testing.T) {
	r := newMasterRig(t, MasterConfig{Diskless: true})
	b, c := r.replica("b", both, Request{}), r.replica("c", CapaPSYNC2, Request{})
	r.tick(0)
	for _, s := range r.snapshots {
		r.Taken(s, r.now)
		r.Written(s, r.now)
	}
	if b.State() != FeedSendBulk || c.State() != FeedSendBulk || b.Word() != "wait_bgsave" || c.Word() != "send_bulk" {
		t.Fatalf("%v is called %s, %v %s", b.State(), b.Word(), c.State(), c.Word())
	}
	b.BulkSent(r.now)
	if b.Word() != "online" {
		t.Fatal(b.Word())
	}
}
