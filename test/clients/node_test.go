package clients

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee: the npm packages ioredis and redis work unmodified: pipelines, transactions, messages, scripts, streams, iterators, caches.
func TestNode(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("Node.js is missing: CI tests ioredis and redis")
		}
		t.Skip("Node.js is missing: ioredis and redis are not tested")
	}
	if _, err := os.Stat(filepath.Join("node", "node_modules")); err != nil {
		t.Fatal("ioredis and redis are missing: make clients installs them")
	}
	for _, kind := range []rig.Kind{rig.Ours, rig.Peer} {
		t.Run(kind.String(), func(t *testing.T) {
			s := rig.Start(t, kind, "A", nil)
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, "node", "--test", "--test-reporter=tap")
			cmd.Dir = "node"
			cmd.Env = append(os.Environ(), fmt.Sprint("LOCKSTEP_PORT=", s.Port))
			out, err := cmd.CombinedOutput()
			if passed := regexp.MustCompile(`(?m)^# pass [1-9]\d`).Match(out); err != nil || !passed {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
