package rdb

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
)

// TestCutFilesNeverPass cuts every small file at every byte: only the whole one is good.
func TestCutFilesNeverPass(t *testing.T) {
	for _, name := range corpus(t) {
		b := readFile(t, name)
		_, err := decode(bytes.NewReader(b), DecodeOptions{Deep: true, BufferSize: 4 << 10})
		if len(b) > 2500 || err != nil {
			continue
		}
		for n := range b {
			_, err := decode(bytes.NewReader(b[:n]), DecodeOptions{Deep: true, BufferSize: 4 << 10})
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || !errors.Is(err, io.ErrUnexpectedEOF) || syntax.Offset != int64(n) {
				t.Fatalf("%s cut after %d of %d bytes: %v", name, n, len(b), err)
			}
		}
	}
}

// TestFlippedBytesNeverPass flips each byte of every small file that has a checksum, in several ways.
func TestFlippedBytesNeverPass(t *testing.T) {
	for _, name := range corpus(t) {
		b := readFile(t, name)
		c, err := decode(bytes.NewReader(b), DecodeOptions{})
		if len(b) > 700 || err != nil || !c.sum.Checked {
			continue
		}
		for i := range b {
			for _, bits := range []byte{0x01, 0x80, 0xFF} {
				b[i] ^= bits
				c, err := decode(bytes.NewReader(b), DecodeOptions{Deep: true, Duplicates: true, BufferSize: 4 << 10})
				// Only a changed version may pass: below 5 there is no checksum, and the version is not under it either.
				if err == nil && c.sum.Checked && i > 8 {
					t.Fatalf("%s passes with byte %d changed by %#x", name, i, bits)
				}
				var syntax *SyntaxError
				if err != nil && (!errors.As(err, &syntax) || syntax.Offset > int64(len(b))) {
					t.Fatalf("%s with byte %d changed by %#x: %v", name, i, bits, err)
				}
				b[i] ^= bits
			}
		}
	}
}

// TestDamageWithoutChecksum looks behind the checksum: structure alone must keep the decoder in bounds.
func TestDamageWithoutChecksum(t *testing.T) {
	for _, name := range corpus(t) {
		b := readFile(t, name)
		if len(b) > 700 {
			continue
		}
		for i := 9; i < len(b); i++ {
			for _, v := range []byte{0, 1, b[i] + 1, b[i] - 1, 0x7f, 0x80, 0x81, 0xC0, 0xC3, 0xFE, 0xFF} {
				old := b[i]
				b[i] = v
				for _, opts := range []DecodeOptions{{SkipChecksum: true, BufferSize: 4 << 10}, {SkipChecksum: true, Deep: true, Duplicates: true, BufferSize: 4 << 10}} {
					if c, err := decode(bytes.NewReader(b), opts); err == nil {
						for _, raw := range c.streams {
							raw.Stream(opts.Deep)
						}
					}
				}
				b[i] = old
			}
		}
	}
}

// record returns a file with one record in it.
func record(body string) io.Reader {
	return strings.NewReader("REDIS0012" + body)
}

func TestLyingLengthsTakeNoMemory(t *testing.T) {
	huge := "\x81\x7f\xff\xff\xff\xff\xff\xff\xff"
	for _, body := range []string{
		"\x00\x01k" + huge + "xx",
		"\x00" + huge + "xx",
		"\x00\x01k\xc3" + huge + huge + "xx",
		"\x00\x01k\xc3\x02" + huge + "xx",
		"\x01\x01k" + huge + "\x01x",
		"\x04\x01k" + huge + "\x01x",
		"\x05\x01k" + huge + "\x01x",
		"\x0e\x01k" + huge,
		"\x12\x01k" + huge + "\x01" + huge,
		"\x15\x01k" + huge,
		"\x15\x01k\x00\x00\x00\x00\x00\x00\x00\x00\x00" + huge,
		"\x15\x01k\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01g\x00\x00\x00" + huge,
		"\x15\x01k\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01g\x00\x00\x00\x00" + huge,
		"\x07\x01k" + huge + "\x05" + huge,
		"\x16\x01k" + huge + huge,
		"\xfa" + huge,
		"\xf5" + huge,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := decode(record(body), DecodeOptions{Deep: true, Duplicates: true, StreamNodes: true, BufferSize: 4 << 10})
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%q passes", body)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
			t.Errorf("%q: takes %d bytes of memory", body, took)
		}
	}
}

func TestComplaintsNameThePlace(t *testing.T) {
	lp := func(body string) string { return string(rune(len(body)+5)) + "\x00\x00\x00" + body + "\xff" }
	str := func(s string) string { return string(rune(len(s))) + s }
	for _, tc := range []struct {
		name, body string
		deep       bool
		want       string
	}{
		{"unknown opcode", "\x32", false, "offset 9: read-type: unknown type or opcode 50"},
		{"string encoding", "\x00\x01k\xc4", false, `offset 12: read-object-value of key "k" in db 0 (string): unknown length or string encoding 0xc4`},
		{"length that is a string", "\xfe\xc0\x01", false, "offset 10: read-len: a string of encoding 0xc0"},
		{"database", "\xfe\x80\xff\xff\xff\xff", false, "read-len: database 4294967295"},
		{"old module", "\x06\x01k", false, "(module-pre-release): a module value"},
		{"module piece", "\x07\x01k\x01\x09", false, "unknown piece 9"},
		{"LZF ratio", "\x00\x01k\xc3\x01\x43\xe8a", false, "1 bytes cannot expand to 1000"},
		{"LZF content", "\x00\x01k\xc3\x02\x05\x09ab", false, "compressed string: lzf: offset 1"},
		{"odd hash", "\x10\x01k" + str(lp("\x01\x00\x01\x01")), false, "1 strings do not make groups of 2"},
		{"hash field twice", "\x10\x01k" + str(lp("\x04\x00\x01\x01\x02\x01\x01\x01\x03\x01")), true, `hash-listpack: "1" is there twice`},
		{"set member twice", "\x14\x01k" + str(lp("\x02\x00\x01\x01\x811\x02")), true, `set-listpack: "1" is there twice`},
		{"score", "\x11\x01k" + str(lp("\x02\x00\x01\x01\x81x\x02")), true, `score "x" is not a number`},
		{"NaN in decimal", "\x11\x01k" + str(lp("\x02\x00\x01\x01\x83nan\x04")), true, `score "nan" is not a number`},
		{"NaN", "\x05\x01k\x01\x01m\x00\x00\x00\x00\x00\x00\xf8\x7f", false, `score of "m" is not a number`},
		{"NaN, type 3", "\x03\x01k\x01\x01m\xfd", false, "score is not a number"},
		{"intset order", "\x0b\x01k\x0c\x02\x00\x00\x00\x02\x00\x00\x00\x05\x00\x04\x00", true, "intset: offset 10"},
		{"intset width", "\x0b\x01k\x0a\x03\x00\x00\x00\x01\x00\x00\x00\x05\x00", false, "intset: offset 0"},
		{"hash field twice, plain", "\x04\x01k\x02\x01f\x01v\x01f\x01w", true, `"f" is there twice`},
		{"node container", "\x12\x01k\x01\x03\x01x", false, "unknown container 3"},
		{"stream ID", "\x0f\x01k\x01\x02ab", false, "ID of 2 bytes, want 16"},
		{"stream group twice", "\x0f\x01k\x00\x00\x00\x00\x02\x01g\x00\x00\x00\x00\x01g\x00\x00\x00\x00", false, `stream group "g" is there twice`},
		{"stream consumer twice", "\x0f\x01k\x00\x00\x00\x00\x01\x01g\x00\x00\x00\x02\x01c12345678\x00\x01c12345678\x00", false, `consumer "c" is there twice`},
		{"pending of nobody's", "\x0f\x01k\x00\x00\x00\x00\x01\x01g\x00\x00\x00\x01\x01c12345678\x01ABCDEFGHIJKLMNOP", false, "is not pending in the group"},
		{"pending without consumer", "\x0f\x01k\x00\x00\x00\x00\x01\x01g\x00\x00\x01ABCDEFGHIJKLMNOP12345678\x01\x00", true, "belongs to no consumer"},
		{"stream without nodes", "\x0f\x01k\x00\x05\x00\x00\x00", false, "length 5"},
	} {
		_, err := decode(record(tc.body), DecodeOptions{Deep: tc.deep, Duplicates: tc.deep})
		if err == nil || !strings.Contains(err.Error(), tc.want) || errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: error %v, want %q", tc.name, err, tc.want)
		}
	}
}

func TestReadErrorsPassThrough(t *testing.T) {
	broken := errors.New("cable torn")
	r := io.MultiReader(strings.NewReader("REDIS0010\x00\x03ke"), &failing{broken})
	_, err := decode(r, DecodeOptions{})
	var syntax *SyntaxError
	if !errors.Is(err, broken) || !errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }
