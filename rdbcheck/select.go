package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/rdbcheck/stats"
)

// selection says which keys a command shows.
type selection struct {
	patterns []string
	types    []string
	dbs      []int
	ttl      ttlRange
	sizes    sizeRange
	now      int64 // Unix time in ms
}

func selectFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "match", Usage: "keys that match the `PATTERN`, as KEYS and SCAN do"},
		&cli.StringSliceFlag{Name: "type", Usage: "keys of the `TYPE` string, list, set, zset, hash, stream, module or array"},
		&cli.StringSliceFlag{Name: "db", Usage: "keys of database `N`"},
		&cli.StringFlag{Name: "ttl", Usage: "`none`, any, expired, or time that is left: 1h..7d, ..10m, 30d.."},
		&cli.StringFlag{Name: "size", Usage: "keys that take so much memory, by estimate: `1k..10M`, 1M.."},
	}
}

func newSelection(c *cli.Context, now time.Time) (*selection, error) {
	s := &selection{patterns: c.StringSlice("match"), types: c.StringSlice("type"), now: now.UnixMilli()}
	known := []string{"string", "list", "set", "zset", "hash", "stream", "module", "array"}
	for _, t := range s.types {
		if !slices.Contains(known, t) {
			return nil, fmt.Errorf("--type %s: want one of %s", t, strings.Join(known, ", "))
		}
	}
	for _, text := range c.StringSlice("db") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("--db %s: want a number", text)
		}
		s.dbs = append(s.dbs, n)
	}
	var err error
	if s.ttl, err = parseTTL(c.String("ttl")); err != nil {
		return nil, err
	}
	s.sizes, err = parseSizes(c.String("size"))
	return s, err
}

// wants looks at what is known before a value is read.
func (s *selection) wants(it *rdb.Item) bool {
	if len(s.dbs) > 0 && !slices.Contains(s.dbs, it.DB) ||
		len(s.types) > 0 && !slices.Contains(s.types, it.Value.Type.Object().String()) ||
		!s.ttl.has(it.ExpireMs, s.now) {
		return false
	}
	return len(s.patterns) == 0 || slices.ContainsFunc(s.patterns, func(p string) bool { return matchGlob(p, string(it.Key)) })
}

// fits looks at the memory of the current record, which takes reading it a second time.
func (s *selection) fits(in *rdb.Scanner) (bool, error) {
	if s.sizes.all() {
		return true, nil
	}
	it, end, err := in.Again()
	if err != nil {
		return false, asDamage(err)
	}
	k, err := stats.Measure(it, end)
	if err != nil {
		return false, asDamage(err)
	}
	return s.sizes.has(k.Memory), nil
}

// ttlRange is a choice of expire times; the zero value takes all.
type ttlRange struct {
	kind     string // "", none, any, expired, range
	from, to int64  // ms
}

func parseTTL(text string) (ttlRange, error) {
	switch text {
	case "", "none", "any", "expired":
		return ttlRange{kind: text}, nil
	}
	from, to, ok := parseRange(text, parseSpan)
	if !ok {
		return ttlRange{}, fmt.Errorf("--ttl %s: want none, any, expired, or a range such as 1h..7d", text)
	}
	return ttlRange{kind: "range", from: from, to: to}, nil
}

// parseSpan reads a duration in ms: 90s, 10m, 12h, 7d, or what Go writes.
func parseSpan(text string) (int64, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		return int64(n * 24 * 3600 * 1000), err
	}
	d, err := time.ParseDuration(text)
	return d.Milliseconds(), err
}

func (r ttlRange) has(expireMs, now int64) bool {
	left := expireMs - now
	switch r.kind {
	case "none":
		return expireMs < 0
	case "any":
		return expireMs >= 0
	case "expired":
		return expireMs >= 0 && left < 0
	case "range":
		return expireMs >= 0 && left >= r.from && left <= r.to
	}
	return true
}

// sizeRange is a choice of sizes; the zero value takes all.
type sizeRange struct{ from, to int64 }

func (r sizeRange) all() bool           { return r == sizeRange{} }
func (r sizeRange) has(size int64) bool { return r.all() || size >= r.from && size <= r.to }

func parseSizes(text string) (sizeRange, error) {
	if text == "" {
		return sizeRange{}, nil
	}
	from, to, ok := parseRange(text, parseSize)
	if !ok {
		return sizeRange{}, fmt.Errorf("--size %s: want a range such as 1k..10M", text)
	}
	return sizeRange{from, to}, nil
}

// parseRange reads "from..to", of which one may be missing.
func parseRange(text string, parse func(string) (int64, error)) (from, to int64, ok bool) {
	low, high, ok := strings.Cut(text, "..")
	if !ok || low+high == "" {
		return 0, 0, false
	}
	from, to = 0, math.MaxInt64
	var err error
	if low != "" {
		from, err = parse(low)
	}
	if high != "" && err == nil {
		to, err = parse(high)
	}
	return from, to, err == nil
}

func parseSize(text string) (int64, error) {
	unit := int64(1)
	switch text[len(text)-1] {
	case 'k', 'K':
		unit = 1 << 10
	case 'm', 'M':
		unit = 1 << 20
	case 'g', 'G':
		unit = 1 << 30
	}
	if unit > 1 {
		text = text[:len(text)-1]
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n * unit, err
}

// matchGlob says whether s matches a pattern with *, ?, [a-z], [^a] and \ as Redis has them. It takes no more than
// len(pattern)*len(s) steps.
func matchGlob(pattern, s string) bool {
	p, i := 0, 0
	star, from := -1, 0 // the last *, and where it was matched to end
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
			continue
		case p < len(pattern):
			if n, ok := matchOne(pattern[p:], s[i]); ok {
				p, i = p+n, i+1
				continue
			}
		}
		if star < 0 {
			return false
		}
		from++
		p, i = star+1, from
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// matchOne matches the first element of a pattern with c and returns the length of the element.
func matchOne(pattern string, c byte) (int, bool) {
	switch pattern[0] {
	case '?':
		return 1, true
	case '[':
		return matchClass(pattern, c)
	case '\\':
		if len(pattern) > 1 {
			return 2, pattern[1] == c
		}
	}
	return 1, pattern[0] == c
}

func matchClass(pattern string, c byte) (int, bool) {
	i, not, found := 1, false, false
	if i < len(pattern) && pattern[i] == '^' {
		not, i = true, i+1
	}
	for ; i < len(pattern) && pattern[i] != ']'; i++ {
		switch {
		case pattern[i] == '\\' && i+1 < len(pattern):
			i++
			found = found || pattern[i] == c
		case i+2 < len(pattern) && pattern[i+1] == '-':
			low, high := pattern[i], pattern[i+2]
			found = found || c >= min(low, high) && c <= max(low, high)
			i += 2
		default:
			found = found || pattern[i] == c
		}
	}
	return min(i+1, len(pattern)), found != not
}
