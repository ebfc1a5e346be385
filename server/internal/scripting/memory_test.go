package scripting

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

func liveBytes() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// near fails unless the memory that is reported is within a fifth of what the heap grew by.
func near(t *testing.T, what string, reported, grown int) {
	t.Helper()
	t.Logf("%s: %d bytes reported, %d on the heap", what, reported, grown)
	if reported < grown*8/10 || reported > grown*12/10 {
		t.Errorf("%s: %d bytes are reported, the heap grew by %d", what, reported, grown)
	}
}

// What INFO tells of scripts and of the machine that runs them is what they take on the heap.
func TestMemoryOfScripts(t *testing.T) {
	l := New(&testHost{}, false)
	before := liveBytes()
	l.machineOfEval()
	made := liveBytes()
	eval, _ := l.MachineBytes()
	near(t, "machine", eval, made-before)
	for name, body := range map[string]string{
		"small": "return redis.call('SET', KEYS[1], 'value%d')",
		"large": "local n%d = 0 " + strings.Repeat("for i, k in ipairs(KEYS) do local v = redis.call('GET', k) if v then n%[1]d = n%[1]d + tonumber(v) end end ", 5) +
			"local function f(a, b) return a .. b .. 'suffix%[1]d' end return f(n%[1]d, 'x')",
	} {
		const scripts = 200
		before, size := liveBytes(), l.ScriptBytes()
		for i := range scripts {
			if _, errText := l.Load(fmt.Appendf(nil, body, i)); errText != "" {
				t.Fatal(errText)
			}
		}
		each := (liveBytes() - before) / scripts
		near(t, name, (l.ScriptBytes()-size)/scripts, each)
		if name == "small" && each > 2500 { // the compiler leaves it with 17 KB
			t.Errorf("a small script takes %d bytes", each)
		}
	}
	runtime.KeepAlive(l)
}
