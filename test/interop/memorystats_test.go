package interop

import (
	"fmt"
	"slices"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee: MEMORY STATS has Redis's fields in Redis's order, with numbers of the same kinds.
func TestMemoryStatsHasTheSameFields(t *testing.T) {
	shape := func(kind rig.Kind) (fields []string) {
		s := rig.Start(t, kind, "A", nil)
		s.Must("SET", "k", "v")
		s.Must("SET", "volatile", "v", "EX", 1000)
		c := s.DB(3)
		c.Set(t.Context(), "k", "v", 0)
		o := s.Options(0)
		o.Protocol = 2
		plain := redis.NewClient(o)
		defer plain.Close()
		list, err := plain.Do(t.Context(), "MEMORY", "STATS").Slice()
		if err != nil {
			t.Fatal(err)
		}
		var walk func(list []any)
		walk = func(list []any) {
			for i := 0; i+1 < len(list); i += 2 {
				fields = append(fields, fmt.Sprintf("%v %T", list[i], list[i+1]))
				if sub, ok := list[i+1].([]any); ok {
					walk(sub)
				}
			}
		}
		walk(list)
		return fields
	}
	if ours, peer := shape(rig.Ours), shape(rig.Peer); len(ours) < 30 || !slices.Equal(ours, peer) {
		t.Errorf("ours:  %q\nRedis: %q", ours, peer)
	}
}
