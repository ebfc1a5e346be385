package chaos

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

// The load: bursts of commands of a kilobyte, as fast as the master takes them. A burst is smaller than what the master may
// hold for a replica, so that one which keeps up between two bursts is never dropped, however slow the machine is.
const (
	burst       = 32 << 20
	backlogSize = 16 << 20
	outputLimit = 48 << 20
	slowLink    = 1 << 20 // bytes a second
	blocks      = 5 << 20 // of the backlog: two spare ones, the one that is filled, what goes over a limit before it is noticed
)

// Guarantee (R14, R27, R28, B5): bursts into three replicas, one of them behind a slow link. The master never holds more
// than the limit for replicas allows, of which the backlog is a part; it drops the slow one, which comes back by itself when it can, and the others
// notice nothing.
func TestLoad(t *testing.T) {
	for _, slow := range []rig.Kind{rig.Ours, rig.Peer} {
		t.Run("slow="+slow.String(), func(t *testing.T) {
			master := rig.Start(t, rig.Ours, "M", rig.Config{"repl-backlog-size": fmt.Sprint(backlogSize), "repl-timeout": "60",
				"client-output-buffer-limit": fmt.Sprintf("replica %d 0 0", outputLimit)})
			var replicas []*rig.Server
			var links []*rig.Proxy
			for i, k := range []rig.Kind{slow, rig.Ours, rig.Peer} {
				r, l := rig.Start(t, k, name(i), rig.Config{"repl-timeout": "60"}), rig.NewProxy(t, master)
				r.Follow(l.Port)
				r.WaitLink()
				replicas, links = append(replicas, r), append(links, l)
			}
			links[0].Throttle(slowLink)
			before := master.Syncs()
			watch := watchMemory(master)
			writeBursts(t, master, replicas[1:])
			links[0].Throttle(0)
			links[0].Cut() // what is on the slow link would be for a while
			rig.WaitSame(t, append(replicas, master)...)

			most := watch.stop()
			t.Logf("the replication buffers took %d MB at most, the process %d MB more than before", most.buffers>>20, most.resident>>20)
			if limit := int64(max(outputLimit, backlogSize) + blocks); most.buffers > limit {
				t.Errorf("the replication buffers took %d bytes, the limits allow %d", most.buffers, limit)
			}
			// What a replica is dropped with is garbage until the next collection, and that comes when as much was allocated anew.
			if limit := int64(2*(outputLimit+blocks) + 64<<20); most.resident > limit {
				t.Errorf("the process took %d bytes more than before, want at most %d", most.resident, limit)
			}
			if !strings.Contains(master.Log(), "overcoming of output buffer limits") {
				t.Errorf("the slow replica was not dropped: %+v after %+v", master.Syncs(), before)
			}
			for i, l := range links[1:] {
				if n := l.Connections(); n != 1 {
					t.Errorf("%s connected %d times, want once", replicas[i+1].Name, n)
				}
			}
		})
	}
}

// writeBursts writes until enough bursts were written, and after each waits for the replicas that are to keep up.
func writeBursts(t *testing.T, master *rig.Server, quick []*rig.Server) {
	const command = 1 << 10
	value := strings.Repeat("v", command-50)
	var text bytes.Buffer
	for i := range burst / command {
		text.WriteString(rig.Encode("SET", fmt.Sprintf("key:%06d", i%2000), value))
	}
	c, err := net.Dial("tcp", master.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for n, begin := 0, time.Now(); n < 8 || time.Since(begin) < *timeFlag/4; n++ {
		started := time.Now()
		go func() { _, _ = c.Write(text.Bytes()) }() // when it fails the replies are missed
		c.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := io.CopyN(io.Discard, c, int64(burst/command*len("+OK\r\n"))); err != nil {
			t.Fatalf("replies to burst %d: %v", n, err)
		}
		took := time.Since(started)
		want := master.Counter("master_repl_offset")
		for _, r := range quick {
			rig.Until(t, time.Minute, func() error {
				if at := r.Counter("master_repl_offset"); at < want {
					return fmt.Errorf("%s is at %d of %d", r.Name, at, want)
				}
				return nil
			})
		}
		if n < 8 {
			t.Logf("burst of %d MB: %.0f MB/s, the replicas had it after %v", burst>>20, burst/took.Seconds()/(1<<20), time.Since(started).Round(time.Millisecond))
		}
	}
}

// memory is what a server takes.
type memory struct{ buffers, resident int64 }

// memoryWatch looks again and again.
type memoryWatch struct {
	end  chan struct{}
	most chan memory
}

func watchMemory(s *rig.Server) *memoryWatch {
	w := &memoryWatch{make(chan struct{}), make(chan memory)}
	first := resident(s.PID())
	go func() {
		var m memory
		for {
			select {
			case <-w.end:
				w.most <- m
				return
			case <-time.After(5 * time.Millisecond):
			}
			if info, err := s.TryInfo("memory"); err == nil {
				n, _ := strconv.ParseInt(info["mem_total_replication_buffers"], 10, 64)
				m.buffers = max(m.buffers, n)
			}
			m.resident = max(m.resident, resident(s.PID())-first)
		}
	}()
	return w
}

func (w *memoryWatch) stop() memory {
	close(w.end)
	return <-w.most
}

// resident returns how much memory a process has.
func resident(pid int) int64 {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if f := strings.Fields(string(b)); len(f) > 1 {
		n, _ := strconv.ParseInt(f[1], 10, 64)
		return n * int64(os.Getpagesize())
	}
	return 0
}
