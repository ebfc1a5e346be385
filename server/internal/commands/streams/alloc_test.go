package streams

import (
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
)

// A node in a hundred entries, and what a trim drops, are not counted: the figures are averages, rounded down.
func TestHotCommandsDoNotAllocate(t *testing.T) {
	s := commandtest.New(Commands())
	s.WantNoAllocs(t, "XADD s * field value", "XADD s * field 17 other value", "XADD s * other value", "XADD s MAXLEN = 1000 * field value", "XADD s MAXLEN ~ 1000 * field value", "XADD s MINID ~ 5-0 * field value", "XADD s MINID = 5-0 * field value", "XLEN s")
}
