package commandtest

import "testing"

// WantNoAllocs runs each command line often on a server and fails if one allocates in the mean.
func (s *Server) WantNoAllocs(t *testing.T, lines ...string) {
	t.Helper()
	s.Quiet()
	for _, line := range lines {
		args, err := split(line)
		if err != nil {
			t.Fatal(err)
		}
		s.Prepare(args...)
		s.Run()
		if n := testing.AllocsPerRun(200, s.Run); n > 0 {
			t.Errorf("%s: %v allocations", line, n)
		}
		if len(s.Ctx.Reply.Buf) > 0 && s.Ctx.Reply.Buf[0] == '-' {
			t.Errorf("%s: %s", line, s.Ctx.Reply.Buf)
		}
	}
}
