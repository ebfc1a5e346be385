package diff

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// The checks that a comparison of two replies cannot make: each looks into what the servers hold. In transactions, where that has moved on
// since, they look at the replies alone.

// keyExists checks RANDOMKEY.
func keyExists(x *exchange) string {
	if x.ours.IsNull() != x.peer.IsNull() {
		return "one knows a key"
	}
	if x.a == nil || x.ours.IsNull() {
		return ""
	}
	if n, _ := x.b.ask("EXISTS", string(x.ours.Text), string(x.peer.Text)); n.Int != 2 {
		return fmt.Sprintf("%q and %q: one of them is not there", x.ours.Text, x.peer.Text)
	}
	return ""
}

// possible checks that as many elements were chosen, all of them out of those that a command lists.
func possible(list ...string) func(x *exchange) string {
	return func(x *exchange) string {
		if x.ours.IsNull() || x.peer.IsNull() {
			if x.ours.IsNull() != x.peer.IsNull() {
				return "one is absent"
			}
			return ""
		}
		chosen := texts(x.ours)
		if other := texts(x.peer); len(chosen) != len(other) {
			return fmt.Sprintf("%d and %d elements", len(chosen), len(other))
		}
		if x.a == nil {
			return ""
		}
		all, _ := x.a.ask(append([]string{list[0], x.call[1]}, list[1:]...)...)
		there := texts(&all)
		for _, e := range chosen {
			if !slices.Contains(there, e) {
				return fmt.Sprintf("%q is not in %q", e, x.call[1])
			}
		}
		if len(x.call) == 3 && !strings.HasPrefix(x.call[2], "-") && len(slices.Compact(slices.Sorted(slices.Values(chosen)))) != len(chosen) {
			return "an element came twice"
		}
		return ""
	}
}

// popped checks SPOP: what was taken and what is left are together what was there, at both.
func popped(x *exchange) string {
	taken, other := texts(x.ours), texts(x.peer)
	if x.ours.IsNull() != x.peer.IsNull() || len(taken) != len(other) {
		return fmt.Sprintf("%d and %d elements", len(taken), len(other))
	}
	if x.a == nil || x.ours.IsNull() {
		return ""
	}
	before := func(c *conversation, taken []string) []string {
		left, _ := c.ask("SMEMBERS", x.call[1])
		all := taken
		if len(left.Elems) > 0 {
			all = append(texts(&left), taken...)
		}
		slices.Sort(all)
		return all
	}
	if a, b := before(x.a, taken), before(x.b, other); !slices.Equal(a, b) {
		return fmt.Sprintf("before it were %q and %q", a, b)
	}
	return ""
}

// wholeIteration goes on from a first page until the end and compares what was seen.
func wholeIteration(x *exchange) string {
	if len(x.ours.Elems) != 2 || len(x.peer.Elems) != 2 {
		return "not a page"
	}
	name := strings.ToLower(x.call[0])
	at := 2
	if name == "scan" {
		at = 1
	}
	if x.a == nil || x.call[at] != "0" {
		return "" // from the middle, or somewhere in a transaction
	}
	walk := func(c *conversation, page *resp.Value) map[string]bool {
		seen, call := map[string]bool{}, slices.Clone(x.call)
		for {
			elems := texts(&page.Elems[1])
			step := 1
			if name == "hscan" || name == "zscan" {
				step = 2
			}
			for i := 0; i+step <= len(elems) && len(page.Elems[1].Elems) > 0; i += step {
				seen[fmt.Sprintf("%q", elems[i:i+step])] = true
			}
			if call[at] = string(page.Elems[0].Text); call[at] == "0" {
				return seen
			}
			next, _ := c.ask(call...)
			page = &next
			if len(page.Elems) != 2 {
				return seen
			}
		}
	}
	if a, b := walk(x.a, x.ours), walk(x.b, x.peer); !maps.Equal(a, b) {
		return fmt.Sprintf("the iterations saw %q and %q", slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b)))
	}
	return ""
}

// restorable lets each server restore the other's payload, and compares the values.
func restorable(x *exchange) string {
	if x.ours.IsNull() != x.peer.IsNull() {
		return "one is absent"
	}
	if x.ours.IsNull() || x.a == nil {
		return ""
	}
	const at = "restored by the check of DUMP"
	defer x.a.ask("DEL", at)
	defer x.b.ask("DEL", at)
	for _, payload := range [][]byte{x.ours.Text, x.peer.Text} {
		var digests [3]string
		if v, _ := x.a.ask("RESTORE", at, "0", string(payload), "REPLACE"); v.IsError() {
			return fmt.Sprintf("ours cannot restore %q: %s", payload, v.Text)
		}
		if v, _ := x.b.ask("RESTORE", at, "0", string(payload), "REPLACE"); v.IsError() {
			return fmt.Sprintf("redis cannot restore %q: %s", payload, v.Text)
		}
		_, digests[0] = x.a.ask("DEBUG", "DIGEST-VALUE", at)
		_, digests[1] = x.b.ask("DEBUG", "DIGEST-VALUE", at)
		if digests[0] != digests[1] {
			return fmt.Sprintf("%q restores to different values", payload)
		}
	}
	return ""
}

// sortedAlike looks at the numbers of elements: which of those with equal weights LIMIT leaves is open.
func sortedAlike(x *exchange) string {
	if len(x.ours.Elems) != len(x.peer.Elems) {
		return fmt.Sprintf("%d and %d elements", len(x.ours.Elems), len(x.peer.Elems))
	}
	return ""
}

// restorableFunctions lets each server replace its libraries by those of the other's payload.
func restorableFunctions(x *exchange) string {
	if x.a == nil {
		return ""
	}
	if v, _ := x.a.ask("FUNCTION", "RESTORE", string(x.peer.Text), "REPLACE"); v.IsError() {
		return fmt.Sprintf("ours cannot restore %q: %s", x.peer.Text, v.Text)
	}
	if v, _ := x.b.ask("FUNCTION", "RESTORE", string(x.ours.Text), "REPLACE"); v.IsError() {
		return fmt.Sprintf("redis cannot restore %q: %s", x.ours.Text, v.Text)
	}
	return ""
}

// sameNames compares the names of a map.
func sameNames(x *exchange) string {
	names := func(v *resp.Value) []string {
		var out []string
		each(v, func(name string, _ *resp.Value) { out = append(out, name) })
		slices.Sort(out)
		return out
	}
	if a, b := names(x.ours), names(x.peer); !slices.Equal(a, b) {
		return fmt.Sprintf("names %q and %q", a, b)
	}
	return ""
}

// infoFields splits INFO into fields, "section.name" to the type of the value: a number, a size or a text.
func infoFields(v *resp.Value) map[string]string {
	out, section := map[string]string{}, ""
	for line := range strings.Lines(string(v.Text)) {
		line = strings.TrimSpace(line)
		if name, found := strings.CutPrefix(line, "# "); found {
			section = strings.ToLower(name)
			out[section] = "section"
			continue
		}
		name, value, found := strings.Cut(line, ":")
		if !found {
			continue
		}
		if out[section+"."+name] = typeOf(value); strings.Contains(name, "_replid") || strings.HasSuffix(name, "_id") {
			out[section+"."+name] = "id"
		}
	}
	return out
}

func typeOf(value string) string {
	switch {
	case value != "" && strings.Trim(value, "0123456789.-") == "":
		return "number"
	case strings.Contains(value, "="):
		return "fields"
	}
	return "text"
}

// sameInfo checks that every section and field of Redis is there, with a value of the same type.
func sameInfo(x *exchange) string {
	ours, peer := infoFields(x.ours), infoFields(x.peer)
	for _, name := range slices.Sorted(maps.Keys(peer)) {
		section, _, _ := strings.Cut(name, ".")
		if ours[name] == peer[name] || infoOnlyRedis[name] || section == "commandstats" || section == "latencystats" {
			continue
		}
		return fmt.Sprintf("%s is %q and %q", name, ours[name], peer[name])
	}
	return ""
}

// infoOnlyRedis are fields about the C program.
var infoOnlyRedis = map[string]bool{"server.gcc_version": true, "server.atomicvar_api": true}
