package rdb

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/crc64"
)

// DumpFooter is the length of what follows a value in a DUMP payload: uint16 RDB version, uint64 CRC64 of all before.
const DumpFooter = 10

// ErrShortPayload is the error of a DUMP payload without room for its footer.
var ErrShortPayload = errors.New("rdb: DUMP payload is too short")

// AppendDumpFooter completes a DUMP payload: payload holds a type byte and a value, nothing else.
func AppendDumpFooter(payload []byte, version int) []byte {
	payload = binary.LittleEndian.AppendUint16(payload, uint16(version))
	return binary.LittleEndian.AppendUint64(payload, crc64.Update(0, payload))
}

// CheckDumpPayload checks version and checksum of a DUMP payload and returns what stands before them. Versions up to
// MaxVersion are accepted; there is no way to leave the checksum out.
func CheckDumpPayload(payload []byte) (body []byte, version int, err error) {
	if len(payload) <= DumpFooter {
		return nil, 0, ErrShortPayload
	}
	n := len(payload) - DumpFooter
	version = int(binary.LittleEndian.Uint16(payload[n:]))
	if version > MaxVersion {
		return nil, version, fmt.Errorf("rdb: DUMP payload: %w %d", ErrVersion, version)
	}
	if crc64.Update(0, payload[:n+2]) != binary.LittleEndian.Uint64(payload[n+2:]) {
		return nil, version, fmt.Errorf("rdb: DUMP payload: %w", ErrChecksum)
	}
	return payload[:n], version, nil
}

// DecodeValue reads one value from the body of a DUMP payload: a type byte and a value. The Value reads on as its
// methods are called and aliases body. An empty collection is an error here (ErrEmptyKey).
func DecodeValue(body []byte, opts DecodeOptions) (*Value, error) {
	d := newValueDecoder(body, opts)
	d.op = doType
	b, err := d.byte()
	if err != nil {
		return nil, d.fail(err)
	}
	if !Type(b).Known() {
		return nil, d.fail(fmt.Errorf("unknown type %d", b))
	}
	if err := d.one(Type(b)); err != nil {
		return nil, err
	}
	return &d.item.Value, nil
}

func newValueDecoder(p []byte, opts DecodeOptions) *Decoder {
	return &Decoder{source: source{buf: p, end: len(p), skipCRC: true}, opts: opts, version: MaxVersion}
}

// one reads a single value without a key.
func (d *Decoder) one(t Type) error {
	d.op = doValue
	d.item = Item{Value: Value{Type: t, d: d}, ExpireMs: -1, Idle: -1, Freq: -1}
	if err := d.value(t); err != nil {
		return d.fail(err)
	}
	return nil
}
