package config

import (
	"slices"
	"testing"
)

// B7: one password stays what it is in Redis, whatever is in it; two go around through CONFIG GET, SET and REWRITE.
func TestMasterAuth(t *testing.T) {
	for _, tc := range []struct {
		set  string
		want []string
	}{
		{"", nil}, {"secret", []string{"secret"}}, {"with space", []string{"with space"}}, {`"quoted"`, []string{`"quoted"`}}, {`"a" b`, []string{`"a" b`}},
		{`"new" "old"`, []string{"new", "old"}}, {`"n\"e w" "\x00old"`, []string{`n"e w`, "\x00old"}}, {`"a" "b" "c"`, []string{`"a" "b" "c"`}},
	} {
		c := New()
		if err := c.Set([]string{"masterauth", tc.set}, SetOptions{}); err != nil || !slices.Equal(c.MasterAuth, tc.want) {
			t.Errorf("%q: got %q, %v", tc.set, c.MasterAuth, err)
			continue
		}
		shown := c.Get([]string{"masterauth"}, glob)[1]
		again := New()
		if err := again.Set([]string{"masterauth", shown}, SetOptions{}); err != nil || !slices.Equal(again.MasterAuth, tc.want) {
			t.Errorf("%q is shown as %q, which reads as %q, %v", tc.set, shown, again.MasterAuth, err)
		}
		again = New()
		d := c.byName["masterauth"]
		for _, l := range d.lines() {
			words, err := splitWords(l.args)
			if err == nil {
				err = again.byName["masterauth"].parse(input{args: words, file: true})
			}
			if err != nil {
				t.Errorf("the line %q: %v", l.args, err)
			}
		}
		if !slices.Equal(again.MasterAuth, tc.want) {
			t.Errorf("%q is rewritten to what reads as %q", tc.set, again.MasterAuth)
		}
	}
	c := New()
	for _, args := range [][]string{{"a", "b", "c"}, {"a", ""}, {"", "b"}, {}} {
		if err := c.byName["masterauth"].parse(input{args: args, file: true}); err == nil {
			t.Errorf("the line %q is accepted", args)
		}
	}
}
