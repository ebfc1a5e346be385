package command

import "strings"

// LegacyKeys returns the first key, the last key (negative: from the end) and the distance of keys, as COMMAND INFO has told them
// since before there were key specifications. movable says that these three do not tell all keys.
//
// One range counts as it is. Of several, those that follow each other with step 1 make one range; a gap, a count or a
// keyword makes the keys movable.
func (s *Spec) LegacyKeys() (first, last, step int, movable bool) {
	if len(s.Keys) == 1 && s.Keys[0].isRange() {
		k := &s.Keys[0]
		return k.Index, k.lastIndex(), max(k.Step, 1), false
	}
	for i := range s.Keys {
		k := &s.Keys[i]
		if !k.isRange() || k.Step > 1 || first > 0 && last != k.Index-1 {
			movable = true
			continue
		}
		if first == 0 {
			first, step = k.Index, 1
		}
		last = k.lastIndex()
	}
	return first, last, step, movable
}

// isRange reports whether the keys stand at fixed places.
func (k *KeySpec) isRange() bool { return !k.Unknown && k.Keyword == "" && !k.KeyNum }

// lastIndex is where a range ends, counted as LegacyKeys does.
func (k *KeySpec) lastIndex() int {
	if k.LastKey < 0 {
		return k.LastKey
	}
	return k.Index + k.LastKey
}

// Change is one entry of a command's history.
type Change struct{ Version, Text string }

// Changes lists what was added to a command since its first version: the arguments that came later, and History.
func (s *Spec) Changes() []Change {
	var out []Change
	add := func(c Change) {
		i := len(out)
		for i > 0 && versionLess(c.Version, out[i-1].Version) {
			i--
		}
		out = append(out[:i], append([]Change{c}, out[i:]...)...)
	}
	for _, h := range s.History {
		version, text, _ := strings.Cut(h, "|")
		add(Change{version, text})
	}
	added := map[string][]string{}
	var versions []string
	eachLaterArg(s.Args, func(a *Arg) {
		if added[a.Since] == nil {
			versions = append(versions, a.Since)
		}
		name := a.Name
		if a.Token != "" {
			name = a.Token
		}
		added[a.Since] = append(added[a.Since], "`"+name+"`")
	})
	for _, v := range versions {
		add(Change{v, "Added " + strings.Join(added[v], ", ") + "."})
	}
	return out
}

func eachLaterArg(args []Arg, f func(a *Arg)) {
	for i := range args {
		if args[i].Since != "" {
			f(&args[i])
		}
		eachLaterArg(args[i].Args, f)
	}
}

// versionLess compares versions of the form 6.2.0 by their single digits.
func versionLess(a, b string) bool {
	pa, pb := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(pa), len(pb)) {
		if pa[i] != pb[i] {
			return len(pa[i]) < len(pb[i]) || len(pa[i]) == len(pb[i]) && pa[i] < pb[i]
		}
	}
	return len(pa) < len(pb)
}
