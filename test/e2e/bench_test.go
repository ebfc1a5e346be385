package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// The bench runs a full and a partial resynchronisation of real servers and prints both, as a table and as JSON.
func TestBench(t *testing.T) {
	bench := rig.Program(t, "lockstep-bench")
	args := []string{"--server", rig.Program(t, "lockstep-server"), "--keys", "5000", "--runs", "1", "--rate", "2000"}
	got := run(t, t.TempDir(), "", bench, args...)
	for _, want := range []string{"full resync", "partial resync", "total"} {
		if got.Code != 0 || !strings.Contains(got.Out, want) {
			t.Errorf("status %d, want 0; the table lacks %q:\n%s%s", got.Code, want, got.Out, got.Stderr)
		}
	}

	got = run(t, t.TempDir(), "", bench, append(args, "--json")...)
	var report struct {
		Servers []struct {
			Full    []map[string]float64
			Partial []map[string]float64
		}
		Faults []any
	}
	if err := json.Unmarshal([]byte(got.Out), &report); err != nil {
		t.Fatalf("status %d; not JSON: %v\n%s", got.Code, err, got.Out)
	}
	if len(report.Servers) != 1 || len(report.Servers[0].Full) != 1 || len(report.Servers[0].Partial) != 1 || len(report.Faults) != 0 {
		t.Fatalf("want one server with one run of each and no fault:\n%s", got.Out)
	}
	// 5,000 values of 100 random bytes cannot be sent in less.
	if bytes := report.Servers[0].Full[0]["bytes"]; bytes < 500000 {
		t.Errorf("a full resynchronisation of 5,000 keys took %v bytes", bytes)
	}
	if missed := report.Servers[0].Partial[0]["missed_bytes"]; missed <= 0 {
		t.Errorf("nothing was written while the link was cut: missed_bytes is %v", missed)
	}
}

func TestBenchBadArguments(t *testing.T) {
	bench := rig.Program(t, "lockstep-bench")
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--keys", "many"}, 2, "keys"},
		{[]string{"--no-such-option"}, 2, "no-such-option"},
		{[]string{"--server", "no-such-program"}, 2, "no-such-program"},
	} {
		got := run(t, t.TempDir(), "", bench, tt.args...)
		if got.Code != tt.code || !strings.Contains(got.Out+got.Stderr, tt.want) {
			t.Errorf("%s: status %d, want %d; message %q", fmt.Sprint(tt.args), got.Code, tt.code, got.Out+got.Stderr)
		}
	}
}
