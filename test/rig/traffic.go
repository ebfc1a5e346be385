package rig

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Traffic is clients that write to whatever server is the master. Unlike those of [Load] they outlive it: a write that
// fails is given up, and the next one goes to whoever is the master then.
type Traffic struct {
	target atomic.Pointer[Server]
	gate   sync.RWMutex // held by each write; Pause takes it whole
	paused bool
	cancel context.CancelFunc
	wg     sync.WaitGroup
	ops    atomic.Int64
}

// pace is the pause between two writes of a client: traffic goes on for minutes, on machines with two cores.
const pace = time.Millisecond

// StartTraffic begins to write with a number of clients, each in several databases. The commands depend on seed alone.
func StartTraffic(t testing.TB, to *Server, clients int, seed uint64) *Traffic {
	ctx, cancel := context.WithCancel(context.Background())
	tr := &Traffic{cancel: cancel}
	tr.target.Store(to)
	for i := range clients {
		tr.wg.Add(1)
		go func() {
			defer tr.wg.Done()
			for rnd := rand.New(rand.NewPCG(seed, uint64(i))); ctx.Err() == nil; {
				tr.serve(ctx, rnd, 2+i%2)
			}
		}()
	}
	t.Cleanup(tr.Stop)
	return tr
}

// To sends the writes to another server from now on.
func (tr *Traffic) To(s *Server) { tr.target.Store(s) }

// Ops returns how many writes were answered so far.
func (tr *Traffic) Ops() int64 { return tr.ops.Load() }

// Pause stops the writes; none is under way when it returns. Resume lets them go on.
func (tr *Traffic) Pause() {
	if !tr.paused {
		tr.gate.Lock()
		tr.paused = true
	}
}

// Resume ends a pause.
func (tr *Traffic) Resume() {
	if tr.paused {
		tr.paused = false
		tr.gate.Unlock()
	}
}

// Stop ends the writes for good.
func (tr *Traffic) Stop() {
	tr.cancel()
	tr.Resume()
	tr.wg.Wait()
}

// serve writes to the present target until that is another.
func (tr *Traffic) serve(ctx context.Context, rnd *rand.Rand, protocol int) {
	s := tr.target.Load()
	var dbs []*redis.Client
	for _, db := range []int{0, 3, 9} {
		o := s.Options(db)
		o.Protocol, o.PoolSize = protocol, 1
		o.DialTimeout, o.ReadTimeout = time.Second, time.Second // it may be stopped
		c := redis.NewClient(o)
		defer c.Close()
		dbs = append(dbs, c)
	}
	for ctx.Err() == nil && tr.target.Load() == s {
		tr.gate.RLock()
		err := step(dbs[rnd.IntN(len(dbs))], rnd)
		tr.gate.RUnlock()
		if err == nil || isReply(err) {
			tr.ops.Add(1)
		}
		time.Sleep(pace)
	}
}
