package zsets

import (
	"bytes"
	"errors"
	"math"
	"strconv"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// parseScores reads an interval of scores: numbers, inf, and "(" before a bound that is outside.
func parseScores(low, high []byte) (s store.ScoreRange, ok bool) {
	if s.Min, s.MinEx, ok = parseScoreBound(low); !ok {
		return s, false
	}
	s.Max, s.MaxEx, ok = parseScoreBound(high)
	return s, ok
}

// parseScoreBound is as lenient as C's strtod, which Redis uses here: spaces in front are skipped, nothing at all is 0, what is too
// large is infinite, what is too small is 0, and a NUL ends the text.
func parseScoreBound(b []byte) (f float64, excluded, ok bool) {
	if len(b) > 0 && b[0] == '(' {
		b, excluded = b[1:], true
	}
	if b, _, _ = bytes.Cut(b, []byte{0}); len(b) == 0 {
		return 0, excluded, true
	}
	for len(b) > 0 && (b[0] == ' ' || b[0] >= '\t' && b[0] <= '\r') {
		b = b[1:]
	}
	if f, ok = command.ParseFloat(b); !ok {
		f, ok = outOfRange(b)
	}
	return f, excluded, ok
}

// outOfRange reads a number that is infinite, or 0, as a float.
func outOfRange(b []byte) (float64, bool) {
	f, err := strconv.ParseFloat(string(b), 64)
	return f, err == nil && f == 0 && command.Underflows(b) || errors.Is(err, strconv.ErrRange) && math.IsInf(f, 0)
}

// parseLex reads an interval of members: - and + for the ends, else "[" or "(" and the bound.
func parseLex(low, high []byte) (l store.LexRange, ok bool) {
	if l.Min, ok = parseLexBound(low); !ok {
		return l, false
	}
	l.Max, ok = parseLexBound(high)
	return l, ok
}

func parseLexBound(b []byte) (store.LexBound, bool) {
	switch {
	case len(b) == 0:
	case b[0] == '(':
		return store.LexBound{Member: b[1:], Ex: true}, true
	case b[0] == '[':
		return store.LexBound{Member: b[1:]}, true
	case len(b) > 1:
	case b[0] == '-':
		return store.LexBound{Inf: -1}, true
	case b[0] == '+':
		return store.LexBound{Inf: 1}, true
	}
	return store.LexBound{}, false
}
