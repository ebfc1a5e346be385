package keys

import (
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
	"github.com/lockstep-db/lockstep/server/internal/commands/hashes"
	"github.com/lockstep-db/lockstep/server/internal/commands/lists"
	"github.com/lockstep-db/lockstep/server/internal/commands/sets"
	"github.com/lockstep-db/lockstep/server/internal/commands/strings"
	"github.com/lockstep-db/lockstep/server/internal/commands/zsets"
)

func TestTranscripts(t *testing.T) {
	for _, path := range []string{"testdata/basics.txt", "testdata/expire.txt", "testdata/dump.txt", "testdata/sort.txt"} {
		commandtest.Replay(t, path, Commands(nil), strings.Commands(), lists.Commands(), sets.Commands(), hashes.Commands(), zsets.Commands())
	}
}
