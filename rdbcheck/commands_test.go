package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/libs/rdb"
)

// TestDumpHoldsWhatTheJSONBesideItSays compares dump with the expectations of librdb's corpus.
func TestDumpHoldsWhatTheJSONBesideItSays(t *testing.T) {
	dir := "../../shared/corpus/rdb/librdb/"
	if _, err := os.Stat(dir); err != nil {
		dir = corpus + "librdb/"
	}
	for _, tc := range []struct{ file, want string }{
		{"multiple_lists_strings", "multiple_lists_strings_data"}, {"plain_list_v6", "plain_list_v6_data"}, {"quicklist", "quicklist_data"},
		{"single_key", "single_key_data"}, {"string_int_encoded", "string_int_encoded"}, {"ziplist_v3", "ziplist_data"},
		{"hash_zm_v2", "hash_zm_v2_data"}, {"hash_v3", "hash_data"}, {"hash_lp_v11", "hash_lp_v11_data"}, {"quicklist2_v11", "single_list_data"},
		{"hash_with_expire_v12", "hash_ex_v12_data"}, {"hash_lp_with_hexpire_v12", "hash_lp_ex_v12_data"},
	} {
		text, err := os.ReadFile(dir + tc.want + ".json")
		if err != nil {
			t.Fatal(err)
		}
		text = []byte("[{" + strings.Trim(strings.TrimSpace(string(text)), "[]{}") + "}]")
		if strings.HasPrefix(string(text), `[{"`) && !json.Valid(text) {
			text = []byte("[{" + strings.TrimSpace(mustRead(t, dir+tc.want+".json")) + "}]")
		}
		var want []map[string]any
		if err := json.Unmarshal(text, &want); err != nil {
			t.Errorf("%s: %v", tc.want, err)
			continue
		}
		code, out, complaints := runProgram(t, nil, "dump", dir+tc.file+".rdb")
		if code != 0 {
			t.Errorf("%s: %d %s", tc.file, code, complaints)
			continue
		}
		got := map[string]any{}
		for line := range strings.Lines(out) {
			var k struct {
				Key, Type string
				Value     any
			}
			if err := json.Unmarshal([]byte(line), &k); err != nil {
				t.Fatalf("%s: %v in %s", tc.file, err, line)
			}
			got[k.Key] = k.Value
			if k.Type == "hash" {
				pairs := map[string]any{}
				for _, p := range k.Value.([]any) {
					pairs[p.([]any)[0].(string)] = p.([]any)[1]
				}
				got[k.Key] = pairs
			}
		}
		for key, v := range want[0] {
			if !strings.HasPrefix(key, "__") && fmt.Sprint(got[key]) != fmt.Sprint(v) {
				t.Errorf("%s: %s is\n%v, want\n%v", tc.file, key, got[key], v)
			}
		}
	}
}

func mustRead(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// selected writes a file with keys that the filters tell apart.
func selected(t *testing.T) string {
	t.Helper()
	a, _ := rdb.NewAppender(rdb.EncodeOptions{})
	file := []byte("REDIS0010\xfe\x00")
	str := func(key, value string) { file = a.String(a.Key(file, rdb.TypeString, []byte(key)), []byte(value)) }
	str("user:1", "x")
	str("user:2", strings.Repeat("y", 5000))
	file = rdb.AppendExpire(file, 1000)
	str("old", "z")
	file = rdb.AppendExpire(file, 4_000_000_000_000)
	str("late", "z")
	file = a.String(a.Count(a.Key(file, rdb.TypeSet, []byte("set")), 1), []byte("m"))
	file = append(file, "\xfe\x07"...)
	str("user:7", "x")
	str("\xff\x00bytes", "\xfe")
	file = append(file, "\xff\x00\x00\x00\x00\x00\x00\x00\x00"...)
	name := filepath.Join(t.TempDir(), "f.rdb")
	os.WriteFile(name, file, 0o600)
	return name
}

func TestDumpFilters(t *testing.T) {
	name := selected(t)
	for _, tc := range []struct {
		args []string
		want string
	}{
		{nil, "user:1 user:2 old late set user:7 \xff\x00bytes"},
		{[]string{"--match", "user:*"}, "user:1 user:2 user:7"},
		{[]string{"--match", "[ol]*", "--match", "s?t"}, "old late set"},
		{[]string{"--type", "set"}, "set"},
		{[]string{"--db", "7"}, "user:7 \xff\x00bytes"},
		{[]string{"--ttl", "none", "--db", "0"}, "user:1 user:2 set"},
		{[]string{"--ttl", "any"}, "old late"},
		{[]string{"--ttl", "expired"}, "old"},
		{[]string{"--ttl", "1d.."}, "late"},
		{[]string{"--ttl", "..1h"}, ""},
		{[]string{"--size", "4k.."}, "user:2"},
		{[]string{"--limit", "2"}, "user:1 user:2"},
	} {
		code, out, complaints := runProgram(t, nil, append([]string{"dump", "--format", "keys", name}, tc.args...)...)
		if got := strings.Join(strings.Split(strings.TrimSuffix(out, "\n"), "\n"), " "); code != 0 || got != tc.want {
			t.Errorf("%v: %d %q, want %q %s", tc.args, code, got, tc.want, complaints)
		}
	}
	for _, bad := range [][]string{{"--type", "x"}, {"--db", "-1"}, {"--ttl", "soon"}, {"--size", "big"}, {"--format", "xml"}} {
		if code, _, complaints := runProgram(t, nil, append([]string{"dump", name}, bad...)...); code != 2 || complaints == "" {
			t.Errorf("%v: %d %s", bad, code, complaints)
		}
	}
	_, out, _ := runProgram(t, nil, "dump", "--db", "7", name)
	if !strings.Contains(out, `{"db":7,"key_base64":"/wBieXRlcw==","type":"string","encoding":"string","value":{"base64":"/g=="}}`) {
		t.Errorf("bytes: %s", out)
	}
}

func TestGlob(t *testing.T) {
	for _, tc := range []struct {
		pattern, s string
		want       bool
	}{
		{"*", "", true}, {"a*c", "abc", true}, {"a*c", "abd", false}, {"a?c", "abc", true}, {"[a-c]x", "bx", true}, {"[^a-c]x", "bx", false},
		{`\*`, "*", true}, {`\*`, "a", false}, {"[abc", "a", true}, {"a**b", "ab", true}, {"", "", true}, {"", "a", false}, {"*a*a*a*b", strings.Repeat("a", 200), false},
		{"[c-a]", "b", true}, {`[\]]`, "]", true}, {"a[", "a", false},
	} {
		if got := matchGlob(tc.pattern, tc.s); got != tc.want {
			t.Errorf("%q %q: %v", tc.pattern, tc.s, got)
		}
	}
}

func TestDiff(t *testing.T) {
	make := func(build func(a *rdb.Appender, b []byte) []byte) string {
		a, _ := rdb.NewAppender(rdb.EncodeOptions{})
		b := append(build(a, []byte("REDIS0010\xfe\x00")), "\xff\x00\x00\x00\x00\x00\x00\x00\x00"...)
		name := filepath.Join(t.TempDir(), "f.rdb")
		os.WriteFile(name, b, 0o600)
		return name
	}
	set := func(a *rdb.Appender, b []byte, key string, members ...string) []byte {
		b = a.Count(a.Key(b, rdb.TypeSet, []byte(key)), len(members))
		for _, m := range members {
			b = a.String(b, []byte(m))
		}
		return b
	}
	str := func(a *rdb.Appender, b []byte, key, value string) []byte {
		return a.String(a.Key(b, rdb.TypeString, []byte(key)), []byte(value))
	}
	one := make(func(a *rdb.Appender, b []byte) []byte {
		b = set(a, b, "same", "x", "y")
		b = set(a, b, "type", "x")
		b = str(a, b, "gone", "1")
		b = rdb.AppendExpire(b, 5000)
		b = str(a, b, "expiry", "1")
		return str(a, b, "value", "1")
	})
	two := make(func(a *rdb.Appender, b []byte) []byte {
		b = str(a, b, "value", "2")
		b = str(a, b, "new", "1")
		b = str(a, b, "expiry", "1")
		b = str(a, b, "type", "x")
		return set(a, b, "same", "y", "x")
	})
	code, out, _ := runProgram(t, nil, "diff", one, two)
	want := "~ db 0 string \"value\": value\n+ db 0 string \"new\"\n~ db 0 string \"expiry\": expires at 5000, now never\n" +
		"~ db 0 string \"type\": type set, now string\n- db 0 string \"gone\"\n1 keys only in " + one + ", 1 only in " + two + ", 3 differ, 1 are the same\n"
	if code != 1 || out != want {
		t.Errorf("%d\n%s\nwant\n%s", code, out, want)
	}
	if code, out, _ := runProgram(t, nil, "diff", "--json", "--ignore-expiry", "--match", "[es]*", one, two); code != 0 || !strings.Contains(out, `"same":2`) {
		t.Errorf("%d %s", code, out)
	}
}

func TestExplain(t *testing.T) {
	code, out, _ := runProgram(t, nil, "explain", "108", corpus+"librdb/hash_with_expire_v12.rdb")
	if code != 0 || !strings.HasPrefix(out, `key "myhash" in db 0, hash (hash-hashtable-md-pre-release)`) ||
		!strings.Contains(out, ">       108  06 66 69 65 6c 64 31                             .field1           field\n") ||
		!strings.Contains(out, "        99  81 00 00 3f ff ff ff e4 a7                       ...?.....         expire time\n") {
		t.Errorf("%d\n%s", code, out)
	}
	for _, tc := range []struct{ offset, file, want string }{
		{"0", "librdb/single_key.rdb", "signature and version"},
		{"488", "redis/corrupt_ziplist.rdb", "damaged: rdb: offset 488"},
		{"0x09", "librdb/single_key.rdb", "AUX"},
		{"136", "redis/hash-ziplist.rdb", "checksum"},
	} {
		if code, out, complaints := runProgram(t, nil, "explain", tc.offset, corpus+tc.file); code != 0 || !strings.Contains(out, tc.want) {
			t.Errorf("%s: %d %s%s", tc.offset, code, out, complaints)
		}
	}
	if code, _, complaints := runProgram(t, nil, "explain", "99999", corpus+"librdb/single_key.rdb"); code != 2 || !strings.Contains(complaints, "beyond") {
		t.Errorf("%d %s", code, complaints)
	}
}

func TestStats(t *testing.T) {
	name := selected(t)
	code, out, complaints := runProgram(t, nil, "stats", "--json", name)
	var got struct {
		Total    struct{ Keys, Expires, Expired int64 }
		Types    map[string]struct{ Keys int64 }
		TTL      map[string]int64
		Largest  []jsonKey `json:"largest_by_memory"`
		Prefixes []jsonPrefix
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 {
		t.Fatal(code, err, complaints)
	}
	if got.Total.Keys != 7 || got.Total.Expires != 2 || got.Total.Expired != 1 || got.Types["string"].Keys != 6 || got.TTL["expired"] != 1 ||
		got.TTL["never"] != 5 || got.Largest[0].Key != "user:2" || len(got.Prefixes) != 1 || got.Prefixes[0].Prefix != "user:" || got.Prefixes[0].Keys != 3 {
		t.Errorf("got %+v", got)
	}
	if code, out, _ := runProgram(t, nil, "stats", name); code != 0 || !strings.Contains(out, "user:*") {
		t.Errorf("%d %s", code, out)
	}
	if _, out, _ := runProgram(t, nil, "stats", "--csv", "--top", "1", name); strings.Count(out, "\n") != 2 || !strings.Contains(out, "0,string,user:2,") {
		t.Errorf("%s", out)
	}
}

func TestReport(t *testing.T) {
	to := filepath.Join(t.TempDir(), "r.html")
	code, _, complaints := runProgram(t, nil, "report", selected(t), to)
	page := mustRead(t, to)
	if code != 0 || !strings.Contains(page, `"n":"user:"`) || !strings.Contains(page, "</html>") {
		t.Errorf("%d %s", code, complaints)
	}
	for _, outside := range []string{"http://", "https://", "src=", "@import"} {
		if strings.Contains(page, outside) {
			t.Errorf("the page needs something else: %s", outside)
		}
	}
}

func TestFix(t *testing.T) {
	dir := folder(t, map[string]string{"a.aof": set1 + multi + set1, "t.aof": "#TS:100\r\n" + set1 + "#TS:200\r\n" + set1, "m.aof": set1 + "junk" + set1})
	file := func(n string) string { return filepath.Join(dir, n) }
	if code, out, _ := runProgram(t, strings.NewReader("n\n"), "--fix", file("a.aof")); code != 1 || !strings.Contains(out, "not cut") || mustRead(t, file("a.aof")) != set1+multi+set1 {
		t.Errorf("%d %s", code, out)
	}
	if code, out, complaints := runProgram(t, nil, "--fix", "--yes", "--backup", file("a.aof")); code != 0 || mustRead(t, file("a.aof")) != set1 || mustRead(t, file("a.aof.bak")) != set1+multi+set1 {
		t.Errorf("%d %s%s", code, out, complaints)
	}
	if code, out, _ := runProgram(t, nil, "--fix", "--yes", file("a.aof")); code != 0 || !strings.Contains(out, "nothing to cut") {
		t.Errorf("%d %s", code, out)
	}
	if code, _, _ := runProgram(t, nil, "--truncate-to-timestamp", "150", "-y", file("t.aof")); code != 0 || mustRead(t, file("t.aof")) != "#TS:100\r\n"+set1 {
		t.Errorf("%d %q", code, mustRead(t, file("t.aof")))
	}
	if code, _, complaints := runProgram(t, nil, "--truncate-to-timestamp", "50", "-y", file("t.aof")); code != 2 || !strings.Contains(complaints, "nothing in it is from before") {
		t.Errorf("%d %s", code, complaints)
	}
	if code, _, complaints := runProgram(t, nil, "--truncate-to-timestamp", "150", "-y", file("m.aof")); code != 2 || !strings.Contains(complaints, "--fix cuts there") {
		t.Errorf("%d %s", code, complaints)
	}
}

// TestFixOfASet cuts the last file only.
func TestFixOfASet(t *testing.T) {
	const manifest = "file a.1.incr.aof seq 1 type i\nfile a.2.incr.aof seq 2 type i\n"
	dir := folder(t, map[string]string{"a.manifest": manifest, "a.1.incr.aof": set1, "a.2.incr.aof": set1 + set1[:9]})
	if code, out, _ := runProgram(t, nil, "--fix", "--yes", dir); code != 0 || mustRead(t, filepath.Join(dir, "a.2.incr.aof")) != set1 {
		t.Errorf("%d %s", code, out)
	}
	dir = folder(t, map[string]string{"a.manifest": manifest, "a.1.incr.aof": set1[:9], "a.2.incr.aof": set1})
	if code, out, _ := runProgram(t, nil, "--fix", "--yes", dir); code != 1 || !strings.Contains(out, "not the last file") || mustRead(t, filepath.Join(dir, "a.1.incr.aof")) != set1[:9] {
		t.Errorf("%d %s", code, out)
	}
}
