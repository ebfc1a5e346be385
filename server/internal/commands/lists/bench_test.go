package lists

import (
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
)

func BenchmarkCommands(b *testing.B) {
	for _, c := range []struct {
		name string
		args []string
	}{
		{"LPUSH", []string{"LPUSH", "l", "xxx"}}, {"RPUSH", []string{"RPUSH", "l", "xxx"}},
		{"LPOP", []string{"LPOP", "long"}}, {"RPOPLPUSH", []string{"RPOPLPUSH", "long", "long"}},
		{"LRANGE_100", []string{"LRANGE", "long", "0", "99"}}, {"LRANGE_600", []string{"LRANGE", "long", "0", "599"}},
		{"LINDEX_small", []string{"LINDEX", "small", "3"}}, {"LPOS_100", []string{"LPOS", "long", "nope", "MAXLEN", "100"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := commandtest.New(Commands())
			s.Quiet()
			s.Do("RPUSH", "small", "a", "b", "c", "d", "e")
			s.Prepare("RPUSH", "long", "xxx", "yyy", "zzz", "xxx", "yyy", "zzz", "xxx", "yyy", "zzz", "zzz")
			for range 100000 {
				s.Run()
			}
			s.Prepare(c.args...)
			b.ReportAllocs()
			for b.Loop() {
				s.Run()
			}
		})
	}
}
