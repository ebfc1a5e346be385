package sets

import (
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
)

func TestHotCommandsDoNotAllocate(t *testing.T) {
	s := commandtest.New(Commands())
	fill(s, "ints", "%d", 200)
	fill(s, "large", "m%d", 1000)
	s.WantNoAllocs(t,
		"SADD ints 5", "SADD large m5", "SISMEMBER ints 5", "SISMEMBER large m5", "SMISMEMBER large m1 nope", "SCARD large",
		"SMEMBERS large", "SMEMBERS ints", "SRANDMEMBER large", "SRANDMEMBER ints 3", "SREM ints 900", "SREM large nope",
		"SPOP large", "SPOP ints", "SADD ints 100000")
}
