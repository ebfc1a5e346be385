package streams

import (
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
	"github.com/lockstep-db/lockstep/server/internal/commands/keys"
	"github.com/lockstep-db/lockstep/server/internal/commands/lists"
)

func TestTranscripts(t *testing.T) {
	commandtest.Replay(t, "testdata/streams.txt", Commands(), lists.Commands(), keys.Commands(nil))
}
