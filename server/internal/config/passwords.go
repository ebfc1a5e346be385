package config

import (
	"errors"
	"slices"
	"strings"
)

// passwords is a password, or two of which the second is tried when the first is refused, so that a password can be changed
// without an outage (B7). In a file they are two arguments. CONFIG SET has but one, which is taken for a single password as
// it stands, spaces and all, unless it is two quoted texts: that is also how CONFIG GET shows two.
func passwords(p *[]string, name, doc string) *Directive {
	f := &field[[]string]{p: p}
	f.read = func(in input, _ []string) ([]string, error) {
		list := in.args
		if len(list) == 1 && !in.file {
			list = quotedPair(list[0])
		}
		if len(list) < 1 || len(list) > 2 {
			return nil, errArgs
		}
		if len(list) == 2 && (list[0] == "" || list[1] == "") {
			return nil, errors.New("one of two passwords is empty")
		}
		if list[0] == "" {
			return nil, nil
		}
		return slices.Clone(list), nil
	}
	f.print = func(v []string) string {
		switch len(v) {
		case 0:
			return ""
		case 1:
			return v[0]
		}
		return quoteAll(v)
	}
	f.rewrite = func(v []string) []line {
		if len(v) == 0 {
			return nil
		}
		return []line{{args: quoteAll(v), force: true}}
	}
	return &Directive{Name: name, Form: `password, or "new" "old"`, Doc: doc, value: f}
}

func quoteAll(v []string) string {
	var out []string
	for _, s := range v {
		out = append(out, quote(s))
	}
	return strings.Join(out, " ")
}

// quotedPair cuts `"a" "b"` in two; any other text is one.
func quotedPair(s string) []string {
	if !strings.HasPrefix(s, `"`) || !strings.HasSuffix(s, `"`) {
		return []string{s}
	}
	words, err := splitWords(s)
	if err != nil || len(words) != 2 || quoteAll(words) != s {
		return []string{s}
	}
	return words
}
