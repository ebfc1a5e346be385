package chaos

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

var (
	seedFlag = flag.Uint64("seed", number("LOCKSTEP_CHAOS_SEED"), "the plan to run; 0: a fixed one and fresh ones")
	timeFlag = flag.Duration("for", duration("LOCKSTEP_CHAOS_TIME"), "how long to break things; 0: a short while")
)

func number(name string) uint64 {
	n, _ := strconv.ParseUint(os.Getenv(name), 10, 64)
	return n
}

func duration(name string) time.Duration {
	d, _ := time.ParseDuration(os.Getenv(name))
	return d
}

// short is how long a plan runs in make test, long how long one of several runs in make chaos; rounds is what it does at
// least, also on a slow machine.
const (
	short  = 15 * time.Second
	long   = time.Minute
	rounds = 5
)

// Guarantee (E1 to E5): whatever is done to the links and processes of a tree, and whoever is promoted, it comes to one
// history and one data set by itself, and each full sync on the way was necessary.
func TestChaos(t *testing.T) {
	if *seedFlag != 0 {
		run(t, *seedFlag, max(*timeFlag, short))
		return
	}
	run(t, 1, short)
	fresh := uint64(time.Now().UnixNano() / 1000)
	if *timeFlag == 0 {
		run(t, fresh, short)
	}
	for end := time.Now().Add(*timeFlag); time.Now().Before(end) && !t.Failed(); fresh++ {
		run(t, fresh, min(long, time.Until(end)))
	}
}

// run runs one plan for a while.
func run(t *testing.T, seed uint64, limit time.Duration) {
	t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
		p := newPlan(seed, 3+int(seed%3))
		t.Logf("repeat: make chaos SEED=%d T=%v", seed, limit.Round(time.Second))
		t.Logf("%v", p)
		tr := start(t, p, seed)
		tr.settle()
		begin := time.Now()
		for round := 1; (round <= rounds || time.Since(begin) < limit) && !t.Failed(); round++ {
			steps := p.round()
			t.Logf("%.1fs, round %d: %v", time.Since(begin).Seconds(), round, join(steps))
			for _, s := range steps {
				tr.do(s)
				time.Sleep(s.pause) // how long the fault lasts alone
			}
			tr.heal()
			tr.settle()
		}
		t.Logf("%.1fs: %d writes, %d full syncs", time.Since(begin).Seconds(), tr.traffic.Ops(), tr.book.total)
	})
}

func join(steps []step) string {
	var all []string
	for _, s := range steps {
		all = append(all, s.String())
	}
	return strings.Join(all, "; ")
}

// settle waits until the tree is whole, and checks what must be true then.
func (tr *tree) settle() {
	tr.t.Helper()
	for n, s := range tr.servers {
		if tr.plan.parent[n] < 0 {
			continue
		}
		rig.Until(tr.t, time.Minute, func() error {
			info := s.Info("replication")
			if info["master_link_status"] != "up" || info["master_port"] != fmt.Sprint(tr.up(n).Port) {
				return fmt.Errorf("%s: role:%s master_port:%s, want %d, master_link_status:%s", s.Name, info["role"], info["master_port"], tr.up(n).Port, info["master_link_status"])
			}
			return nil
		})
	}
	up := time.Now()
	tr.traffic.Pause()
	rig.WaitSame(tr.t, tr.servers...)
	tr.t.Logf("   settled: same after %v", time.Since(up))
	tr.traffic.Resume()
	for _, w := range tr.book.close() {
		tr.t.Errorf("not necessary: %s", w)
	}
	if tr.t.Failed() {
		tr.t.Logf("demanded: %v, ahead: %v", tr.book.lacks, tr.book.ahead)
	}
	tr.book.begin()
}
