package rdb

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"testing"
)

// FuzzDecode holds that no input panics, that errors are of one type, and that what is read can be written and reads
// the same again.
func FuzzDecode(f *testing.F) {
	for _, name := range corpus(f) {
		if b, err := os.ReadFile("testdata/" + name); err == nil && len(b) < 1000 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		opts := DecodeOptions{Deep: true, Duplicates: true, SkipChecksum: true, BufferSize: 1}
		want, err := decode(bytes.NewReader(b), opts)
		var syntax *SyntaxError
		if err != nil {
			if !errors.As(err, &syntax) || syntax.Offset > int64(len(b)) {
				t.Fatalf("error %v of %d bytes", err, len(b))
			}
			return
		}
		var out bytes.Buffer
		if err := reencode(t, NewDecoder(bytes.NewReader(b), opts), &out, EncodeOptions{Version: MaxVersion, Compress: true}); err != nil {
			t.Fatalf("writing what was read: %v", err)
		}
		got, err := decode(&out, DecodeOptions{Deep: true})
		if err != nil || !reflect.DeepEqual(got.dbs, want.dbs) || !reflect.DeepEqual(got.expires, want.expires) {
			t.Fatalf("reading what was written: %v\n got %v\nwant %v", err, got, want)
		}
	})
}

// FuzzDecodeValue does without header, key and checksum, as RESTORE with a right checksum does.
func FuzzDecodeValue(f *testing.F) {
	for _, s := range []string{
		"\x00\x05hello", "\x04\x01\x01f\x01v", "\x05\x01\x01m\x00\x00\x00\x00\x00\x00\xf0\x3f", "\x03\x01\x01m\x011",
		"\x10\x0b\x0b\x00\x00\x00\x02\x00\x01\x01\x02\x01\xff", "\x0b\x0a\x02\x00\x00\x00\x01\x00\x00\x00\x05\x00",
		"\x12\x01\x02\x0b\x0b\x00\x00\x00\x01\x00\x82v1\x03\xff", "\x0d\x0f\x0f\x00\x00\x00\x0c\x00\x00\x00\x02\x00\x00\xf2\x02\xf3\xff",
		"\x09\x0b\x01\x02f1\x02\x00v1\xff", "\x07\x81\xb5\xeb-\xff\xfa\xddl\x01\x05\x06value1\x00",
		"\x0f\x00\x00\x00\x00\x01\x01g\x00\x00\x01ABCDEFGHIJKLMNOP12345678\x01\x01\x01c12345678\x01ABCDEFGHIJKLMNOP",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, opts := range []DecodeOptions{{}, {Deep: true, Duplicates: true}} {
			v, err := DecodeValue(b, opts)
			if err != nil {
				return
			}
			if _, err := newContents().value("k", v); err == nil && v.Type.Object() == Stream {
				if _, err := v.RawValue().Stream(opts.Deep); err != nil {
					t.Fatalf("a raw stream does not read again: %v", err)
				}
			}
		}
	})
}
