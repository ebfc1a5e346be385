package hashes

import (
	"fmt"
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
)

func BenchmarkCommands(b *testing.B) {
	for _, c := range []struct {
		name string
		args []string
	}{
		{"HSET_small", []string{"HSET", "small", "field5", "value"}}, {"HSET_large", []string{"HSET", "large", "field500", "value"}},
		{"HGET_small", []string{"HGET", "small", "field5"}}, {"HGET_large", []string{"HGET", "large", "field500"}},
		{"HGETALL_small", []string{"HGETALL", "small"}}, {"HGETALL_large", []string{"HGETALL", "large"}},
		{"HINCRBY", []string{"HINCRBY", "small", "n", "1"}}, {"HRANDFIELD_5", []string{"HRANDFIELD", "large", "5"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := commandtest.New(Commands())
			s.Quiet()
			for i := range 1000 {
				if i < 10 {
					s.Do("HSET", "small", fmt.Sprint("field", i), "value")
				}
				s.Do("HSET", "large", fmt.Sprint("field", i), "value")
			}
			s.Prepare(c.args...)
			b.ReportAllocs()
			for b.Loop() {
				s.Run()
			}
		})
	}
}
