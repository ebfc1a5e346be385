package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// full measures the full resync of a fresh replica.
func (p *pair) full(ctx context.Context) (r result, fault string, err error) {
	before, err := p.look()
	if err != nil {
		return nil, "", err
	}
	cpu, err := p.cpu()
	if err != nil {
		return nil, "", err
	}
	probe, err := startProbe(ctx, p.master)
	if err != nil {
		return nil, "", err
	}
	defer probe.cancel()
	phases := []struct{ key, label string }{
		{"handshake", "handshake"}, {"wait", "wait for the first byte"}, {"transfer", "transfer"}, {"load", "load"}, {"catch_up", "catch-up"},
	}
	t := newTimeline(time.Now(), len(phases))
	if _, err := p.replica.conn.do("REPLICAOF", "127.0.0.1", strconv.Itoa(p.master.port)); err != nil {
		return nil, "", err
	}
	var last sample
	err = p.watch(ctx, "full resync", func(s sample) bool {
		last = s
		if s.replica["master_sync_in_progress"] == "1" {
			t.mark(0, s.at)
		}
		if s.replica.number("master_sync_read_bytes") > 0 {
			t.mark(1, s.at)
		}
		if s.replica["loading"] == "1" || s.replica["async_loading"] == "1" {
			t.mark(2, s.at)
		}
		if s.linked() {
			t.mark(3, s.at)
		}
		if s.inStep() {
			t.at[4] = s.at.Sub(t.start)
		}
		return s.inStep()
	})
	if err != nil {
		return nil, "", err
	}
	// A sample asks the master first: a short sync can lie whole between its two questions, and the master's counters be old.
	if last, err = p.look(); err != nil {
		return nil, "", fmt.Errorf("full resync: %w", err)
	}
	for i, phase := range phases {
		r.duration(phase.key, phase.label, t.phase(i))
	}
	r.duration("total", "total", t.at[len(t.at)-1])
	r.bytes("bytes", "bytes to the replica", last.master.number("total_net_repl_output_bytes")-before.master.number("total_net_repl_output_bytes"))
	if err := probe.stop(&r); err != nil {
		return nil, "", err
	}
	if err := p.addCPU(ctx, cpu, &r); err != nil {
		return nil, "", err
	}
	if n := last.master.number("sync_full") - before.master.number("sync_full"); n != 1 {
		fault = fmt.Sprintf("full resync: the master counts %d of them", n)
	}
	return r, fault, nil
}

// cpu returns what both servers have used.
func (p *pair) cpu() (used [2]time.Duration, err error) {
	for i, s := range []*server{p.master, p.replica} {
		fields, err := s.conn.info("cpu")
		if err != nil {
			return used, err
		}
		used[i] = fields.cpu()
	}
	return used, nil
}

// addCPU adds what both servers have used since before. A child of the master
// counts from when it has ended.
func (p *pair) addCPU(ctx context.Context, before [2]time.Duration, r *result) error {
	if err := p.watch(ctx, "end of the save", func(s sample) bool { return s.master["rdb_bgsave_in_progress"] != "1" }); err != nil {
		return err
	}
	after, err := p.cpu()
	if err != nil {
		return err
	}
	r.duration("master_cpu", "CPU of the master", after[0]-before[0])
	r.duration("replica_cpu", "CPU of the replica", after[1]-before[1])
	return nil
}

// partial measures the partial resync of a replica whose link is cut while the
// master is written to.
func (p *pair) partial(ctx context.Context, seed byte) (r result, fault string, err error) {
	load, err := p.o.startLoad(ctx, p.master, seed)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, load.stop()) }()
	first, err := p.look()
	if err != nil {
		return nil, "", err
	}
	var before sample
	err = p.watch(ctx, "replica in step with the writes", func(s sample) bool {
		before = s
		return s.inStep() && s.master.number("master_repl_offset") > first.master.number("master_repl_offset")
	})
	if err != nil {
		return nil, "", err
	}
	missed, err := p.cut(ctx)
	if err != nil {
		return nil, "", err
	}
	t := newTimeline(time.Now(), 2)
	if p.o.outage > 0 {
		if err := p.replica.release(); err != nil {
			return nil, "", err
		}
	}
	var last sample
	resyncs := func(name string) int64 { return last.master.number(name) - before.master.number(name) }
	err = p.watch(ctx, "partial resync", func(s sample) bool {
		last = s
		if resyncs("sync_partial_ok")+resyncs("sync_full") == 0 {
			return false // it does not know yet that the link is gone
		}
		t.mark(0, s.at)
		if s.inStep() {
			t.at[1] = s.at.Sub(t.start)
		}
		return s.inStep()
	})
	if err != nil {
		return nil, "", err
	}
	r.duration("reconnect", "reconnect", t.phase(0))
	r.duration("catch_up", "catch-up", t.phase(1))
	r.duration("total", "total", t.at[1])
	r.bytes("missed_bytes", "bytes written meanwhile", missed)
	if full, ok := resyncs("sync_full"), resyncs("sync_partial_ok"); full != 0 || ok != 1 {
		fault = fmt.Sprintf("partial resync: the master counts %d full and %d partial ones", full, ok)
	}
	return r, fault, nil
}

// cut ends the replica's link and returns how many bytes of the stream were
// written during the outage. The replica is left held still, if there is one.
func (p *pair) cut(ctx context.Context) (missed int64, err error) {
	if p.o.outage > 0 {
		if err := p.replica.hold(); err != nil {
			return 0, fmt.Errorf("hold the replica: %w", err)
		}
	}
	v, err := p.master.conn.do("CLIENT", "KILL", "TYPE", "replica")
	if err != nil {
		return 0, err
	}
	if v.Int != 1 {
		return 0, fmt.Errorf("CLIENT KILL TYPE replica ended %d links instead of one", v.Int)
	}
	from, err := p.master.conn.info("replication")
	if err != nil {
		return 0, err
	}
	if err := pause(ctx, p.o.outage); err != nil {
		return 0, err
	}
	to, err := p.master.conn.info("replication")
	if err != nil {
		return 0, err
	}
	return to.number("master_repl_offset") - from.number("master_repl_offset"), nil
}
