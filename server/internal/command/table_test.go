package command

import (
	"strings"
	"testing"
)

// rename-command gives names of any case and length, as the example in redis.conf does.
func TestRename(t *testing.T) {
	run := func(*Ctx) {}
	long := "B840fc02d524045429941cc15f59e41cb7be6c52"
	table := NewTable([]*Spec{{Name: "config", Run: run}, {Name: "get", Run: run}, {Name: "flushall", Run: run}})
	config, get := table.Lookup([]byte("Config")), table.Lookup([]byte("get"))
	for _, r := range []struct{ from, to, err string }{
		{"CONFIG", long, ""}, {"FLUSHALL", "", ""}, {"get", "GET", ""}, {"flushall", "x", "No such command in rename-command"},
		{"get", strings.ToUpper(long), "Target command name already exists"}, {"config|get", "x", "No such command in rename-command"},
	} {
		err := table.Rename(r.from, r.to)
		if err != nil && err.Error() != r.err || err == nil && r.err != "" {
			t.Errorf("%s to %q: %v, want %q", r.from, r.to, err, r.err)
		}
	}
	for name, want := range map[string]*Spec{"config": nil, long: config, strings.ToLower(long): config, "flushall": nil, "gEt": get, strings.Repeat("x", 1000): nil} {
		if got := table.Lookup([]byte(name)); got != want {
			t.Errorf("%.50s is %v", name, got)
		}
	}
}
