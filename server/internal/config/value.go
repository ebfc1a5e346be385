package config

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// field is a value of type T.
type field[T any] struct {
	p     *T
	def   T
	read  func(in input, old T) (T, error)
	print func(T) string
	// rewrite returns the lines of a file; nil writes what print returns.
	rewrite func(v T) []line
	// limit brings a value into the range lo..hi; nil for values without order.
	limit  func(v T, lo, hi int64) T
	lo, hi int64
}

func (f *field[T]) parse(in input) error {
	v, err := f.read(in, *f.p)
	if err != nil {
		return err
	}
	if f.lo < f.hi {
		v = f.limit(v, f.lo, f.hi)
	}
	*f.p = v
	return nil
}

func (f *field[T]) show() string        { return f.print(*f.p) }
func (f *field[T]) reset()              { *f.p = f.def }
func (f *field[T]) isDefault() bool     { return f.print(*f.p) == f.print(f.def) }
func (f *field[T]) bounds(lo, hi int64) { f.lo, f.hi = lo, hi }

func (f *field[T]) keep() (restore func()) {
	old := *f.p
	return func() { *f.p = old }
}

func (f *field[T]) lines() []line {
	if f.rewrite != nil {
		return f.rewrite(*f.p)
	}
	return []line{{args: f.show(), force: !f.isDefault()}}
}

var errArgs = errors.New("wrong number of arguments")

// single adapts a parser of one argument.
func single[T any](parse func(string) (T, error)) func(input, T) (T, error) {
	return func(in input, old T) (T, error) {
		if len(in.args) != 1 {
			return old, errArgs
		}
		return parse(in.args[0])
	}
}

func boolean(p *bool, name string, def bool, doc string) *Directive {
	read := func(s string) (bool, error) {
		switch strings.ToLower(s) {
		case "yes":
			return true, nil
		case "no":
			return false, nil
		}
		return false, errors.New("argument must be 'yes' or 'no'")
	}
	show := func(v bool) string {
		if v {
			return "yes"
		}
		return "no"
	}
	return &Directive{Name: name, Form: "yes|no", Doc: doc, value: &field[bool]{p: p, def: def, read: single(read), print: show}}
}

// What offOnly says. The first is Redis's text.
const (
	noDefrag  = "Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified Jemalloc like the one shipped by default with the Redis source distribution"
	noCluster = "there is no cluster mode"
)

// offOnly refuses yes, saying why.
func (d *Directive) offOnly(why string) *Directive {
	f := d.value.(*field[bool])
	read := f.read
	f.read = func(in input, old bool) (bool, error) {
		v, err := read(in, old)
		if err == nil && v {
			err = errors.New(why)
		}
		return v, err
	}
	return d
}

func integer[T int | int64](p *T, name string, def, lo, hi T, doc string) *Directive {
	read := func(s string) (T, error) {
		n, ok := parseInt(s)
		if !ok {
			return 0, errors.New("argument couldn't be parsed into an integer")
		}
		return T(n), between(n, int64(lo), int64(hi))
	}
	f := &field[T]{p: p, def: def, read: single(read), limit: limit[T], print: func(v T) string { return strconv.FormatInt(int64(v), 10) }}
	return &Directive{Name: name, Form: fmt.Sprintf("%d..%d", lo, hi), Doc: doc, value: f}
}

func limit[T int | int64](v T, lo, hi int64) T { return T(min(max(int64(v), lo), hi)) }

func between(n, lo, hi int64) error {
	if n < lo || n > hi {
		return fmt.Errorf("argument must be between %d and %d inclusive", lo, hi)
	}
	return nil
}

// parseInt takes what Redis's string2ll takes: no plus sign, no leading zero, no space.
func parseInt(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == s
}

func octal(p *int, name string, def int, doc string) *Directive {
	read := func(s string) (int, error) {
		n, err := strconv.ParseUint(s, 8, 32)
		if err != nil {
			return 0, errors.New("argument couldn't be parsed as an octal number")
		}
		return int(n), between(int64(n), 0, 0o777)
	}
	f := &field[int]{p: p, def: def, read: single(read), print: func(v int) string { return strconv.FormatInt(int64(v), 8) }}
	return &Directive{Name: name, Form: "octal 0..777", Doc: doc, value: f}
}

// memory is a number of bytes with an optional unit. More than an int64 holds is refused, or becomes its largest if Redis's is unsigned.
func memory(p *int64, name string, def, lo int64, doc string) *Directive {
	return bytesOf(p, name, def, lo, false, doc)
}

// unsignedMemory is a limit that Redis takes up to 1<<64 - 1; nobody has so much memory, so math.MaxInt64 is as good.
func unsignedMemory(p *int64, name string, def int64, doc string) *Directive {
	return bytesOf(p, name, def, 0, true, doc)
}

func bytesOf(p *int64, name string, def, lo int64, unsigned bool, doc string) *Directive {
	read := func(s string) (int64, error) {
		n, ok := ParseMemory(s)
		if !ok {
			return 0, errors.New("argument must be a memory value")
		}
		if n > math.MaxInt64 {
			if unsigned {
				return math.MaxInt64, nil
			}
			return 0, between(-1, lo, math.MaxInt64)
		}
		return int64(n), between(int64(n), lo, math.MaxInt64)
	}
	f := &field[int64]{p: p, def: def, read: single(read), limit: limit[int64], print: func(v int64) string { return strconv.FormatInt(v, 10) }}
	f.rewrite = func(v int64) []line { return []line{{args: memoryText(v), force: v != def}} }
	return &Directive{Name: name, Form: "bytes, or with unit k kb m mb g gb", Doc: doc, value: f}
}

// percentOrMemory is a number of bytes, or a percentage, held as a negative number.
func percentOrMemory(p *int64, name string, def int64, doc string) *Directive {
	read := func(s string) (int64, error) {
		if digits, ok := strings.CutSuffix(s, "%"); ok {
			n, ok := parseInt(digits)
			if !ok || n < 0 {
				return 0, errors.New("argument must be a memory or percent value")
			}
			if n > 100 {
				return 0, errors.New("percentage argument must be less or equal to 100")
			}
			return -n, nil
		}
		n, ok := ParseMemory(s)
		if !ok {
			return 0, errors.New("argument must be a memory or percent value")
		}
		return int64(min(n, math.MaxInt64)), nil
	}
	show := func(v int64) string {
		if v < 0 {
			return strconv.FormatInt(-v, 10) + "%"
		}
		return strconv.FormatInt(v, 10)
	}
	f := &field[int64]{p: p, def: def, read: single(read), print: show}
	f.rewrite = func(v int64) []line {
		text := show(v)
		if v >= 0 {
			text = memoryText(v)
		}
		return []line{{args: text, force: v != def}}
	}
	return &Directive{Name: name, Form: "bytes with unit, or percent of maxmemory", Doc: doc, value: f}
}

// ParseMemory reads a number of bytes with a unit: k, m and g are powers of
// 1000, kb, mb and gb of 1024, b and nothing is bytes. Numbers that are too
// large become the largest one. As in Redis, a unit alone is 0 of it.
func ParseMemory(s string) (bytes uint64, ok bool) {
	digits := s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
	unit := uint64(1)
	switch strings.ToLower(s[len(digits):]) {
	case "", "b":
	case "k":
		unit = 1000
	case "kb":
		unit = 1 << 10
	case "m":
		unit = 1000 * 1000
	case "mb":
		unit = 1 << 20
	case "g":
		unit = 1000 * 1000 * 1000
	case "gb":
		unit = 1 << 30
	default:
		return 0, false
	}
	if digits == "" {
		return 0, true
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n > math.MaxUint64/unit {
		return math.MaxUint64, true
	}
	return n * unit, true
}

// memoryText writes bytes with the largest unit that divides them.
func memoryText(n int64) string {
	switch {
	case n != 0 && n%(1<<30) == 0:
		return strconv.FormatInt(n>>30, 10) + "gb"
	case n != 0 && n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + "mb"
	case n != 0 && n%(1<<10) == 0:
		return strconv.FormatInt(n>>10, 10) + "kb"
	}
	return strconv.FormatInt(n, 10)
}

// enum is one of the words of names.
func enum(p *string, name, def, names, doc string) *Directive {
	allowed := strings.Fields(names)
	read := func(s string) (string, error) {
		if s = strings.ToLower(s); slices.Contains(allowed, s) {
			return s, nil
		}
		return "", errors.New("argument(s) must be one of the following: " + strings.Join(allowed, ", "))
	}
	f := &field[string]{p: p, def: def, read: single(read), print: func(v string) string { return v }}
	return &Directive{Name: name, Form: strings.Join(allowed, "|"), Doc: doc, value: f}
}

func text(p *string, name, def, doc string) *Directive {
	return checked(p, name, def, func(string) error { return nil }, doc)
}

// checked is a text that check must accept.
func checked(p *string, name, def string, check func(string) error, doc string) *Directive {
	read := func(s string) (string, error) { return s, check(s) }
	f := &field[string]{p: p, def: def, read: single(read), print: func(v string) string { return v }}
	f.rewrite = func(v string) []line {
		if v == "" && def == "" {
			return nil
		}
		return []line{{args: quote(v), force: v != def}}
	}
	return &Directive{Name: name, Form: "text", Doc: doc, value: f}
}

func quote(s string) string { return string(resp.AppendQuoted(nil, []byte(s))) }
