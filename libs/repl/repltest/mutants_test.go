package repltest

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var mutantsFlag = flag.Bool("mutants", os.Getenv("LOCKSTEP_MUTANTS") != "", "break the code in many ways and see that the simulation finds each")

// mutants are faults of the kind that replication dies of: a byte too far, a state kept too long.
var mutants = []struct{ name, file, code, broken string }{
	{"an older history is valid one byte too far", "judge.go", "if req.From > past.End {", "if req.From > past.End+1 {"},
	{"a byte that has just left the backlog is granted", "judge.go", "case req.From < w.Start:", "case req.From < w.Start-1:"},
	{"a byte beyond the end is granted", "judge.go", "case req.From > w.End:", "case req.From > w.End+1:"},
	{"what can be continued is refused", "judge.go", "case req.From > w.End:", "case req.From >= w.End:"},
	{"half a transaction is forwarded", "repltest/following.go", "return &transaction{raw: bytes.Clone(raw)}", "l.emit(raw)\n\t\treturn &transaction{}"},
	{"no SELECT for those that start at a snapshot", "plan.go", "m.stream.ForceSelect()", "_ = 0"},
	{"a cursor is one byte off behind a block's border", "cursor.go", "c.used = 0", "c.used = min(1, len(c.block.data))"},
	{"the backlog keeps a block too few", "backlog.go", "int64(b.End()-oldest.end()) < b.size", "int64(b.End()-oldest.start) < b.size"},
	{"the old history survives the end of its data", "link.go", "\t\tl.stream.Discard(fresh)\n", "\t\t_ = fresh\n"},
	{"the past survives a full sync", "history.go", "*h = History{ID: id, Offset: at}", "*h = History{ID: id, Offset: at, Past: h.Past}"},
	{"a freed backlog does not end the history", "stream.go", "\ts.log.Keep(false)\n\ts.history.Discard(fresh)\n", "\ts.log.Keep(false)\n"},
	{"a promoted replica keeps its ID", "history.go", "func (h *History) Promote(fresh ID) { h.part(fresh) }", "func (h *History) Promote(fresh ID) {}"},
	{"a promoted replica forgets its past", "history.go", "func (h *History) Promote(fresh ID) { h.part(fresh) }", "func (h *History) Promote(fresh ID) { h.ID, h.Past = fresh, nil }"},
	{"sub-replicas do not learn a new ID", "link.go", "if l.stream.AdoptContinue(o.ID) {", "if l.stream.AdoptContinue(o.ID) && false {"},
	{"a snapshot says one byte too much", "saved.go", "Offset: h.Offset, DB:", "Offset: h.Offset + 1, DB:"},
	{"a snapshot does not say its database", "saved.go", "DB: s.Selected(), Past:", "DB: 0, Past:"},
	{"a master restarted from its file keeps its ID", "saved.go", "\ts.Promote(fresh)\n", "\t_ = fresh\n"},
	{"a joiner starts where the stream is, not where the snapshot is", "plan.go", "c, ok := m.stream.Attach(s.Offset)\n\t\tif !ok {\n\t\t\tcontinue", "c, ok := m.stream.Attach(m.stream.Offset())\n\t\tif !ok {\n\t\t\tcontinue"},
	{"the cursor of a replica that is gone stays", "master.go", "\t\tf.cursor.Close()\n", ""},
	{"a snapshot is never released", "plan.go", "\t\tm.do(Action{Kind: ActRelease, Snapshot: s})\n", ""},
	{"a replica takes over that has not got all", "failover.go", "c.Acked == at &&", "c.Acked <= at &&"},
	{"a silent replica is never dropped", "master.go", "f.doomed = DropSilent", "_ = f"},
	{"a silent master is never given up", "link.go", "if now.Sub(l.heardAt) <= l.Timeout {", "if true {"},
}

// The simulation finds what it is there to find: with each fault some seed fails.
func TestSimFindsMutants(t *testing.T) {
	if !*mutantsFlag {
		t.Skip("make sim runs this: it builds the package anew for each of many faults")
	}
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			out := runMutant(t, m.file, m.code, m.broken)
			found := regexp.MustCompile(`seed \d+: .*`).FindString(out)
			if found == "" {
				t.Fatalf("no schedule found it:\n%.2000s", out)
			}
			t.Log(found)
		})
	}
}

// runMutant runs the fixed schedules on code of which one piece is replaced, and returns what go test printed.
func runMutant(t *testing.T, file, code, broken string) string {
	path, err := filepath.Abs(filepath.Join("..", file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), code); n != 1 {
		t.Fatalf("%s has %q %d times, want once: the fault must be put elsewhere", file, code, n)
	}
	dir := t.TempDir()
	mutant, overlay := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(mutant, []byte(strings.Replace(string(text), code, broken, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {path: mutant}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, list, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-vet=off", "-count=1", "-timeout=3m", "-overlay="+overlay, "-run=TestSim$", ".",
		"-args", "-runs=400", "-fresh=0", "-mutants=false")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err == nil {
		t.Errorf("the simulation passes")
	}
	return out.String()
}
