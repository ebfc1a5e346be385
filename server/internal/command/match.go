package command

import "unsafe"

// MatchString is Match for a pattern that is kept as a string; it does not allocate.
func MatchString(p string, s []byte, fold bool) bool {
	return Match(unsafe.Slice(unsafe.StringData(p), len(p)), s, fold)
}

// Match reports whether s matches the glob-style pattern as KEYS, SCAN, PSUBSCRIBE and ACL understand it: * any run, ? one byte,
// [abc], [^a], [a-z] classes, \ takes the next byte literally.
//
// A star needs one place to come back to only: when a later star matches as early as possible, an earlier one has
// nothing to gain from giving it more. So the time is O(len(p)*len(s)), where the recursive way is exponential.
//
// Only the empty pattern matches the empty s, not even * does: so it is in Redis 7.0, and commands for which * is everything ask for that first.
func Match(p, s []byte, fold bool) bool {
	if len(s) == 0 {
		return len(p) == 0
	}
	star, mark, nested := -1, 0, 0
	i, j := 0, 0
	for j < len(s) {
		if i < len(p) && p[i] == '*' {
			star, mark = i, j
			i++
			if i < len(p) && p[i] != '*' {
				if nested++; nested > maxStars {
					return false
				}
			}
			continue
		}
		if i < len(p) {
			if n, ok := matchOne(p[i:], s[j], fold); ok {
				i += n
				j++
				continue
			}
		}
		if star < 0 {
			return false
		}
		mark++
		i, j = star+1, mark
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

// maxStars is how many stars a pattern may have before its end: with more, Redis finds no match.
const maxStars = 1000

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// matchOne matches c against the first element of p and returns that element's length.
func matchOne(p []byte, c byte, fold bool) (int, bool) {
	eq := func(a byte) bool { return a == c || fold && lowerByte(a) == lowerByte(c) }
	switch p[0] {
	case '?':
		return 1, true
	case '[':
		return matchClass(p, c, fold)
	case '\\':
		if len(p) > 1 {
			return 2, eq(p[1])
		}
	}
	return 1, eq(p[0])
}

// matchClass matches [..]. A class that is not closed ends with the pattern, as in Redis.
func matchClass(p []byte, c byte, fold bool) (int, bool) {
	if fold {
		c = lowerByte(c)
	}
	norm := func(b byte) byte {
		if fold {
			return lowerByte(b)
		}
		return b
	}
	i, not, found := 1, false, false
	if i < len(p) && p[i] == '^' {
		not, i = true, i+1
	}
	for ; i < len(p) && p[i] != ']'; i++ {
		switch {
		case p[i] == '\\' && i+1 < len(p):
			i++
			found = found || norm(p[i]) == c
		case i+2 < len(p) && p[i+1] == '-':
			lo, hi := norm(p[i]), norm(p[i+2])
			if lo > hi {
				lo, hi = hi, lo
			}
			found = found || lo <= c && c <= hi
			i += 2
		default:
			found = found || norm(p[i]) == c
		}
	}
	if i < len(p) {
		i++
	}
	return i, found != not
}
