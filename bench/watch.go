package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// pollEvery is the time between two looks at both servers, and so the resolution
// of the phases. Two INFOs a millisecond cost a server 1 to 3 % of a core.
const pollEvery = time.Millisecond

// pair is a master and the replica that is measured with it.
type pair struct {
	o               *options
	master, replica *server
}

// sample is what INFO of both servers says, the master's first.
type sample struct {
	at              time.Time // when the replica had answered
	master, replica info
}

func (p *pair) look() (sample, error) {
	m, err := p.master.conn.info("replication", "stats", "persistence")
	if err != nil {
		return sample{}, fmt.Errorf("master: %w", err)
	}
	r, err := p.replica.conn.info("replication", "persistence")
	if err != nil {
		return sample{}, fmt.Errorf("replica: %w", err)
	}
	return sample{time.Now(), m, r}, nil
}

// linked reports a link that is up.
func (s sample) linked() bool { return s.replica["master_link_status"] == "up" }

// inStep reports a replica that has applied all that the master had written when it was asked.
func (s sample) inStep() bool {
	return s.linked() && s.replica.number("slave_repl_offset") >= s.master.number("master_repl_offset")
}

// watch looks at both servers until done, or until the time is up.
func (p *pair) watch(ctx context.Context, what string, done func(sample) bool) error {
	deadline := time.Now().Add(p.o.timeout)
	for {
		s, err := p.look()
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if done(s) {
			return nil
		}
		if s.at.After(deadline) {
			return fmt.Errorf("%s: not reached within %s: master at %s, replica at %s, link %s", what, p.o.timeout,
				s.master["master_repl_offset"], s.replica["slave_repl_offset"], s.replica["master_link_status"])
		}
		if err := pause(ctx, pollEvery); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// timeline holds the instants of a resync in the order in which they must come,
// counted from its start. An instant that fell between two looks stays unseen:
// its phase is not known, and its time belongs to the next one.
type timeline struct {
	start time.Time
	at    []time.Duration // -1: unseen
}

func newTimeline(start time.Time, instants int) *timeline {
	t := &timeline{start: start, at: make([]time.Duration, instants)}
	for i := range t.at {
		t.at[i] = -1
	}
	return t
}

// mark notes that an instant is past, if this is the first time and no later one was seen.
func (t *timeline) mark(i int, now time.Time) {
	for _, later := range t.at[i:] {
		if later >= 0 {
			return
		}
	}
	t.at[i] = now.Sub(t.start)
}

// phase returns the time from the instant that was seen before to this one, or -1.
func (t *timeline) phase(i int) time.Duration {
	if t.at[i] < 0 {
		return -1
	}
	for before := i - 1; before >= 0; before-- {
		if t.at[before] >= 0 {
			return t.at[i] - t.at[before]
		}
	}
	return t.at[i]
}

// settle waits until the replica stands at the master's offset and compares the data.
func (p *pair) settle(ctx context.Context) (fault string, err error) {
	if err := p.watch(ctx, "equal offsets", sample.inStep); err != nil {
		return "", err
	}
	digests := make([]string, 2)
	for i, s := range []*server{p.master, p.replica} {
		v, err := s.conn.do("DEBUG", "DIGEST")
		if err != nil {
			return "", fmt.Errorf("%s: %w", s.program, err)
		}
		digests[i] = string(v.Text)
	}
	if digests[0] != digests[1] || strings.Trim(digests[0], "0") == "" {
		return fmt.Sprintf("the data differs: the master's digest is %s, the replica's %s", digests[0], digests[1]), nil
	}
	return "", nil
}
