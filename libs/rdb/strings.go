package rdb

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/lzf"
)

// The first byte of lengths and strings.
const (
	len14  = 0x40
	len32  = 0x80
	len64  = 0x81
	encInt = 0xC0 // 0xC0 int8, 0xC1 int16, 0xC2 int32
	encLZF = 0xC3
)

// prefix reads a length, or says which special encoding of a string follows (encInt and up).
func (d *Decoder) prefix() (n uint64, special byte, err error) {
	d.mark = d.offset()
	b, err := d.byte()
	if err != nil {
		return 0, 0, err
	}
	switch {
	case b < len14:
		return uint64(b), 0, nil
	case b < len32:
		c, err := d.byte()
		return uint64(b&0x3F)<<8 | uint64(c), 0, err
	case b == len32:
		p, err := d.take(4, &d.strMem)
		if err != nil {
			return 0, 0, err
		}
		return uint64(binary.BigEndian.Uint32(p)), 0, nil
	case b == len64:
		p, err := d.take(8, &d.strMem)
		if err != nil {
			return 0, 0, err
		}
		return binary.BigEndian.Uint64(p), 0, nil
	case b >= encInt:
		return 0, b, nil
	}
	return 0, 0, unknownEncoding(b)
}

func unknownEncoding(b byte) error { return fmt.Errorf("unknown length or string encoding 0x%02x", b) }

// length reads a length where no string may stand.
func (d *Decoder) length() (uint64, error) {
	n, special, err := d.prefix()
	if err == nil && special != 0 {
		if d.opts.Redis70 {
			return uint64(special &^ encInt), nil
		}
		err = fmt.Errorf("a string of encoding 0x%02x where a length is expected", special)
	}
	return n, err
}

// str reads a string. The result aliases the buffer or *mem and is valid until the next read or use of mem.
func (d *Decoder) str(mem *[]byte) ([]byte, error) {
	n, special, err := d.prefix()
	if err != nil {
		return nil, err
	}
	switch special {
	case 0:
		return d.take(n, mem)
	case encLZF:
		return d.compressed(mem)
	}
	i, err := d.integer(special)
	if err != nil {
		return nil, err
	}
	*mem = strconv.AppendInt((*mem)[:0], i, 10)
	return *mem, nil
}

// stringCopy is str, with the result always in *mem.
func (d *Decoder) stringCopy(mem *[]byte) ([]byte, error) {
	b, err := d.str(mem)
	if err != nil {
		return nil, err
	}
	*mem = append((*mem)[:0], b...) // onto itself when it is there already
	return *mem, nil
}

// integer reads the bytes of an integer encoding.
func (d *Decoder) integer(special byte) (int64, error) {
	if special > encLZF {
		return 0, unknownEncoding(special)
	}
	p, err := d.take(1<<(special-encInt), &d.strMem)
	if err != nil {
		return 0, err
	}
	switch len(p) {
	case 1:
		return int64(int8(p[0])), nil
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(p))), nil
	}
	return int64(int32(binary.LittleEndian.Uint32(p))), nil
}

// compressed reads the two lengths and the bytes of an LZF string and expands it into *mem.
func (d *Decoder) compressed(mem *[]byte) ([]byte, error) {
	at := d.mark
	packed, err := d.length()
	if err != nil {
		return nil, err
	}
	full, err := d.length()
	if err != nil {
		return nil, err
	}
	p, err := d.take(packed, &d.lzfMem)
	if err != nil {
		return nil, err
	}
	d.mark = at
	// packed is bounded by the input, so full must be bounded by packed before memory is taken for it.
	if full/lzf.MaxRatio > packed {
		return nil, fmt.Errorf("compressed string: %d bytes cannot expand to %d", packed, full)
	}
	if uint64(cap(*mem)) < full {
		*mem = make([]byte, full, full+full/8)
	}
	*mem = (*mem)[:full]
	if err := lzf.Decompress(*mem, p); err != nil {
		return nil, fmt.Errorf("compressed string: %w", err)
	}
	return *mem, nil
}

// fixed64 reads 8 bytes, little endian.
func (d *Decoder) fixed64() (uint64, error) {
	d.mark = d.offset()
	p, err := d.take(8, &d.strMem)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(p), nil
}
