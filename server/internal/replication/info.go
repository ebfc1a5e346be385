package replication

import (
	"fmt"
	"strconv"
	"time"

	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/info"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Info adds the section replication.
func (d *Driver) Info(r *info.Registry) { r.Add("replication", d.info) }

func (d *Driver) info(b *info.Builder) {
	if d.isReplica() {
		b.Str("role", "slave")
		d.infoReplica(b)
	} else {
		b.Str("role", "master")
	}
	d.infoMaster(b)
	h := d.stream.History()
	second, upTo := h.Second()
	b.Str("master_failover_state", d.failover.State().String())
	b.Str("master_replid", h.ID.String())
	b.Str("master_replid2", second.String())
	b.Int("master_repl_offset", h.Offset.Info())
	b.Int("second_repl_offset", upTo)
	w := d.stream.Window()
	b.Bool("repl_backlog_active", w.Active)
	b.Int("repl_backlog_size", d.stream.Backlog().Size())
	first := int64(0)
	if w.Active {
		first = w.Start.PSYNC()
	}
	b.Int("repl_backlog_first_byte_offset", first)
	b.Int("repl_backlog_histlen", w.Len())
	if d.isReplica() {
		d.infoSync(b)
	}
	d.infoReplicas(b, time.Now())
}

// secondsSince is the age of t in whole seconds.
func secondsSince(t time.Time) int64 { return int64(time.Since(t).Seconds()) }

func (d *Driver) infoReplica(b *info.Builder) {
	l := d.link
	addr := l.Master()
	b.Str("master_host", addr.Host)
	b.Int("master_port", int64(addr.Port))
	up := l.State() == repl.LinkUp
	status := "down"
	if up {
		status = "up"
	}
	b.Str("master_link_status", status)
	age := int64(-1)
	if at, ok := l.HeardAt(); ok && up {
		age = secondsSince(at)
	}
	b.Int("master_last_io_seconds_ago", age)
	syncing := l.State() == repl.LinkReceiving
	b.Bool("master_sync_in_progress", syncing)
	b.Int("slave_read_repl_offset", d.readOffset())
	b.Int("slave_repl_offset", d.stream.Offset().Info())
	if f := d.follow; syncing && f != nil {
		total, read := f.total.Load(), f.read.Load()
		b.Int("master_sync_total_bytes", total)
		b.Int("master_sync_read_bytes", read)
		b.Int("master_sync_left_bytes", max(total-read, 0))
		perc := 0.0
		if total > 0 {
			perc = 100 * float64(read) / float64(total)
		}
		b.Float("master_sync_perc", perc)
		last := int64(0)
		if ns := f.lastRead.Load(); ns > 0 {
			last = secondsSince(time.Unix(0, ns))
		}
		b.Int("master_sync_last_io_seconds_ago", last)
	}
	if since, down := l.DownSince(); down {
		b.Int("master_link_down_since_seconds", secondsSince(since))
	}
	b.Int("slave_priority", int64(d.cfg.ReplicaPriority))
	b.Bool("slave_read_only", d.cfg.ReplicaReadOnly)
	b.Bool("replica_announced", d.cfg.ReplicaAnnounced)
}

// readOffset is the offset up to which bytes were received, applied or not.
func (d *Driver) readOffset() int64 {
	n := d.stream.Offset().Info()
	if f := d.follow; f != nil && f.s != nil {
		n += int64(f.s.In.Buffered() + d.e.Unapplied(f.s))
	}
	return n
}

func (d *Driver) infoMaster(b *info.Builder) {
	feeds := d.master.Feeds()
	b.Int("connected_slaves", int64(len(feeds)))
	if d.cfg.MinReplicasToWrite > 0 && d.cfg.MinReplicasMaxLag > 0 {
		b.Int("min_slaves_good_slaves", int64(d.GoodReplicas()))
	}
	now := time.Now()
	for i, f := range feeds {
		r := d.replicas[f]
		ip, port := r.address()
		at, _ := f.Acked()
		b.Str("slave"+strconv.Itoa(i), fmt.Sprintf("ip=%s,port=%d,state=%s,offset=%d,lag=%d", ip, port, f.Word(), at.Info(), int64(f.LagTime(now).Seconds())))
	}
}

// Role is the reply of ROLE.
func (d *Driver) Role(w *resp.Writer) {
	if d.isReplica() {
		addr := d.link.Master()
		w.Array(5)
		w.BulkString("slave")
		w.BulkString(addr.Host)
		w.Int(int64(addr.Port))
		w.BulkString(d.link.State().String())
		offset := int64(-1)
		if d.LinkUp() {
			offset = d.stream.Offset().Info()
		}
		w.Int(offset)
		return
	}
	w.Array(3)
	w.BulkString("master")
	w.Int(d.stream.Offset().Info())
	online := 0
	for _, f := range d.master.Feeds() {
		if f.State() == repl.FeedOnline {
			online++
		}
	}
	w.Array(online)
	for _, f := range d.master.Feeds() {
		if f.State() != repl.FeedOnline {
			continue
		}
		ip, port := d.replicas[f].address()
		at, _ := f.Acked()
		w.Array(3)
		w.BulkString(ip)
		w.BulkString(strconv.Itoa(port))
		w.BulkString(itoa(at.Info()))
	}
}
