package clients

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee: redis-benchmark runs every test that it has, one by one and in pipelines, over RESP2 and RESP3, without an error; redis-cli finds
// what those have left. The whole of integration/redis-cli is in the conformance suite.
func TestDebiansClients(t *testing.T) {
	for _, kind := range []rig.Kind{rig.Ours, rig.Peer} {
		t.Run(kind.String(), func(t *testing.T) {
			s := rig.Start(t, kind, "A", nil)
			port := fmt.Sprint(s.Port)
			for _, more := range []string{"-P 16 -r 1000", "-3 --threads 2 --enable-tracking -r 100"} {
				out := execute(t, "redis-benchmark", append([]string{"-p", port, "-n", "2000", "-c", "20", "--csv"}, strings.Fields(more)...)...)
				if lines := strings.Split(strings.TrimSpace(out), "\n"); len(lines) != 21 || strings.Contains(out, "rror") {
					t.Errorf("redis-benchmark %s: %d lines, want a head and 20 tests:\n%s", more, len(lines), out)
				}
			}
			for args, want := range map[string]string{
				"--bigkeys": "Sampled", "--memkeys": "Sampled", "--scan --pattern my*": "mylist", "TYPE mylist": "list",
				"--rdb " + filepath.Join(t.TempDir(), "copy.rdb"): "Transfer finished with success", "--eval /dev/stdin , x": "x", "-3 --no-raw ZINCRBY z 1 m": "(double) 1",
			} {
				if out := execute(t, "redis-cli", append([]string{"-p", port}, strings.Fields(args)...)...); !strings.Contains(out, want) {
					t.Errorf("redis-cli %s: want %q in %s", args, want, out)
				}
			}
		})
	}
}

// execute runs a program to its end, with a script as input, and returns what it prints.
func execute(t *testing.T, program string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdin = strings.NewReader("return ARGV[1]")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s %v: %v\n%s", program, args, err, out)
	}
	return string(out)
}
