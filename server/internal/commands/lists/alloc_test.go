package lists

import (
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
)

func TestHotCommandsDoNotAllocate(t *testing.T) {
	s := commandtest.New(Commands())
	s.Do("RPUSH", "small", "a", "b", "c", "d", "e", "1", "2")
	for range 400 {
		s.Do("RPUSH", "long", "some element", "1234567", "some other element", "x")
	}
	s.WantNoAllocs(t,
		"LPUSH long x", "RPUSH long 17", "LPOP long", "RPOP long", "LLEN long", "LINDEX long 200", "LSET long 5 x",
		"LRANGE long 0 99", "LPOS long x", "RPOPLPUSH long long", "LMOVE small long LEFT LEFT", "LMOVE long small LEFT RIGHT",
		"LRANGE small 0 -1", "LINDEX small 1", "LPUSHX nokey 1", "LPOP nokey", "BLPOP long 0", "LMPOP 1 long LEFT COUNT 2")
}
