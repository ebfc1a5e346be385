package interop

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee (B9): a link that is cut is back within milliseconds, not after a cron period, also if it was cut just before. The
// best of a few is looked at, since this machine may be busy; a replica that waits for its cron never comes in so fast.
func TestPartialSyncCostsMilliseconds(t *testing.T) {
	for _, kind := range []rig.Kind{rig.Ours, rig.Peer} {
		t.Run(kind.String(), func(t *testing.T) {
			nodes := chain(t, nil, kind, rig.Ours)
			attach(nodes)
			master, replica := nodes[0], nodes[1]
			rig.WaitSame(t, servers(nodes)...)
			full := master.Syncs().Full
			var took []time.Duration
			for range 6 {
				before := master.Syncs()
				start := time.Now()
				replica.link.Cut()
				for master.Syncs().PartialOK == before.PartialOK {
					if time.Since(start) > timeout {
						t.Fatal("the replica does not come back")
					}
				}
				took = append(took, time.Since(start))
				replica.WaitLink()
				// A link must have been good for a second to be dialled at once again and again.
				rig.Until(t, timeout, func() error {
					if d := time.Since(start); d < 1200*time.Millisecond {
						return fmt.Errorf("the link is up for %v", d)
					}
					return nil
				})
			}
			slices.Sort(took)
			t.Logf("from the cut to the partial sync: %v", took)
			if took[0] > 20*time.Millisecond || took[len(took)/2] > 100*time.Millisecond {
				t.Errorf("from the cut to the partial sync it takes %v at best, %v in the middle", took[0], took[len(took)/2])
			}
			if now := master.Syncs(); now.Full != full {
				t.Errorf("a full sync: %+v", now)
			}
		})
	}
}

// Guarantee (B9): a hundred replicas that come back together all continue, and clients notice nothing.
func TestHundredReplicasComeBack(t *testing.T) {
	const replicas = 100
	s := rig.Start(t, rig.Ours, "master", nil)
	rig.Populate(t, s, 100)
	first := s.Dial()
	greet(t, first, "eof", "psync2")
	first.Command("PSYNC", "?", "-1")
	id, offset := fullResync(t, first.Line())
	first.Payload()
	for i := range 500 {
		s.Must("SET", fmt.Sprint("missed:", i), "some value that a replica lacks")
	}
	var slowest time.Duration
	for round := int64(1); round <= 3; round++ { // a machine that is busy can hold up a PING, a server that stalls always does
		slowest = probe(t, s, func() { comeBack(t, s, replicas, id, offset) })
		t.Logf("the slowest PING took %v", slowest)
		if now := s.Syncs(); now.PartialOK != round*replicas || now.Full != 1 {
			t.Errorf("%+v, want %d partial ones", now, round*replicas)
		}
		if slowest < 250*time.Millisecond {
			return
		}
	}
	t.Errorf("while %d replicas came back a PING took %v", replicas, slowest)
}

// comeBack makes so many replicas continue at the same time.
func comeBack(t *testing.T, s *rig.Server, replicas int, id string, offset int64) {
	t.Helper()
	var wg sync.WaitGroup
	var wires []*rig.Wire
	for range replicas {
		w := s.Dial()
		greet(t, w, "eof", "psync2")
		wires = append(wires, w)
	}
	for _, w := range wires {
		wg.Go(func() {
			w.Command("PSYNC", id, strconv.FormatInt(offset+1, 10))
			expect(t, w, "+CONTINUE "+id)
			for n := 0; n < 500; { // all that was missed
				if args, _ := w.Next(true); args[0] == "SET" {
					n++
				}
			}
		})
	}
	wg.Wait()
	for _, w := range wires {
		w.Close()
	}
}

// probe measures the slowest PING while f runs.
func probe(t *testing.T, s *rig.Server, f func()) (slowest time.Duration) {
	t.Helper()
	stop, done := make(chan struct{}), make(chan struct{})
	w := s.Dial()
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
			start := time.Now()
			w.Command("PING")
			if w.Line() != "+PONG" {
				t.Error("no PONG")
				return
			}
			slowest = max(slowest, time.Since(start))
		}
	}()
	f()
	close(stop)
	<-done
	return slowest
}
