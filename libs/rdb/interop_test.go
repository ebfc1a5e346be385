package rdb

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPeerReadsTheCorpusAsWeDo loads every file that redis-server 7.0 can read, and what we make of the younger ones.
func TestPeerReadsTheCorpusAsWeDo(t *testing.T) {
	p := startPeer(t)
	for _, name := range corpus(t) {
		b := readFile(t, name)
		c, err := decode(bytes.NewReader(b), DecodeOptions{Deep: true})
		if err != nil || len(c.modules) > 0 || strings.Contains(name, "set_expired") {
			continue
		}
		if c.version <= 10 {
			p.load(b)
			p.equals(name, c)
		}
		for _, opts := range []EncodeOptions{{}, {Version: 9}, {Compress: true}} {
			if youngest(c, opts) != "" {
				continue
			}
			var out bytes.Buffer
			if err := reencode(t, NewDecoder(bytes.NewReader(b), DecodeOptions{}), &out, opts); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			p.load(out.Bytes())
			p.equals(fmt.Sprintf("%s as written by us (%+v)", name, opts), c)
		}
	}
}

// populate makes keys of every type and encoding of 7.0, some of them at the borders of encodings.
func populate(p *peer) {
	long := strings.Repeat("long and compressible ", 20)
	for i, s := range []string{"", "a", "0", "-1", "127", "128", "-129", "32768", "2147483647", "2147483648", "-9223372036854775808",
		"9223372036854775807", "9223372036854775808", "007", "3.25", long, strings.Repeat("x", 20), strings.Repeat("x", 21),
		"\x00\xff\x80 binary", strings.Repeat(long, 400)} {
		p.ok("SET", fmt.Sprintf("string:%d", i), s)
	}
	p.ok("SET", "expiring", "x", "PXAT", "99999999999999")
	for _, n := range []int{1, 3, 127, 128, 129, 512, 513, 5000} {
		for i := range n {
			v := fmt.Sprintf("v%d", i)
			p.ok("RPUSH", fmt.Sprintf("list:%d", n), i*i*i*i-1000, v, float64(i)/3)
			p.ok("SADD", fmt.Sprintf("set:%d", n), v, i)
			p.ok("SADD", fmt.Sprintf("intset:%d", n), int64(i)<<(i%48)-5)
			p.ok("HSET", fmt.Sprintf("hash:%d", n), v, i*1000, i, long[:i%70])
			p.ok("ZADD", fmt.Sprintf("zset:%d", n), float64(i)/7-3, v, i, i)
		}
	}
	p.ok("RPUSH", "list:plain", "small", strings.Repeat("large ", 3000), "small again", strings.Repeat("z", 70000))
	p.ok("HSET", "hash:long", "f", long, long, "v", "", "")
	p.ok("ZADD", "zset:special", "inf", "a", "-inf", "b", "-0", "c", "1e300", "d", "4.9e-324", "e", "123456789012345678", "f", "0.1", "g")
	for i := range 250 {
		p.ok("XADD", "stream", fmt.Sprintf("%d-%d", 1000+i/3, i*10), "f", i, "g", fmt.Sprintf("value %d", i))
		if i%50 == 7 {
			p.ok("XADD", "stream", fmt.Sprintf("%d-%d", 1000+i/3, i*10+1), "other", "fields", "than", "these", "", "empty")
		}
	}
	p.ok("XDEL", "stream", "1010-300", "1000-0")
	p.ok("XGROUP", "CREATE", "stream", "g1", "0")
	p.ok("XGROUP", "CREATE", "stream", "g2", "$")
	p.ok("XREADGROUP", "GROUP", "g1", "alice", "COUNT", 20, "STREAMS", "stream", ">")
	p.ok("XREADGROUP", "GROUP", "g1", "bob", "COUNT", 3, "STREAMS", "stream", ">")
	p.ok("XGROUP", "CREATE", "stream:empty", "g", "$", "MKSTREAM")
	p.ok("XADD", "stream:wide", "1-1", "a", 1)
	p.ok("XADD", "stream:wide", "1-18446744073709551615", "a", 2)
	p.ok("XADD", "stream:wide", "18446744073709551615-1", "a", 3)
	p.ok("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 1 end)")
	p.ok("SELECT", 9)
	p.ok("SET", "in another db", 1)
	p.ok("SELECT", 0)
}

func TestPeersFileOfEveryTypeReadsRight(t *testing.T) {
	p := startPeer(t)
	populate(p)
	for _, compress := range []string{"yes", "no"} {
		p.ok("CONFIG", "SET", "rdbcompression", compress)
		file := p.save()
		c, err := decode(bytes.NewReader(file), DecodeOptions{Deep: true, Duplicates: true})
		if err != nil {
			t.Fatal(err)
		}
		p.equals("the peer's file", c)
		if len(c.functions) != 1 || !c.sum.Checked || int(c.end) != len(file) || c.aux["redis-ver"] == "" {
			t.Errorf("functions %v, checksum %+v, end %d of %d", c.functions, c.sum, c.end, len(file))
		}
		for _, typ := range []Type{TypeString, TypeListQuicklist2, TypeSet, TypeSetIntset, TypeHash, TypeHashListpack,
			TypeZset2, TypeZsetListpack, TypeStream2} {
			if !hasType(c, typ) {
				t.Errorf("no key of type %s in the file", typ)
			}
		}
		s, err := c.streams["stream"].Stream(true)
		if err != nil || s.Length != 253 || s.EntriesAdded != 255 || len(s.Groups) != 2 || len(s.Groups[0].Pending) != 23 {
			t.Errorf("stream %+v, %v", s, err)
		}
	}
}

func hasType(c *contents, typ Type) bool {
	for _, have := range c.types {
		if have == typ {
			return true
		}
	}
	return false
}

func TestPeerLoadsOurFileOfEveryType(t *testing.T) {
	p := startPeer(t)
	populate(p)
	digest := p.ok("DEBUG", "DIGEST")
	functions := fmt.Sprint(p.ok("FUNCTION", "LIST", "WITHCODE"))
	file := p.save()
	for _, opts := range []EncodeOptions{{}, {Compress: true}, {NoChecksum: true}} {
		var out bytes.Buffer
		if err := reencode(t, NewDecoder(bytes.NewReader(file), DecodeOptions{}), &out, opts); err != nil {
			t.Fatal(err)
		}
		p.ok("FLUSHALL")
		p.ok("FUNCTION", "FLUSH")
		p.load(out.Bytes())
		if got := p.ok("DEBUG", "DIGEST"); got != digest {
			t.Errorf("%+v: DEBUG DIGEST is %v, want %v", opts, got, digest)
		}
		if got := fmt.Sprint(p.ok("FUNCTION", "LIST", "WITHCODE")); got != functions {
			t.Errorf("%+v: functions %v, want %v", opts, got, functions)
		}
		checkRDB(t, out.Bytes())
	}
	// Version 9 cannot hold streams of 7.0 and functions, all else must arrive.
	p.ok("DEL", "stream", "stream:empty", "stream:wide")
	p.ok("FUNCTION", "FLUSH")
	digest, file = p.ok("DEBUG", "DIGEST"), p.save()
	var out bytes.Buffer
	if err := reencode(t, NewDecoder(bytes.NewReader(file), DecodeOptions{}), &out, EncodeOptions{Version: 9, Compress: true}); err != nil {
		t.Fatal(err)
	}
	p.load(out.Bytes())
	if got := p.ok("DEBUG", "DIGEST"); got != digest {
		t.Errorf("version 9: DEBUG DIGEST is %v, want %v", got, digest)
	}
}

func checkRDB(t *testing.T, file []byte) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "dump.rdb")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("redis-check-rdb", name).CombinedOutput(); err != nil || !bytes.Contains(out, []byte("RDB looks OK")) {
		t.Errorf("redis-check-rdb: %v\n%s", err, out)
	}
}

func TestPeerRestoresOurPayloads(t *testing.T) {
	p := startPeer(t)
	populate(p)
	p.ok("PERSIST", "expiring") // a payload holds no expire time, the digest does
	for _, k := range p.ok("KEYS", "*").([]any) {
		key := k.(string)
		body, version, err := CheckDumpPayload([]byte(p.ok("DUMP", key).(string)))
		if err != nil || version != 10 {
			t.Fatalf("%s: version %d, %v", key, version, err)
		}
		v, err := DecodeValue(body, DecodeOptions{Deep: true, Duplicates: true})
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		a, _ := NewAppender(EncodeOptions{Compress: true})
		ours, err := appendValue(a, nil, nil, v)
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		// appendValue writes an empty key behind the type: a payload has none.
		ours = append(ours[:1], ours[2:]...)
		want := p.ok("DEBUG", "DIGEST-VALUE", key)
		if v.Type.Object() == Stream {
			want = p.ok("XINFO", "STREAM", key, "FULL")
		}
		p.ok("RESTORE", key, 0, AppendDumpFooter(ours, 10), "REPLACE")
		got := p.ok("DEBUG", "DIGEST-VALUE", key)
		if v.Type.Object() == Stream {
			got = p.ok("XINFO", "STREAM", key, "FULL")
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: restored as %v, want %v", key, got, want)
		}
	}
}
