package rdb

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// How the release 7.0 of Redis reads, for those who must say what its own tool says. It
//
//   - refuses versions above 10, and types and opcodes that came later;
//   - refuses empty collections instead of leaving them out;
//   - takes a string's encoding for a length where a length must stand (0xC2 is 2);
//   - takes what a decimal score begins with, and no look at the scores in flat encodings.

// header70 reads a version like atoi.
func header70(h []byte) (version int, ok bool) {
	if string(h[:5]) != "REDIS" {
		return 0, false
	}
	for _, c := range h[5:] {
		if c < '0' || c > '9' {
			break
		}
		version = version*10 + int(c-'0')
	}
	return version, true
}

func unknown70(code byte) error { return fmt.Errorf("unknown type or opcode %d (0x%02x)", code, code) }

// ErrNoScore is a decimal score that does not begin with a number. Redis 7.0 takes it for the end of the file.
var ErrNoScore = errors.New("a score that is not a number")

// score70 reads the longest number that p begins with.
func score70(p []byte) (float64, error) {
	text := strings.TrimLeft(string(p), " \t\n\v\f\r")
	for n := len(text); n > 0; n-- {
		f, err := strconv.ParseFloat(text[:n], 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) || strings.Contains(text[:n], "_") {
			continue
		}
		if math.IsNaN(f) {
			return 0, errors.New("score is not a number")
		}
		return f, nil
	}
	return 0, ErrNoScore
}
