package commandtest

import (
	"slices"
	"strconv"
	"strings"
)

// value is a parsed reply: its raw bytes, and its parts if it is an aggregate.
type value struct {
	raw   string
	text  string // of a bulk string or a line
	parts []value
	isAgg bool
}

// parseReply reads one reply of RESP2 or RESP3 from the start of s and returns what follows it.
func parseReply(s string) (v value, rest string) {
	line, rest, _ := strings.Cut(s, "\r\n")
	v.text = line[1:]
	n, _ := strconv.Atoi(line[1:])
	switch line[0] {
	case '$', '=', '!':
		if n >= 0 {
			v.text, rest = rest[:n], rest[n+2:]
		}
	case '*', '~', '>', '%':
		v.isAgg = true
		if line[0] == '%' {
			n *= 2
		}
		for range n {
			var p value
			p, rest = parseReply(rest)
			v.parts = append(v.parts, p)
		}
	}
	v.raw = s[:len(s)-len(rest)]
	return v, rest
}

func (v value) flat() []string {
	var out []string
	for _, p := range v.parts {
		out = append(out, p.text)
	}
	return out
}

// sorted returns the reply with the elements of its aggregates in a fixed order. step 2 keeps pairs together.
func sorted(raw string, step int) string {
	v, _ := parseReply(raw)
	return v.sorted(step)
}

func (v value) sorted(step int) string {
	if !v.isAgg {
		return v.raw
	}
	var groups []string
	for i := 0; i < len(v.parts); i += step {
		g := ""
		for j := i; j < min(i+step, len(v.parts)); j++ {
			g += v.parts[j].sorted(step)
		}
		groups = append(groups, g)
	}
	slices.Sort(groups)
	head, _, _ := strings.Cut(v.raw, "\r\n")
	return head + "\r\n" + strings.Join(groups, "")
}

func (v value) leaves(out []string) []string {
	if !v.isAgg {
		return append(out, v.text)
	}
	for _, p := range v.parts {
		out = p.leaves(out)
	}
	return out
}
