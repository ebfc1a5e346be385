package rdb

import (
	"bytes"
	"errors"
	"fmt"
)

// ErrNoFunction is the error of a FUNCTION DUMP payload that holds something else.
var ErrNoFunction = errors.New("no function library")

// Function appends the source of a library as a record. A payload of FUNCTION DUMP is a number of them, maybe none, and the footer
// of DUMP. Versions before 10 have no such record.
func (a *Appender) Function(dst, source []byte) []byte {
	return a.String(append(dst, opFunction), source)
}

// DecodeFunctions reads the sources out of a payload of FUNCTION DUMP.
func DecodeFunctions(payload []byte) (sources [][]byte, err error) {
	if bytes.Equal(payload, AppendDumpFooter(nil, DefaultVersion)) {
		return nil, nil
	}
	body, _, err := CheckDumpPayload(payload)
	if err != nil {
		return nil, err
	}
	d := newValueDecoder(body, DecodeOptions{})
	for d.pos < d.end {
		d.op = doFunctions
		code, err := d.byte()
		if err != nil {
			return nil, d.fail(err)
		}
		if code != opFunction {
			return nil, d.fail(fmt.Errorf("opcode 0x%02x: %w", code, ErrNoFunction))
		}
		src, err := d.stringCopy(&d.keyMem)
		if err != nil {
			return nil, d.fail(err)
		}
		sources = append(sources, bytes.Clone(src))
	}
	return sources, nil
}
