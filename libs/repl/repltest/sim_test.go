package repltest

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	seedFlag = flag.Uint64("seed", envNumber("LOCKSTEP_SEED", 0), "run the schedules from this seed on, and no fresh ones; 0: the fixed ones")
	runsFlag = flag.Uint64("runs", envNumber("LOCKSTEP_RUNS", 0), "how many schedules to run; 0: one with -seed, else 100 fixed ones")
	newFlag  = flag.Uint64("fresh", envNumber("LOCKSTEP_FRESH", 20), "how many schedules with fresh seeds to run")
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
	seeds := chosenSeeds(t)
	var next atomic.Int64
	var mu sync.Mutex
	reached := map[string]int{}
	t.Run("schedules", func(t *testing.T) {
		for worker := range runtime.GOMAXPROCS(0) {
			t.Run("worker"+strconv.Itoa(worker), func(t *testing.T) {
				t.Parallel()
				for i := next.Add(1) - 1; i < int64(len(seeds)) && !t.Failed(); i = next.Add(1) - 1 {
					r := Schedule(seeds[i])
					if r.Err != nil {
						t.Fatal(report(r, seeds[i]))
					}
					if len(seeds) == 1 && testing.Verbose() {
						t.Log(r.Log)
					}
					mu.Lock()
					for what, n := range r.Reached {
						reached[what] += n
					}
					mu.Unlock()
				}
			})
		}
	})
	if len(seeds) >= 1000 { // some are rare
		checkReached(t, reached)
	}
}

func chosenSeeds(t *testing.T) []uint64 {
	var seeds []uint64
	first, runs := uint64(1), *runsFlag
	if *seedFlag != 0 {
		first, runs = *seedFlag, max(runs, 1)
	} else if runs == 0 {
		runs = 100
	}
	for i := range runs {
		seeds = append(seeds, first+i)
	}
	if *seedFlag == 0 && *newFlag > 0 {
		fresh := uint64(time.Now().UnixNano())
		t.Logf("fresh seeds %d to %d", fresh, fresh+*newFlag-1)
		for i := range *newFlag {
			seeds = append(seeds, fresh+i)
		}
	}
	return seeds
}

// report says how to repeat a failure, and shows the shortest script that still fails.
func report(r Run, seed uint64) string {
	lines := strings.Split(r.Log, "\n")
	return r.Err.Error() + "\nrepeat: make sim SEED=" + strconv.FormatUint(seed, 10) +
		"\n" + strings.Join(lines[max(0, len(lines)-60):], "\n") +
		"\nas a script, to be kept in testdata:\n" + Shrink(r.Script)
}

// reaches are the situations that schedules must come into: a simulation that does not meet them shows nothing of them.
var reaches = []string{
	"verdict continues", "verdict continues-older-history", "verdict full-asked", "verdict unknown-history",
	"verdict history-parted", "verdict backlog-too-short", "verdict offset-ahead",
	"snapshot to disk", "snapshot to replicas sockets", "snapshot for several", "snapshot fails", "snapshot fails to start",
	"join disk", "join replicas sockets",
	"load from a file", "load from the connection", "load beside the old data",
	"load given up from a file", "load given up from the connection", "load given up beside the old data",
	"drop: Disconnecting timedout replica (streaming sync)", "drop: Disconnecting timedout replica (full sync)",
	"drop: Closed for overcoming of output buffer limits", "drop: SYNC failed. BGSAVE failed",
	"sub-replicas disconnected", "backlog freed", "cut inside a command", "cut inside a transaction", "stall",
	"handover done", "handover undone", "handover stopped", "handover aborted", "handover unsure",
	"restart as replica with history", "restart as master with history",
	"promote in state connected", "promote in state sync", "promote in state handshake", "promote in state connecting", "promote in state connect",
}

func checkReached(t *testing.T, reached map[string]int) {
	t.Helper()
	for _, what := range reaches {
		if reached[what] == 0 {
			t.Errorf("no schedule reached: %s", what)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(reached)) {
		t.Logf("%7d %s", reached[what], what)
	}
}

// A seed repeats a run exactly, and so does the script of it: else a failure could not be looked at.
func TestSimRepeats(t *testing.T) {
	a, b := Schedule(7), Schedule(7)
	if a.Log != b.Log || len(a.Log) == 0 {
		t.Fatal("two runs of one seed differ")
	}
	replayed, err := Script(a.Script)
	if err != nil {
		t.Fatal(err)
	}
	_, log, _ := strings.Cut(replayed, "----\n")
	var happened []string
	for line := range strings.Lines(a.Log) {
		if !strings.HasPrefix(line, "== ") {
			happened = append(happened, line)
		}
	}
	if want := strings.Join(happened, ""); strings.TrimSpace(log) != strings.TrimSpace(want) {
		t.Errorf("the script of a run does something else than the run:\n%s\nwant\n%s", log, want)
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
