package scripting

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Lua's patterns, by backtracking:
//
//	single = char | . | %class | [set]        item = single | single* | single+ | single- | single? | %n | %bxy | %f[set] | (...) | ()
//
// A pattern ends at its first zero byte, as in Lua 5.1.

const (
	maxCaptures = 32
	maxPattern  = 200 // nested calls of match
	openCapture = -1
	placeOnly   = -2 // "()": the capture is a position
)

// patternError is a fault of a pattern, raised to the script by whoever runs it.
type patternError string

// matcher matches one pattern at places of one subject.
type matcher struct {
	src, pat string
	captures []capture
	room     [maxCaptures]capture
	depth    int
	watch    *watch
	L        *lua.LState
}

type capture struct{ start, length int }

func (m *machine) newMatcher(L *lua.LState, src, pat string) *matcher {
	pat, _, _ = strings.Cut(pat, "\x00")
	mt := &matcher{src: src, pat: pat, watch: m.watch, L: L}
	mt.captures = mt.room[:0]
	return mt
}

// at matches the pattern from position p on at position s; the end of the match, or -1.
func (m *matcher) at(s, p int) int {
	m.captures, m.depth = m.captures[:0], 0
	return m.match(s, p)
}

func (m *matcher) match(s, p int) int {
	if m.depth++; m.depth > maxPattern {
		panic(patternError("pattern too complex"))
	}
	defer func() { m.depth-- }()
	m.watch.step(m.L)
	for p < len(m.pat) {
		switch c := m.pat[p]; {
		case c == '(':
			return m.startCapture(s, p)
		case c == ')':
			return m.endCapture(s, p+1)
		case c == '$' && p+1 == len(m.pat):
			if s == len(m.src) {
				return s
			}
			return -1
		case c == '%' && p+1 < len(m.pat) && m.pat[p+1] == 'b':
			if s = m.balance(s, p+2); s < 0 {
				return -1
			}
			p += 4
			continue
		case c == '%' && p+1 < len(m.pat) && m.pat[p+1] == 'f':
			end, ok := m.frontier(s, p+2)
			if !ok {
				return -1
			}
			p = end
			continue
		case c == '%' && p+1 < len(m.pat) && isDigit(m.pat[p+1]):
			if s = m.sameAs(s, m.pat[p+1]); s < 0 {
				return -1
			}
			p += 2
			continue
		}
		var done bool
		if s, p, done = m.item(s, p); done {
			return s
		}
	}
	return s
}

// item matches a single with its repetition. Unless done, the caller goes on from the places returned.
func (m *matcher) item(s, p int) (nextS, nextP int, done bool) {
	end := m.singleEnd(p)
	fits := s < len(m.src) && m.single(m.src[s], p, end)
	var mark byte
	if end < len(m.pat) {
		mark = m.pat[end]
	}
	switch mark {
	case '?':
		if fits {
			if r := m.match(s+1, end+1); r >= 0 {
				return r, 0, true
			}
		}
		return s, end + 1, false
	case '*':
		return m.longest(s, p, end), 0, true
	case '+':
		if !fits {
			return -1, 0, true
		}
		return m.longest(s+1, p, end), 0, true
	case '-':
		return m.shortest(s, p, end), 0, true
	}
	if !fits {
		return -1, 0, true
	}
	return s + 1, end, false
}

func (m *matcher) longest(s, p, end int) int {
	n := 0
	for s+n < len(m.src) && m.single(m.src[s+n], p, end) {
		n++
	}
	for ; n >= 0; n-- {
		if r := m.match(s+n, end+1); r >= 0 {
			return r
		}
	}
	return -1
}

func (m *matcher) shortest(s, p, end int) int {
	for {
		if r := m.match(s, end+1); r >= 0 {
			return r
		}
		if s >= len(m.src) || !m.single(m.src[s], p, end) {
			return -1
		}
		s++
	}
}

// singleEnd is where the single at p ends.
func (m *matcher) singleEnd(p int) int {
	c := m.pat[p]
	p++
	if c == '%' {
		if p == len(m.pat) {
			panic(patternError("malformed pattern (ends with '%')"))
		}
		return p + 1
	}
	if c != '[' {
		return p
	}
	if p < len(m.pat) && m.pat[p] == '^' {
		p++
	}
	for first := true; first || p >= len(m.pat) || m.pat[p] != ']'; first = false {
		if p >= len(m.pat) {
			panic(patternError("malformed pattern (missing ']')"))
		}
		c := m.pat[p]
		if p++; c == '%' && p < len(m.pat) {
			p++
		}
	}
	return p + 1
}

func (m *matcher) single(c byte, p, end int) bool {
	switch m.pat[p] {
	case '.':
		return true
	case '%':
		return isClass(c, m.pat[p+1])
	case '[':
		return m.inSet(c, p, end-1)
	}
	return m.pat[p] == c
}

// inSet reports whether c is in the set from '[' at p to ']' at end.
func (m *matcher) inSet(c byte, p, end int) bool {
	in := true
	if m.pat[p+1] == '^' {
		in = false
		p++
	}
	for p++; p < end; p++ {
		switch {
		case m.pat[p] == '%':
			if p++; isClass(c, m.pat[p]) {
				return in
			}
		case p+2 < end && m.pat[p+1] == '-':
			if m.pat[p] <= c && c <= m.pat[p+2] {
				return in
			}
			p += 2
		case m.pat[p] == c:
			return in
		}
	}
	return !in
}

func isAlnum(c byte) bool { return isDigit(c) || isAlpha(c) }

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// isClass reports whether c is of the class that the letter stands for; a capital stands for all others, anything that is no
// letter for itself.
func isClass(c, class byte) bool {
	var in bool
	switch class | 0x20 {
	case 'a':
		in = isAlpha(c)
	case 'c':
		in = c < ' ' || c == 127
	case 'd':
		in = isDigit(c)
	case 'l':
		in = c >= 'a' && c <= 'z'
	case 'p':
		in = c > ' ' && c < 127 && !isAlnum(c)
	case 's':
		in = c == ' ' || c >= '\t' && c <= '\r'
	case 'u':
		in = c >= 'A' && c <= 'Z'
	case 'w':
		in = isAlnum(c)
	case 'x':
		in = isHex(c)
	case 'z':
		in = c == 0
	default:
		return class == c
	}
	if !isAlpha(class) {
		return class == c
	}
	return in == (class >= 'a')
}

// balance matches %bxy, whose two characters stand at p.
func (m *matcher) balance(s, p int) int {
	if p+1 >= len(m.pat) {
		panic(patternError("unbalanced pattern"))
	}
	if s >= len(m.src) || m.src[s] != m.pat[p] {
		return -1
	}
	open, shut, depth := m.pat[p], m.pat[p+1], 1
	for i := s + 1; i < len(m.src); i++ {
		switch m.src[i] {
		case shut:
			if depth--; depth == 0 {
				return i + 1
			}
		case open:
			depth++
		}
	}
	return -1
}

// frontier matches %f[set]: the byte before is not in the set, the one here is. The ends count as zero bytes.
func (m *matcher) frontier(s, p int) (end int, ok bool) {
	if p >= len(m.pat) || m.pat[p] != '[' {
		panic(patternError("missing '[' after '%f' in pattern"))
	}
	end = m.singleEnd(p)
	var before, here byte
	if s > 0 {
		before = m.src[s-1]
	}
	if s < len(m.src) {
		here = m.src[s]
	}
	return end, !m.inSet(before, p, end-1) && m.inSet(here, p, end-1)
}

func (m *matcher) startCapture(s, p int) int {
	length := openCapture
	if p++; p < len(m.pat) && m.pat[p] == ')' {
		length = placeOnly
		p++
	}
	if len(m.captures) == maxCaptures {
		panic(patternError("too many captures"))
	}
	level := len(m.captures)
	m.captures = append(m.captures, capture{s, length})
	r := m.match(s, p)
	if r < 0 {
		m.captures = m.captures[:level]
	}
	return r
}

func (m *matcher) endCapture(s, p int) int {
	for i := len(m.captures) - 1; i >= 0; i-- {
		if c := &m.captures[i]; c.length == openCapture {
			c.length = s - c.start
			r := m.match(s, p)
			if r < 0 {
				m.captures[i].length = openCapture
			}
			return r
		}
	}
	panic(patternError("invalid pattern capture"))
}

// sameAs matches %n, the text of an earlier capture.
func (m *matcher) sameAs(s int, digit byte) int {
	i := int(digit) - '1'
	if i < 0 || i >= len(m.captures) || m.captures[i].length == openCapture {
		panic(patternError("invalid capture index"))
	}
	c := m.captures[i]
	if text := m.src[c.start : c.start+max(c.length, 0)]; strings.HasPrefix(m.src[s:], text) {
		return s + len(text)
	}
	return -1
}
