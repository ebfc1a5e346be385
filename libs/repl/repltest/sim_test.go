package repltest

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var (
	seedFlag = flag.Uint64("seed", envNumber("LOCKSTEP_SEED", 0), "run the schedules from this seed on, and no fresh ones; 0: the fixed ones")
	runsFlag = flag.Uint64("runs", envNumber("LOCKSTEP_RUNS", 0), "how many schedules to run; 0: one with -seed, else 300 fixed ones")
	newFlag  = flag.Uint64("fresh", envNumber("LOCKSTEP_SEEDS", 20), "how many schedules with fresh seeds to run")
	rewrite  = flag.Bool("rewrite", false, "write the logs of the scripts anew")
)

func envNumber(name string, otherwise uint64) uint64 {
	n, err := strconv.ParseUint(os.Getenv(name), 10, 64)
	if err != nil {
		return otherwise
	}
	return n
}

// E1 to E5 hold in random schedules of faults. A failure prints the seed; -seed with that number repeats it exactly.
func TestSim(t *testing.T) {
	var seeds []uint64
	first, runs := uint64(1), *runsFlag
	if *seedFlag != 0 {
		first, runs = *seedFlag, max(runs, 1)
	} else if runs == 0 {
		runs = 300
	}
	for i := range runs {
		seeds = append(seeds, first+i)
	}
	if *seedFlag == 0 {
		fresh := uint64(time.Now().UnixNano())
		t.Logf("fresh seeds %d to %d", fresh, fresh+*newFlag-1)
		for i := range *newFlag {
			seeds = append(seeds, fresh+i)
		}
	}
	var next atomic.Int64
	for worker := range runtime.GOMAXPROCS(0) {
		t.Run("worker"+strconv.Itoa(worker), func(t *testing.T) {
			t.Parallel()
			for i := next.Add(1) - 1; i < int64(len(seeds)) && !t.Failed(); i = next.Add(1) - 1 {
				log, err := Schedule(seeds[i])
				if err != nil {
					t.Fatalf("%v\nrepeat: go test ./repltest -run Sim -seed %d\n%s", err, seeds[i], tail(log, 60))
				}
				if len(seeds) == 1 && testing.Verbose() {
					t.Log(log)
				}
			}
		})
	}
}

func tail(s string, lines int) string {
	all := strings.Split(s, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// A seed repeats a run exactly: else a failure could not be looked at.
func TestSimRepeats(t *testing.T) {
	run := func() string {
		w := NewWorld(7)
		defer w.Close()
		s := &schedule{World: w}
		s.build()
		for range 60 {
			s.step()
			w.Run(s.pause())
		}
		return w.log.String()
	}
	if a, b := run(), run(); a != b || len(a) == 0 {
		t.Fatal("two runs of one seed differ")
	}
}

// Each script opens with the guarantee that it shows.
func TestClusterScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Script(string(text))
			if err != nil {
				t.Fatal(err)
			}
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(text) {
				t.Errorf("the log differs; run with -rewrite and look at the difference. Now it is:\n%s", got)
			}
		})
	}
}
