package rdb

import (
	"bytes"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/crc64"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/intset"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
)

// reencode writes what d yields, each value in the form of version 10 that keeps it as it is.
func reencode(t testing.TB, d *Decoder, w io.Writer, opts EncodeOptions) error {
	e, err := NewEncoder(w, opts)
	if err != nil {
		t.Fatal(err)
	}
	a := e.Appender()
	for {
		it, err := d.Next()
		if err == io.EOF {
			return e.Close()
		}
		if err != nil {
			return err
		}
		switch it.Op {
		case OpAux:
			e.Aux(string(it.Key), string(it.Value.Str))
		case OpSelectDB:
			e.SelectDB(it.DB)
		case OpResizeDB:
			e.ResizeDB(it.Keys, it.Expires)
		case OpFunction:
			e.Function(it.Value.Str)
		case OpModuleAux:
			e.ModuleAux(it.Value.Raw)
		case OpKey:
			var dst []byte
			if it.ExpireMs >= 0 {
				dst = AppendExpire(dst, it.ExpireMs)
			}
			if it.Idle >= 0 {
				dst = AppendIdle(dst, it.Idle)
			}
			if it.Freq >= 0 {
				dst = AppendFreq(dst, uint8(it.Freq))
			}
			if dst, err = appendValue(a, dst, it.Key, &it.Value); err != nil {
				return err
			}
			e.Write(dst)
		}
	}
}

func appendValue(a *Appender, dst, key []byte, v *Value) ([]byte, error) {
	switch v.Kind {
	case KindString:
		dst = a.Key(dst, TypeString, key)
		if v.IsInt {
			return a.Int(dst, v.Int), nil
		}
		return a.String(dst, v.Str), nil
	case KindIntset:
		return a.Intset(a.Key(dst, TypeSetIntset, key), v.Blob), nil
	case KindZipmap:
		lp, err := ZipmapToListpack(v.Blob)
		return a.Listpack(a.Key(dst, TypeHashListpack, key), lp), err
	case KindZiplist:
		lp, err := ZiplistToListpack(v.Blob)
		switch v.Type {
		case TypeListZiplist:
			return a.ListNode(a.Count(a.Key(dst, TypeListQuicklist2, key), 1), lp), err
		case TypeHashZiplist:
			return a.Listpack(a.Key(dst, TypeHashListpack, key), lp), err
		}
		return a.Listpack(a.Key(dst, TypeZsetListpack, key), lp), err
	case KindListpack:
		if v.Type.group() < 3 {
			return a.Listpack(a.Key(dst, v.Type, key), v.Blob), nil
		}
		return appendElements(a, a.Key(dst, TypeHash, key), v)
	case KindNodes:
		return appendNodes(a, dst, key, v)
	case KindRaw:
		return a.Raw(a.Key(dst, v.Type, key), v.RawValue()), nil
	}
	t := v.Type
	switch t {
	case TypeZset:
		t = TypeZset2
	case TypeHashTTL, TypeHashTTLPreGA:
		t = TypeHash
	}
	return appendElements(a, a.Key(dst, t, key), v)
}

func appendNodes(a *Appender, dst, key []byte, v *Value) ([]byte, error) {
	count := 0
	var nodes []byte
	var n Node
	dst = a.Key(dst, TypeListQuicklist2, key)
	for {
		ok, err := v.NextNode(&n)
		if err != nil {
			return nil, err
		}
		if !ok {
			return append(a.Count(dst, count), nodes...), nil
		}
		count++
		switch n.Kind {
		case NodePlain:
			nodes = a.PlainNode(nodes, n.Data)
		case NodeZiplist:
			nodes = a.ListNode(nodes, AppendZiplist(listpack.New(0), n.Data))
		default:
			nodes = a.ListNode(nodes, n.Data)
		}
	}
}

func appendElements(a *Appender, dst []byte, v *Value) ([]byte, error) {
	dst = a.Count(dst, v.Len)
	var e Elem
	for {
		ok, err := v.NextElem(&e)
		if err != nil || !ok {
			return dst, err
		}
		dst = a.String(dst, e.Member)
		switch v.Type.Object() {
		case Hash:
			dst = a.String(dst, e.Value)
		case Zset:
			dst = a.Score(dst, e.Score)
		}
	}
}

func TestWhatIsReencodedReadsTheSame(t *testing.T) {
	for _, name := range corpus(t) {
		b := readFile(t, name)
		want, err := decode(bytes.NewReader(b), DecodeOptions{})
		if err != nil {
			continue
		}
		for _, opts := range []EncodeOptions{{}, {Version: 9}, {Version: 10, Compress: true}, {Version: 11}, {Version: 12, Compress: true}} {
			var out bytes.Buffer
			err := reencode(t, NewDecoder(bytes.NewReader(b), DecodeOptions{}), &out, opts)
			if tooYoung := youngest(want, opts); tooYoung != "" {
				if err == nil || !strings.Contains(err.Error(), "cannot be expressed") {
					t.Errorf("%s to version %d: %v, want a complaint about %s", name, opts.Version, err, tooYoung)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s to version %d: %v", name, opts.Version, err)
				continue
			}
			got, err := decode(bytes.NewReader(out.Bytes()), DecodeOptions{Deep: true, Duplicates: true})
			if err != nil {
				t.Errorf("%s to version %d: reading back: %v", name, opts.Version, err)
				continue
			}
			if !reflect.DeepEqual(got.dbs, want.dbs) || !reflect.DeepEqual(got.expires, want.expires) || !got.sum.Checked ||
				!reflect.DeepEqual(got.aux, want.aux) || !reflect.DeepEqual(got.idle, want.idle) ||
				!reflect.DeepEqual(got.freq, want.freq) || !reflect.DeepEqual(got.functions, want.functions) {
				t.Errorf("%s to version %d:\n got %v\nwant %v", name, opts.Version, got, want)
			}
			var again bytes.Buffer
			if err := reencode(t, NewDecoder(bytes.NewReader(out.Bytes()), DecodeOptions{}), &again, opts); err != nil ||
				!bytes.Equal(again.Bytes(), out.Bytes()) {
				t.Errorf("%s to version %d: writing what was written gives other bytes (%v)", name, opts.Version, err)
			}
		}
	}
}

// youngest names what version opts.Version cannot hold of c.
func youngest(c *contents, opts EncodeOptions) string {
	version := opts.Version
	if version == 0 {
		version = DefaultVersion
	}
	for key, raw := range c.streams {
		if raw.Type.Since() > version {
			return key
		}
	}
	if len(c.functions) > 0 && version < 10 {
		return "functions"
	}
	return ""
}

func TestPiecesOfTwoGoroutinesMakeOneFile(t *testing.T) {
	type piece struct {
		bytes []byte
		crc   uint64
	}
	produce := func(prefix string) chan piece {
		c := make(chan piece, 1)
		go func() {
			a, err := NewAppender(EncodeOptions{Compress: true})
			if err != nil {
				panic(err)
			}
			var p []byte
			for i := range 3000 {
				p = a.Key(p, TypeString, listpackDigits([]byte(prefix), int64(i)))
				p = a.String(p, bytes.Repeat([]byte(prefix), 30))
			}
			c <- piece{p, crc64.Update(0, p)}
		}()
		return c
	}
	one, two := produce("a"), produce("b")
	var out bytes.Buffer
	e, err := NewEncoder(&out, EncodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	e.SelectDB(3)
	first, second := <-one, <-two
	e.WriteSummed(first.bytes, first.crc)
	e.Write(second.bytes)
	if err := e.Close(); err != nil || e.Offset() != int64(out.Len()) {
		t.Fatalf("offset %d, wrote %d, %v", e.Offset(), out.Len(), err)
	}
	c, err := decode(&out, DecodeOptions{})
	if err != nil || len(c.dbs[3]) != 6000 || c.dbs[3]["b2999"] != strings.Repeat("b", 30) || !c.sum.Checked {
		t.Errorf("%d keys, checksum %+v, %v", len(c.dbs[3]), c.sum, err)
	}
}

func TestStringForms(t *testing.T) {
	a, err := NewAppender(EncodeOptions{Compress: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ in, want string }{
		{"", "\x00"},
		{"abc", "\x03abc"},
		{"0", "\xc0\x00"},
		{"-128", "\xc0\x80"},
		{"128", "\xc1\x80\x00"},
		{"-32769", "\xc2\xff\x7f\xff\xff"},
		{"2147483647", "\xc2\xff\xff\xff\x7f"},
		{"2147483648", "\x0a2147483648"},
		{"-2147483648", "\xc2\x00\x00\x00\x80"},
		{"01", "\x0201"},
		{"-0", "\x02-0"},
		{strings.Repeat("c", 20), "\x14" + strings.Repeat("c", 20)},
		{strings.Repeat("c", 118), "\xc3\x09\x40\x76\x01cc\xe0\x69\x00\x01cc"},
	} {
		got := a.String(nil, []byte(tc.in))
		d := newValueDecoder(got, DecodeOptions{})
		back, err := d.str(&d.strMem)
		if err != nil || string(back) != tc.in {
			t.Errorf("%q is written as %q and read as %q (%v)", tc.in, got, back, err)
		}
		if string(got) != tc.want && tc.want[0] != 0xc3 {
			t.Errorf("%q is written as %q, want %q", tc.in, got, tc.want)
		}
	}
	for _, n := range []uint64{0, 63, 64, 16383, 16384, 1<<32 - 1, 1 << 32, 1<<64 - 1} {
		d := newValueDecoder(AppendLen(nil, n), DecodeOptions{})
		if got, err := d.length(); got != n || err != nil {
			t.Errorf("length %d is read as %d (%v)", n, got, err)
		}
	}
}

func TestOldVersionsGetOldTypes(t *testing.T) {
	lp := listpack.Append(listpack.Append(listpack.New(0), []byte("m")), []byte("1"))
	set := listpack.Append(listpack.New(0), []byte("m"))
	is, _ := intset.Add(intset.New(), 5)
	for _, tc := range []struct {
		version int
		types   []Type
	}{
		{9, []Type{TypeHashZiplist, TypeZsetZiplist, TypeListQuicklist, TypeSet, TypeSetIntset}},
		{10, []Type{TypeHashListpack, TypeZsetListpack, TypeListQuicklist2, TypeSet, TypeSetIntset}},
		{11, []Type{TypeHashListpack, TypeZsetListpack, TypeListQuicklist2, TypeSetListpack, TypeSetIntset}},
	} {
		a, _ := NewAppender(EncodeOptions{Version: tc.version})
		for i, body := range [][]byte{
			a.Listpack(a.Type(nil, TypeHashListpack), lp),
			a.Listpack(a.Type(nil, TypeZsetListpack), lp),
			a.PlainNode(a.ListNode(a.Count(a.Type(nil, TypeListQuicklist2), 2), lp), []byte("large")),
			a.Listpack(a.Type(nil, TypeSetListpack), set),
			a.Intset(a.Type(nil, TypeSetIntset), is),
		} {
			v, err := DecodeValue(body, DecodeOptions{Deep: true})
			if err != nil || v.Type != tc.types[i] || a.Err() != nil {
				t.Fatalf("version %d: %v, type %v, want %v; %v", tc.version, err, v, tc.types[i], a.Err())
			}
			n := 0
			for e := (Elem{}); ; n++ {
				ok, err := v.NextElem(&e)
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
			}
			if want := []int{1, 1, 3, 1, 1}[i]; n != want {
				t.Errorf("version %d, %s: %d elements, want %d", tc.version, v.Type, n, want)
			}
		}
	}
	a, _ := NewAppender(EncodeOptions{Version: 9})
	a.Key(nil, TypeStream2, []byte("s"))
	if a.Err() == nil || a.Err().Error() != "rdb: write version 9: cannot be expressed in this RDB version: type stream-v2" {
		t.Errorf("a stream of 7.0 in version 9: %v", a.Err())
	}
	if _, err := NewEncoder(io.Discard, EncodeOptions{Version: 8}); err == nil {
		t.Error("version 8 can be written")
	}
}
