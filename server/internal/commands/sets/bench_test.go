package sets

import (
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
)

func BenchmarkCommands(b *testing.B) {
	for _, c := range []struct {
		name string
		args []string
	}{
		{"SADD_ints", []string{"SADD", "ints", "5"}}, {"SADD_large", []string{"SADD", "large", "m5"}},
		{"SISMEMBER_ints", []string{"SISMEMBER", "ints", "5"}}, {"SISMEMBER_large", []string{"SISMEMBER", "large", "m5"}},
		{"SRANDMEMBER", []string{"SRANDMEMBER", "large"}}, {"SMEMBERS_large", []string{"SMEMBERS", "large"}},
		{"SINTER", []string{"SINTER", "large", "large2"}}, {"SUNION", []string{"SUNION", "large", "large2"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := commandtest.New(Commands())
			s.Quiet()
			fill(s, "ints", "%d", 100)
			fill(s, "large", "m%d", 1000)
			fill(s, "large2", "m%d", 500)
			s.Prepare(c.args...)
			b.ReportAllocs()
			for b.Loop() {
				s.Run()
			}
		})
	}
}
