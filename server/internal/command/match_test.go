package command

import "testing"

// Each verdict is that of redis-server 7.0.
func TestMatch(t *testing.T) {
	for _, tc := range []struct {
		pattern, s string
		want       bool
	}{
		{"*", "a", true}, {"a*", "a", true}, {"*a*", "a", true}, {"a**", "a", true}, {"?", "a", true}, {"a?", "a", false}, {"a*b*c", "aXbYc", true},
		{"a*b*c", "aXbY", false}, {"[a-c]x", "bx", true}, {"[^a-c]x", "bx", false}, {"[c-a]x", "bx", true}, {"[a", "a", true}, {`\*`, "*", true}, {`\*`, "a", false},
		{"A*", "ab", false},
		{"", "", true}, {"*", "", false}, {"**", "", false}, {"", "a", false}, {"?", "", false},
	} {
		if got := MatchString(tc.pattern, []byte(tc.s), false); got != tc.want {
			t.Errorf("%q matches %q: got %v", tc.pattern, tc.s, got)
		}
	}
	if !Match([]byte("A*"), []byte("ab"), true) {
		t.Error("case counts where it must not")
	}
}
