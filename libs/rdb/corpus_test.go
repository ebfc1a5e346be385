package rdb

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

// expected maps each file to the JSON that its values must equal.
var expected = map[string]string{
	"cluster_slot_info":        "cluster_slot_info",
	"function2":                "function2",
	"hash_lp_v11":              "hash_lp_v11_data",
	"hash_lp_with_hexpire_v12": "hash_lp_ex_v12_data",
	"hash_v3":                  "hash_data",
	"hash_with_expire_v12":     "hash_ex_v12_data",
	"hash_zl_v6":               "hash_zl_v6_data",
	"hash_zm_v2":               "hash_zm_v2_data",
	"mem_policy_lfu":           "mem_policy_lfu",
	"mem_policy_lru":           "mem_policy_lru",
	"module_aux":               "module_aux_data",
	"multiple_dbs":             "multiple_dbs_data",
	"multiple_lists_strings":   "multiple_lists_strings_data",
	"plain_list_v6":            "plain_list_v6_data",
	"plain_set_v6":             "plain_set_v6_data",
	"plain_zset_2_v11":         "plain_zset_2_v11_data",
	"plain_zset_v6":            "plain_zset_v6_data",
	"quicklist":                "quicklist_data",
	"quicklist2_v11":           "single_list_data",
	"set_is_v11":               "set_is_v11_data",
	"set_lp_v11":               "set_lp_v11_data",
	"set_not_expired_v11":      "set_not_expired",
	"single_key":               "single_key_data",
	"string_int_encoded":       "string_int_encoded",
	"ziplist_v3":               "ziplist_data",
	"zset_lp_v11":              "zset_lp_v11_data",
	"zset_zl_v6":               "zset_zl_v6_data",
}

func TestCorpusHoldsWhatTheJSONBesideItSays(t *testing.T) {
	for file, want := range expected {
		for _, opts := range []DecodeOptions{{}, {Deep: true, Duplicates: true}} {
			c, err := decode(bytes.NewReader(readFile(t, "librdb/"+file+".rdb")), opts)
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			compareJSON(t, file, c, readFile(t, "librdb/"+want+".json"))
		}
	}
}

// compareJSON holds c against the output of librdb's tool: one object a database, without braces when there is one.
func compareJSON(t *testing.T, file string, c *contents, text []byte) {
	t.Helper()
	text = bytes.TrimSpace(text)
	if text[0] != '[' {
		text = []byte("[{" + string(text) + "}]")
	}
	var dbs []map[string]any
	if err := json.Unmarshal(text, &dbs); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	got := 0
	for db := range 16 {
		if c.dbs[db] == nil {
			continue
		}
		if got == len(dbs) {
			t.Fatalf("%s: more databases than the %d expected", file, got)
		}
		want := dbs[got]
		got++
		for name, value := range want {
			if !strings.HasPrefix(name, "__") {
				continue
			}
			if name == "__aux__" {
				for k, v := range value.(map[string]any) {
					if c.aux[k] != v {
						t.Errorf("%s: aux %s is %q, want %q", file, k, c.aux[k], v)
					}
				}
			}
			delete(want, name)
		}
		normalize(c, want)
		if !reflect.DeepEqual(c.dbs[db], want) {
			t.Errorf("%s db %d:\n got %v\nwant %v", file, db, c.dbs[db], want)
		}
	}
	if got != len(dbs) {
		t.Errorf("%s: %d databases with keys, want %d", file, got, len(dbs))
	}
}

// normalize brings sets and scores to the form of contents.
func normalize(c *contents, want map[string]any) {
	for key, v := range want {
		switch c.types[key].Object() {
		case Set:
			sortAny(v.([]any))
		case Zset:
			for member, score := range v.(map[string]any) {
				f, _ := strconv.ParseFloat(score.(string), 64)
				// The JSON rounds to 16 or 17 digits and drops the sign of zero: compare as it prints.
				got, _ := strconv.ParseFloat(c.find(key, member), 64)
				if f == got {
					v.(map[string]any)[member] = c.find(key, member)
				}
			}
		}
	}
}

func (c *contents) find(key, member string) string {
	for _, db := range c.dbs {
		if m, ok := db[key].(map[string]any); ok {
			if s, ok := m[member].(string); ok {
				return s
			}
		}
	}
	return ""
}

// TestCorpusDetails holds what the JSON files do not say.
func TestCorpusDetails(t *testing.T) {
	for _, tc := range []struct {
		file  string
		check func(c *contents) (got, want any)
	}{
		{"librdb/100_lists.rdb", func(c *contents) (any, any) { return len(c.dbs[0]), 100 }},
		{"librdb/empty.rdb", func(c *contents) (any, any) { return [2]int{c.version, len(c.dbs)}, [2]int{11, 0} }},
		{"librdb/function.rdb", func(c *contents) (any, any) { return c.functions[0][:20], "#!lua name=mylib \n r" }},
		{"librdb/function2.rdb", func(c *contents) (any, any) { return len(c.functions), 2 }},
		{"librdb/cluster_slot_info.rdb", func(c *contents) (any, any) { return c.slots, []uint64{7638, 1, 0} }},
		{"librdb/mem_policy_lfu.rdb", func(c *contents) (any, any) { return c.freq["abcdefghijk"], 5 }},
		{"librdb/mem_policy_lru.rdb", func(c *contents) (any, any) { return c.idle["abcdefghijk"], int64(24) }},
		{"librdb/set_expired_v11.rdb", func(c *contents) (any, any) { return c.expires["mykey"], int64(1692540290000) }},
		{"librdb/hash_with_expire_v12.rdb", func(c *contents) (any, any) {
			return c.fieldTTL, map[string]int64{"field1": 0x3fffffffe4a7, "field2": 0x3fffffffe24f}
		}},
		{"librdb/hash_lp_with_hexpire_v12.rdb", func(c *contents) (any, any) { return len(c.fieldTTL), 2 }},
		{"librdb/module.rdb", func(c *contents) (any, any) {
			return [2]string{c.modules[0], string(c.streams["key1"].Data)},
				[2]string{"test__rdb", "\x81\xb5\xeb-\xff\xfa\xddl\x01\x05\x06value1\x00"}
		}},
		{"librdb/module_aux_v12.rdb", func(c *contents) (any, any) { return c.moduleAux, 2 }},
		{"librdb/redis_ent_opcode_ram_lru.rdb", func(c *contents) (any, any) {
			return c.dbs[0], map[string]any{"a": "b", "c": "d", "e": "f"}
		}},
		{"librdb/script.rdb", func(c *contents) (any, any) { return c.aux["lua"], "return 'Hello from Lua!'" }},
		{"librdb/string_lzf.rdb", func(c *contents) (any, any) { return len(c.dbs[0]), 2 }},
		{"redis/scriptbackup.rdb", func(c *contents) (any, any) { return c.aux["lua"], "return redis.call('set', 'foo', 'bar')" }},
		{"redis/corrupt_empty_keys.rdb", func(c *contents) (any, any) { return [2]int{c.empty, len(c.dbs)}, [2]int{9, 0} }},
		{"redis/hash-ziplist.rdb", func(c *contents) (any, any) {
			return c.dbs[0]["hash"], map[string]any{"f1": "v1", "f2": "v2"}
		}},
		{"redis/hash-zipmap.rdb", func(c *contents) (any, any) {
			return c.dbs[0]["hash"], map[string]any{"f1": "v1", "f2": "v2"}
		}},
		{"redis/zset-ziplist.rdb", func(c *contents) (any, any) { return c.dbs[0]["zset"], map[string]any{"one": "1", "two": "2"} }},
		{"redis/list-quicklist.rdb", func(c *contents) (any, any) {
			return c.dbs[0], map[string]any{"list": []any{"7"}, "x": "7"}
		}},
		{"redis/encodings.rdb", func(c *contents) (any, any) {
			return []any{c.dbs[0]["compressible"], c.dbs[0]["hash"], c.dbs[0]["zset"], c.dbs[0]["set_zipped_1"], c.dbs[0]["list_zipped"]},
				[]any{strings.Repeat("a", 137), map[string]any{"a": "1", "aa": "10", "aaa": "100", "b": "2", "bb": "20",
					"bbb": "200", "c": "3", "cc": "30", "ccc": "300", "ddd": "400", "eee": "5000000000"},
					map[string]any{"a": "1", "aa": "10", "aaa": "100", "b": "2", "bb": "20", "bbb": "200", "c": "3", "cc": "30",
						"ccc": "300", "aaaa": "1000", "cccc": "1.23456789e+08", "bbbb": "5e+09"},
					[]any{"1", "2", "3", "4"}, []any{"1", "2", "3", "a", "b", "c", "100000", "6000000000"}}
		}},
	} {
		c, err := decode(bytes.NewReader(readFile(t, tc.file)), DecodeOptions{Deep: true})
		if err != nil {
			t.Errorf("%s: %v", tc.file, err)
			continue
		}
		if got, want := tc.check(c); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %v\nwant %v", tc.file, got, want)
		}
	}
}

func TestCorpusComplaints(t *testing.T) {
	for _, tc := range []struct {
		file   string
		is     error
		offset int64
		text   string
	}{
		{"librdb/future_v19.rdb", ErrVersion, 5, "can't handle RDB format version 99"},
		{"librdb/invalid_chksum_v8.rdb", ErrChecksum, 201, "check-sum"},
		{"redis/corrupt_ziplist.rdb", nil, 488, `read-object-value of key "key:000000000091" in db 0 (hash-ziplist): ziplist: offset 0: 5 bytes`},
	} {
		_, err := decode(bytes.NewReader(readFile(t, tc.file)), DecodeOptions{})
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || syntax.Offset != tc.offset || tc.is != nil && !errors.Is(err, tc.is) ||
			!strings.Contains(err.Error(), tc.text) {
			t.Errorf("%s: %v", tc.file, err)
		}
	}
}

func TestReadersOfAnyPaceGiveTheSame(t *testing.T) {
	for _, name := range corpus(t) {
		b := readFile(t, name)
		want, wantErr := decode(bytes.NewReader(b), DecodeOptions{})
		for _, opts := range []DecodeOptions{{BufferSize: 1}, {BufferSize: 5000}} {
			got, err := decode(iotest.OneByteReader(bytes.NewReader(b)), opts)
			if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(err, wantErr) {
				t.Errorf("%s: byte by byte: %v, at once: %v", name, err, wantErr)
			}
		}
	}
}

func TestRestIsWhatFollowsTheFile(t *testing.T) {
	b := readFile(t, "redis/rdb-preamble.aof")
	d := NewDecoder(bytes.NewReader(b), DecodeOptions{})
	c := newContents()
	for {
		it, err := d.Next()
		if err != nil {
			break
		}
		if err := c.add(it); err != nil {
			t.Fatal(err)
		}
	}
	if want := map[string]any{"k1": "v1", "k2": "v2"}; !reflect.DeepEqual(c.dbs[0], want) || !d.Checksum().Checked {
		t.Errorf("got %v, checksum %+v", c.dbs[0], d.Checksum())
	}
	var rest bytes.Buffer
	rest.ReadFrom(d.Rest())
	if want := "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nset\r\n$2\r\nk3\r\n$2\r\nv3\r\n"; rest.String() != want {
		t.Errorf("rest is %q", rest.String())
	}
	if int(d.Offset())+len(rest.String()) != len(b) && rest.Len() != 0 {
		t.Errorf("offset %d and %d bytes of rest do not make %d", d.Offset(), rest.Len(), len(b))
	}
}
