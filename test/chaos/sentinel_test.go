package chaos

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockstep-db/lockstep/test/rig"
)

// downAfter is how long a master is silent before a sentinel takes it for dead.
const downAfter = 1500 * time.Millisecond

// Guarantee: three of Debian's redis-sentinels find the replicas of a master of ours or of theirs, promote one of them when the
// master is killed, and make the old master a replica when it is back. No write that WAIT 1 has answered is lost, and whoever
// survived goes on partially.
func TestSentinel(t *testing.T) {
	for _, kinds := range [][]rig.Kind{
		{rig.Ours, rig.Ours, rig.Ours},
		{rig.Ours, rig.Peer, rig.Peer},
		{rig.Peer, rig.Ours, rig.Ours},
		{rig.Ours, rig.Ours, rig.Peer},
	} {
		var names []string
		for _, k := range kinds {
			names = append(names, k.String())
		}
		t.Run(strings.Join(names, "-"), func(t *testing.T) {
			t.Parallel()
			failOver(t, kinds)
		})
	}
}

func failOver(t *testing.T, kinds []rig.Kind) {
	var servers []*rig.Server
	for i, k := range kinds {
		servers = append(servers, rig.Start(t, k, name(i), rig.Config{"save": "3600 1"}))
	}
	old := servers[0]
	for _, r := range servers[1:] {
		r.Follow(old.Port)
		r.WaitLink()
	}
	sentinels := rig.StartSentinels(t, old, 3, downAfter)
	for _, s := range sentinels {
		s.WaitKnows(2, 2)
	}
	w := startWriter(t, servers, sentinels)
	w.waitAcknowledged(100)

	old.Signal(syscall.SIGKILL)
	old.WaitExit()
	next := waitPromoted(t, servers[1:], sentinels)
	other := servers[1]
	if other == next {
		other = servers[2]
	}
	waitFollows(t, other, next)
	w.waitAcknowledged(100)
	if s := next.Syncs(); s.Full != 0 || s.PartialOK != 1 {
		t.Errorf("the promoted %s: %+v, want a partial sync of the survivor and no full one", next.Name, s)
	}

	old.Restart(nil)
	waitFollows(t, old, next)
	for _, s := range sentinels {
		s.WaitKnows(2, 2)
	}
	w.waitAcknowledged(50)
	acknowledged := w.stop()
	rig.WaitSame(t, servers...)
	lost := 0
	for _, key := range acknowledged {
		if n := next.Must("EXISTS", key); n != int64(1) {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d writes that WAIT 1 had covered are lost", lost, len(acknowledged))
	}
}

// waitPromoted waits until all sentinels name one of the replicas and it is a master.
func waitPromoted(t *testing.T, replicas []*rig.Server, sentinels []*rig.Sentinel) (next *rig.Server) {
	t.Helper()
	rig.Until(t, 2*time.Minute, func() error {
		for _, s := range sentinels {
			port, err := s.MasterPort()
			if err != nil {
				return err
			}
			for _, r := range replicas {
				if r.Port == port {
					next = r
				}
			}
			if next == nil || next.Port != port {
				return fmt.Errorf("the sentinel on port %d names the master on %d", s.Port, port)
			}
		}
		if info, err := next.TryInfo("replication"); err != nil || info["role"] != "master" {
			return fmt.Errorf("%s is named, but is a %s (%v)", next.Name, info["role"], err)
		}
		return nil
	})
	next.Reconnect() // a sentinel kills clients when it changes a role
	return next
}

func waitFollows(t *testing.T, replica, master *rig.Server) {
	t.Helper()
	rig.Until(t, 2*time.Minute, func() error {
		info, err := replica.TryInfo("replication")
		if err != nil {
			return err
		}
		if info["role"] != "slave" || info["master_port"] != fmt.Sprint(master.Port) || info["master_link_status"] != "up" {
			return fmt.Errorf("%s: role:%s master_port:%s, want %d, master_link_status:%s", replica.Name, info["role"], info["master_port"], master.Port, info["master_link_status"])
		}
		return nil
	})
	replica.Reconnect()
}

// writer is a client that asks a sentinel for the master, writes keys, and remembers those for which WAIT 1 answered that a
// replica has them.
type writer struct {
	t            *testing.T
	servers      []*rig.Server
	sentinels    []*rig.Sentinel
	cancel       context.CancelFunc
	done         chan struct{}
	count        chan int // of the keys in acknowledged, whenever it grows
	acknowledged []string
}

func startWriter(t *testing.T, servers []*rig.Server, sentinels []*rig.Sentinel) *writer {
	ctx, cancel := context.WithCancel(context.Background())
	w := &writer{t: t, servers: servers, sentinels: sentinels, cancel: cancel, done: make(chan struct{}), count: make(chan int, 1)}
	go w.write(ctx)
	t.Cleanup(func() { w.stop() })
	return w
}

func (w *writer) write(ctx context.Context) {
	defer close(w.done)
	for i := 0; ctx.Err() == nil; i++ {
		port, err := w.sentinels[i%len(w.sentinels)].MasterPort()
		if err != nil {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		for _, s := range w.servers {
			if s.Port == port {
				w.writeTo(ctx, s, i)
			}
		}
	}
}

// writeTo writes to a server until it does not take it.
func (w *writer) writeTo(ctx context.Context, s *rig.Server, round int) {
	c := redis.NewClient(s.Options(0))
	defer c.Close()
	for i := 0; ctx.Err() == nil; i++ {
		key := fmt.Sprintf("w:%d:%d", round, i)
		if err := c.Set(ctx, key, i, 0).Err(); err != nil {
			time.Sleep(10 * time.Millisecond)
			return
		}
		if n, err := c.Do(ctx, "WAIT", 1, 1000).Int(); err != nil {
			return
		} else if n < 1 {
			continue
		}
		w.acknowledged = append(w.acknowledged, key)
		select {
		case <-w.count:
		default:
		}
		w.count <- len(w.acknowledged)
	}
}

// waitAcknowledged waits until n more writes are acknowledged.
func (w *writer) waitAcknowledged(n int) {
	w.t.Helper()
	want, have := 0, 0
	rig.Until(w.t, time.Minute, func() error {
		select {
		case have = <-w.count:
		default:
		}
		if want == 0 && have > 0 {
			want = have + n
		}
		if want == 0 || have < want {
			return fmt.Errorf("%d writes are acknowledged, want %d", have, want)
		}
		return nil
	})
}

// stop ends the writer and returns the keys.
func (w *writer) stop() []string {
	w.cancel()
	<-w.done
	return w.acknowledged
}
