package config

import (
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// all matches every name.
func glob(pattern, name string) bool {
	ok, _ := path.Match(strings.ToLower(pattern), name)
	return ok
}

func pairs(list []string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(list); i += 2 {
		m[list[i]] = list[i+1]
	}
	return m
}

// TestDefaultsAreRedis compares CONFIG GET * with the answer of a redis-server
// 7.0.15 that was started without arguments (port and dir set to their defaults). Of TLS there is nothing here, as in a Redis that was
// built without it.
func TestDefaultsAreRedis(t *testing.T) {
	data, err := os.ReadFile("testdata/redis-7.0.15.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"io-backend": "auto", "rdb-save-version": "10", "min-replicas-lag-by": "ack", "repl-accept-empty-master": "yes"}
	for line := range strings.Lines(string(data)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !strings.HasPrefix(name, "tls-") {
			want[name] = value
		}
	}
	got := pairs(New().Get([]string{"*"}, glob))
	for _, name := range slices.Sorted(maps.Keys(want)) {
		value, ok := got[name]
		switch {
		case !ok:
			t.Errorf("%s is missing", name)
		case value != want[name]:
			t.Errorf("%s: got %q, want %q", name, value, want[name])
		}
		delete(got, name)
	}
	for name := range got {
		t.Errorf("Redis has no %s", name)
	}
}

func TestTableIsWhole(t *testing.T) {
	c := New()
	names := map[string]bool{}
	for _, d := range c.Directives() {
		for _, name := range []string{d.Name, d.Alias} {
			if name != "" && names[name] {
				t.Errorf("%s stands twice", name)
			}
			names[name] = true
		}
		if d.Doc == "" || d.Form == "" || d.Name != strings.ToLower(d.Name) {
			t.Errorf("%s lacks a description", d.Name)
		}
		if !d.isDefault() {
			t.Errorf("%s: %q is not the default", d.Name, d.show())
		}
	}
}

// TestValuesReadBack: what CONFIG GET shows, CONFIG SET and a file accept.
func TestValuesReadBack(t *testing.T) {
	for _, d := range New().Directives() {
		before := d.show()
		args := d.split(before)
		if d.Name == "replicaof" {
			continue // the empty value has no form
		}
		if err := d.parse(input{args: args}); err != nil || d.show() != before {
			t.Errorf("%s %q: got %q, %v", d.Name, before, d.show(), err)
		}
		for _, l := range d.lines() {
			words, err := splitWords(l.args)
			if err == nil {
				err = d.parse(input{args: words, file: true})
			}
			if err != nil {
				t.Errorf("%s: the line %q is refused: %v", d.Name, l.args, err)
			}
		}
	}
}
