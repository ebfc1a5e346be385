package hashes

import (
	"fmt"
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
)

func TestHotCommandsDoNotAllocate(t *testing.T) {
	s := commandtest.New(Commands())
	for i := range 1000 {
		if i < 20 {
			s.Do("HSET", "small", fmt.Sprint("f", i), fmt.Sprint(i*i))
		}
		s.Do("HSET", "large", fmt.Sprint("f", i), fmt.Sprint(i*i))
	}
	s.WantNoAllocs(t,
		"HSET small f3 value", "HSET small f3 33", "HSET large f3 value", "HGET small f3", "HGET large f3", "HMGET large f1 f2 nope",
		"HGETALL small", "HGETALL large", "HKEYS large", "HVALS small", "HEXISTS small f1", "HLEN large", "HSTRLEN large f1",
		"HINCRBY small f5 1", "HINCRBY large f5 1", "HSETNX small f1 1", "HDEL small nope", "HRANDFIELD large", "HRANDFIELD small 5")
}
