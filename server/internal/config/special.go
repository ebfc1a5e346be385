package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// words is a list of at most most words.
func words(p *[]string, name string, def []string, most int, doc string) *Directive {
	read := func(in input, _ []string) ([]string, error) {
		if len(in.args) > most {
			return nil, errors.New("Too many bind addresses specified.")
		}
		if len(in.args) == 1 && in.args[0] == "" {
			return []string{}, nil
		}
		return append([]string{}, in.args...), nil
	}
	f := &field[[]string]{p: p, def: def, read: read, print: func(v []string) string { return strings.Join(v, " ") }}
	f.rewrite = func(v []string) []line {
		if len(v) == 0 {
			return []line{{args: `""`, force: !f.isDefault()}}
		}
		return []line{{args: f.print(v), force: !f.isDefault()}}
	}
	return (&Directive{Name: name, Form: "words", Doc: doc, value: f}).with(multi)
}

// savePoints adds up the lines of a file, the first of which replaces the
// defaults; CONFIG SET replaces all. An empty argument asks for none.
func savePoints(p *[]SavePoint, name, doc string) *Directive {
	f := &field[[]SavePoint]{p: p, def: []SavePoint{{3600, 1}, {300, 100}, {60, 10000}}, read: readSavePoints}
	f.print = func(v []SavePoint) string {
		var parts []string
		for _, s := range v {
			parts = append(parts, fmt.Sprintf("%d %d", s.Seconds, s.Changes))
		}
		return strings.Join(parts, " ")
	}
	f.rewrite = func(v []SavePoint) (out []line) {
		if len(v) == 0 {
			return []line{{args: `""`, force: true}}
		}
		for _, s := range v {
			out = append(out, line{args: fmt.Sprintf("%d %d", s.Seconds, s.Changes), force: true})
		}
		return out
	}
	return (&Directive{Name: name, Form: `pairs of seconds and changes, or ""`, Doc: doc, value: f}).with(multi)
}

func readSavePoints(in input, old []SavePoint) ([]SavePoint, error) {
	args := in.args
	if len(args) == 1 && args[0] == "" {
		return nil, nil
	}
	if len(args) == 0 { // a bare "save" in a file, which Redis takes too
		return nil, nil
	}
	if len(args)%2 != 0 {
		return nil, errors.New("Invalid save parameters")
	}
	var points []SavePoint
	if in.file && in.again {
		points = append(points, old...)
	}
	for i := 0; i < len(args); i += 2 {
		seconds, ok := parseInt(args[i])
		changes, ok2 := parseInt(args[i+1])
		if !ok || !ok2 || seconds < 1 || seconds > math.MaxInt32 || changes < 0 || changes > math.MaxInt32 {
			return nil, errors.New("Invalid save parameters")
		}
		points = append(points, SavePoint{seconds, changes})
	}
	return points, nil
}

func outputLimits(p *OutputLimits, name, doc string) *Directive {
	def := OutputLimits{Replica: OutputLimit{256 << 20, 64 << 20, 60}, PubSub: OutputLimit{32 << 20, 8 << 20, 60}}
	f := &field[OutputLimits]{p: p, def: def, read: readOutputLimits}
	f.print = func(v OutputLimits) string {
		one := func(class string, l OutputLimit) string {
			return fmt.Sprintf("%s %d %d %d", class, l.Hard, l.Soft, l.SoftSeconds)
		}
		return one("normal", v.Normal) + " " + one("slave", v.Replica) + " " + one("pubsub", v.PubSub)
	}
	f.rewrite = func(v OutputLimits) []line {
		one := func(class string, l, def OutputLimit) line {
			return line{fmt.Sprintf("%s %s %s %d", class, memoryText(l.Hard), memoryText(l.Soft), l.SoftSeconds), l != def}
		}
		return []line{one("normal", v.Normal, def.Normal), one("replica", v.Replica, def.Replica), one("pubsub", v.PubSub, def.PubSub)}
	}
	return (&Directive{Name: name, Form: "normal|replica|pubsub, hard limit, soft limit, seconds", Doc: doc, value: f}).with(multi)
}

func readOutputLimits(in input, limits OutputLimits) (OutputLimits, error) {
	args := in.args
	if len(args) == 1 && args[0] == "" {
		args = nil
	}
	if len(args)%4 != 0 || in.file && len(args) == 0 {
		return limits, errors.New("Wrong number of arguments in buffer limit configuration.")
	}
	for ; len(args) > 0; args = args[4:] {
		var l *OutputLimit
		switch strings.ToLower(args[0]) {
		case "normal":
			l = &limits.Normal
		case "slave", "replica":
			l = &limits.Replica
		case "pubsub":
			l = &limits.PubSub
		default:
			return limits, errors.New("Invalid client class specified in buffer limit configuration.")
		}
		hard, ok := ParseMemory(args[1])
		soft, ok2 := ParseMemory(args[2])
		seconds, ok3 := parseSeconds(args[3])
		if !ok || !ok2 || !ok3 || seconds < 0 {
			return limits, errors.New("Error in hard, soft or soft_seconds setting in buffer limit configuration.")
		}
		*l = OutputLimit{int64(min(hard, math.MaxInt64)), int64(min(soft, math.MaxInt64)), seconds}
	}
	return limits, nil
}

// parseSeconds takes what C's strtoll takes as a whole: a plus sign, leading zeros, and nothing at all for zero.
func parseSeconds(s string) (int64, bool) {
	if s == "" {
		return 0, true
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// percentiles is a list of numbers from 0 to 100.
func percentiles(p *[]float64, name string, def []float64, doc string) *Directive {
	read := func(in input, _ []float64) ([]float64, error) {
		list := []float64{}
		if len(in.args) == 1 && in.args[0] == "" {
			return list, nil
		}
		for _, arg := range in.args {
			v, err := strconv.ParseFloat(arg, 64)
			if err != nil || math.IsNaN(v) {
				return nil, errors.New("Invalid " + name + " parameters")
			}
			if v < 0 || v > 100 {
				return nil, errors.New(name + " parameters should sit between [0.0,100.0]")
			}
			list = append(list, v)
		}
		return list, nil
	}
	f := &field[[]float64]{p: p, def: def, read: read}
	f.print = func(v []float64) string {
		var parts []string
		for _, x := range v {
			parts = append(parts, strconv.FormatFloat(x, 'f', -1, 64))
		}
		return strings.Join(parts, " ")
	}
	f.rewrite = func(v []float64) []line {
		if len(v) == 0 {
			return []line{{args: `""`, force: true}}
		}
		return []line{{args: f.print(v), force: true}}
	}
	return (&Directive{Name: name, Form: "numbers from 0 to 100", Doc: doc, value: f}).with(multi)
}

func oomValues(p *[3]int, name, doc string) *Directive {
	read := func(in input, _ [3]int) (v [3]int, err error) {
		if len(in.args) != len(v) {
			return v, errArgs
		}
		for i, arg := range in.args {
			n, ok := parseInt(arg)
			if !ok || n < -2000 || n > 2000 {
				return v, errors.New("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")
			}
			v[i] = int(n)
		}
		return v, nil
	}
	f := &field[[3]int]{p: p, def: [3]int{0, 200, 800}, read: read, print: func(v [3]int) string { return fmt.Sprintf("%d %d %d", v[0], v[1], v[2]) }}
	return (&Directive{Name: name, Form: "three numbers from -2000 to 2000", Doc: doc, value: f}).with(multi)
}

// shutdownFlags is "default" or a set of words, kept in the order of the table.
func shutdownFlags(p *string, name, doc string) *Directive {
	names := []string{"default", "save", "nosave", "now", "force"}
	read := func(in input, _ string) (string, error) {
		var set [5]bool
		for _, arg := range in.args {
			at := indexFold(names, arg)
			if at < 0 {
				return "", errors.New("argument(s) must be one of the following: " + strings.Join(names, ", "))
			}
			set[at] = true
		}
		if len(in.args) == 0 {
			return "", errors.New("argument(s) must be one of the following: " + strings.Join(names, ", "))
		}
		if set[1] && set[2] {
			return "", errors.New("shutdown options SAVE and NOSAVE can't be used simultaneously")
		}
		var chosen []string
		for i := 1; i < len(names); i++ {
			if set[i] {
				chosen = append(chosen, names[i])
			}
		}
		if chosen == nil {
			return "default", nil
		}
		return strings.Join(chosen, " "), nil
	}
	f := &field[string]{p: p, def: "default", read: read, print: func(v string) string { return v }}
	return (&Directive{Name: name, Form: strings.Join(names, "|"), Doc: doc, value: f}).with(multi)
}

func indexFold(names []string, s string) int {
	for i, name := range names {
		if strings.EqualFold(name, s) {
			return i
		}
	}
	return -1
}

// events is a set of classes of keyspace events, kept in Redis's order of
// letters. A stands for all classes but m and n.
func events(p *string, name, doc string) *Directive {
	const all, order = "g$lshzxetd", "g$lshzxetdnKEm"
	read := func(s string) (string, error) {
		for _, c := range s {
			if !strings.ContainsRune(order+"A", c) {
				return "", errors.New("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
			}
		}
		if strings.Contains(s, "A") {
			s += all
		}
		var out strings.Builder
		rest := order
		if containsAll(s, all) {
			out.WriteByte('A')
			rest = rest[len(all):]
		}
		for _, c := range rest {
			if strings.ContainsRune(s, c) {
				out.WriteRune(c)
			}
		}
		return out.String(), nil
	}
	f := &field[string]{p: p, read: single(read), print: func(v string) string { return v }}
	f.rewrite = func(v string) []line { return []line{{args: quote(v), force: v != ""}} }
	return &Directive{Name: name, Form: "letters of Ag$lshzxeKEtmdn", Doc: doc, value: f}
}

func containsAll(s, letters string) bool {
	for _, c := range letters {
		if !strings.ContainsRune(s, c) {
			return false
		}
	}
	return true
}

// master is host and port, or "no one".
func master(p *string, name, doc string) *Directive {
	read := func(in input, _ string) (string, error) {
		if len(in.args) != 2 {
			return "", errArgs
		}
		if strings.EqualFold(in.args[0], "no") && strings.EqualFold(in.args[1], "one") {
			return "", nil
		}
		port, ok := parseInt(in.args[1])
		if !ok || port < 0 || port > 65535 {
			return "", errors.New("Invalid master port")
		}
		return in.args[0] + " " + in.args[1], nil
	}
	f := &field[string]{p: p, read: read, print: func(v string) string { return v }}
	f.rewrite = func(v string) []line {
		if v == "" {
			return nil
		}
		return []line{{args: v, force: true}}
	}
	return (&Directive{Name: name, Form: "host port", Doc: doc, value: f}).with(multi)
}

func checkDBFilename(s string) error {
	if strings.ContainsAny(s, `/\`) {
		return errors.New("dbfilename can't be a path, just a filename")
	}
	return nil
}

func checkAppendFilename(s string) error {
	if s == "" {
		return errors.New("appendfilename can't be empty")
	}
	if strings.ContainsAny(s, `/\`) {
		return errors.New("appendfilename can't be a path, just a filename")
	}
	return nil
}

func checkAppendDirname(s string) error {
	if s == "" {
		return errors.New("appenddirname can't be empty")
	}
	if strings.ContainsAny(s, `/\`) {
		return errors.New("appenddirname can't be a path, just a dirname")
	}
	return nil
}

func checkHostname(s string) error {
	if len(s) >= 256 {
		return errors.New("Hostnames must be less than 256 characters")
	}
	for _, c := range s {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.') {
			return errors.New("Hostnames may only contain alphanumeric characters, hyphens or dots")
		}
	}
	return nil
}
