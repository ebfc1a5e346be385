package diff

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

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
	both := []string{"EXISTS", string(x.ours.Text), string(x.peer.Text)}
	x.a.ask(both...) // deletes at ours, too, what has expired
	if n, _ := x.b.ask(both...); n.Int != 2 {
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
		list := append([]string{list[0], x.call[1]}, list[1:]...)
		all, _ := x.a.ask(list...)
		x.b.ask(list...) // which is a use of the key, too
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

// sameSize compares DBSIZE, when all is deleted that has expired.
func sameSize(x *exchange) string {
	a, b := *x.ours, *x.peer
	for until := time.Now().Add(2 * time.Second); x.a != nil && a.Int != b.Int; {
		if time.Now().After(until) {
			return fmt.Sprintf("%d and %d keys", a.Int, b.Int)
		}
		a, _ = x.a.ask("DBSIZE")
		b, _ = x.b.ask("DBSIZE")
	}
	return ""
}

// idleAlike compares OBJECT IDLETIME, where the value is one of the key's own. It counts turns of a clock of seconds from one moment to another:
// for each of both the clocks may be one apart.
func idleAlike(s *span) func(x *exchange) string {
	const shared = 1<<31 - 1 // references, says Redis
	return func(x *exchange) string {
		if x.a == nil || x.ours.IsNull() || near(int64(2*s.longest/time.Second)+2)(x.ours, x.peer) {
			return ""
		}
		x.a.ask("OBJECT", "REFCOUNT", x.call[2])
		if of, _ := x.b.ask("OBJECT", "REFCOUNT", x.call[2]); of.Int == shared {
			return ""
		}
		return fmt.Sprintf("idle for %d and %d", x.ours.Int, x.peer.Int)
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

// sortedAlike compares what SORT replied and kept: as it is where the order is defined, else the elements. Which of them LIMIT leaves is open then.
func sortedAlike(x *exchange) string {
	v := view{unordered: true}
	by, byText, store, limited := "*", false, "", false
	for i := 2; i < len(x.call); i++ {
		switch word := strings.ToUpper(x.call[i]); {
		case word == "BY" && i+1 < len(x.call):
			i++
			by, byText = x.call[i], true
		case word == "STORE" && i+1 < len(x.call):
			i++
			store = x.call[i]
		case word == "GET":
			i++
		case word == "LIMIT":
			limited, i = true, i+2
		}
	}
	nosort := !strings.Contains(by, "*")
	v.unordered = nosort || byText && with("ALPHA")(x.call)
	if v.unordered && limited {
		if len(x.ours.Elems) != len(x.peer.Elems) {
			return fmt.Sprintf("%d and %d elements", len(x.ours.Elems), len(x.peer.Elems))
		}
		return ""
	}
	if d := v.differ(x.ours, x.peer); d != "" || store == "" || x.a == nil {
		return d
	}
	a, _ := x.a.ask("LRANGE", store, "0", "-1")
	b, _ := x.b.ask("LRANGE", store, "0", "-1")
	return v.differ(&a, &b)
}

// storedDistances compares what STOREDIST kept: the same members, and distances that differ in the last digits at most.
func storedDistances(x *exchange) string {
	at := slices.IndexFunc(x.call, func(a string) bool { return strings.EqualFold(a, "STOREDIST") })
	if at < 0 || x.a == nil {
		return ""
	}
	key := x.call[1]
	if !strings.EqualFold(x.call[0], "GEOSEARCHSTORE") {
		key = x.call[at+1]
	}
	distances := func(c *conversation) map[string]float64 {
		all, _ := c.ask("ZRANGE", key, "0", "-1", "WITHSCORES")
		out, elems := map[string]float64{}, texts(&all)
		for i := 0; i+1 < len(elems); i += 2 {
			out[elems[i]], _ = strconv.ParseFloat(elems[i+1], 64)
		}
		return out
	}
	a, b := distances(x.a), distances(x.b)
	if !slices.Equal(sortedNames(a), sortedNames(b)) {
		return fmt.Sprintf("%q and %q are kept", sortedNames(a), sortedNames(b))
	}
	for member, d := range a {
		if math.Abs(d-b[member]) > 1e-9*math.Abs(d) {
			return fmt.Sprintf("%q is at %v and %v", member, d, b[member])
		}
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
		return slices.Compact(out)
	}
	if a, b := names(x.ours), names(x.peer); !slices.Equal(a, b) {
		return fmt.Sprintf("names %q and %q", a, b)
	}
	return ""
}

// sameHistograms compares the names, where commands were asked for: the checks of a run call others at one server alone. Redis tells of a command
// as often as it was named, in a map too.
func sameHistograms(x *exchange) string {
	if len(x.call) < 3 {
		return ""
	}
	return sameNames(x)
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
