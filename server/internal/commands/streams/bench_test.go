package streams

import (
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
)

func BenchmarkCommands(b *testing.B) {
	for _, c := range []struct {
		name string
		args []string
	}{
		{"XADD", []string{"XADD", "s", "*", "field", "0123456789abcdef"}},
		{"XADD_trimmed", []string{"XADD", "s", "MAXLEN", "~", "1000", "*", "field", "0123456789abcdef"}},
		{"XRANGE_100", []string{"XRANGE", "long", "-", "+", "COUNT", "100"}}, {"XREVRANGE_100", []string{"XREVRANGE", "long", "+", "-", "COUNT", "100"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := commandtest.New(Commands())
			s.Quiet()
			s.Prepare("XADD", "long", "*", "field", "0123456789abcdef")
			for range 10000 {
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
