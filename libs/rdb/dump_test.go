package rdb

import (
	"bytes"
	"errors"
	"testing"
)

// hello is what DUMP of redis-server 7.0.15 answers for the string "hello".
var hello = []byte("\x00\x05hello\n\x00cr\xdfve4 \n")

func TestDumpPayload(t *testing.T) {
	body, version, err := CheckDumpPayload(hello)
	if err != nil || version != 10 {
		t.Fatalf("version %d, %v", version, err)
	}
	v, err := DecodeValue(body, DecodeOptions{})
	if err != nil || string(v.Str) != "hello" {
		t.Fatalf("value %v, %v", v, err)
	}
	a, _ := NewAppender(EncodeOptions{})
	if got := AppendDumpFooter(a.String(a.Type(nil, TypeString), []byte("hello")), 10); !bytes.Equal(got, hello) {
		t.Errorf("got %q, want %q", got, hello)
	}
}

func TestDumpPayloadRefusals(t *testing.T) {
	young := AppendDumpFooter([]byte("\x00\x05hello"), 13)
	flipped := bytes.Clone(hello)
	flipped[3] ^= 1
	unsummed := append(bytes.Clone(hello[:len(hello)-8]), 0, 0, 0, 0, 0, 0, 0, 0)
	for _, tc := range []struct {
		name string
		in   []byte
		want error
	}{
		{"short", hello[len(hello)-10:], nil}, {"empty", nil, nil}, {"young", young, ErrVersion},
		{"flipped", flipped, ErrChecksum}, {"without checksum", unsummed, ErrChecksum},
	} {
		if _, _, err := CheckDumpPayload(tc.in); err == nil || tc.want != nil && !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
	if _, err := DecodeValue([]byte("\x02\x00"), DecodeOptions{}); !errors.Is(err, ErrEmptyKey) {
		t.Errorf("empty set: %v", err)
	}
	if _, err := DecodeValue([]byte("\xfe\x00"), DecodeOptions{}); err == nil {
		t.Error("an opcode passes for a type")
	}
}
