package listpack

import (
	"encoding/binary"
	"fmt"
)

// Validate checks bytes from outside; no function of this package goes out of
// bounds on what passes a deep check. A shallow one looks only at the header and
// the end mark. Every error names the offset of the fault.
func Validate(lp []byte, deep bool) error {
	if len(lp) < EmptySize {
		return fmt.Errorf("listpack: offset 0: %d bytes are less than the %d of an empty one", len(lp), EmptySize)
	}
	if total := binary.LittleEndian.Uint32(lp); uint64(total) != uint64(len(lp)) {
		return fmt.Errorf("listpack: offset 0: header says %d bytes, have %d", total, len(lp))
	}
	if last := lp[len(lp)-1]; last != endMark {
		return fmt.Errorf("listpack: offset %d: end mark is 0x%02x, want 0xff", len(lp)-1, last)
	}
	if !deep {
		return nil
	}
	count := 0
	for pos := headerSize; pos < len(lp)-1; count++ {
		size, err := validateEntry(lp, pos)
		if err != nil {
			return err
		}
		pos += size
	}
	if n := binary.LittleEndian.Uint16(lp[4:]); n != countUnknown && int(n) != count {
		return fmt.Errorf("listpack: offset 4: header says %d elements, found %d", n, count)
	}
	return nil
}

// validateEntry checks the entry at pos < len(lp)-1 and returns its size.
func validateEntry(lp []byte, pos int) (int, error) {
	body := len(lp) - 1 // entries end here at the latest
	if lp[pos] > 0xF4 {
		return 0, fmt.Errorf("listpack: offset %d: unknown entry encoding 0x%02x", pos, lp[pos])
	}
	head := 1 // bytes needed to know the entry's length
	if lp[pos] >= 0xE0 && lp[pos] < 0xF0 {
		head = 2
	} else if lp[pos] == 0xF0 {
		head = 5
	}
	if body-pos < head {
		return 0, fmt.Errorf("listpack: offset %d: entry header is cut short", pos)
	}
	n := encodedSizeAt(lp, pos)
	size := n + backlenSize(n)
	if size > body-pos {
		return 0, fmt.Errorf("listpack: offset %d: entry of %d bytes exceeds the %d left", pos, size, body-pos)
	}
	back, width := backlenBefore(lp, pos+size)
	if width == 0 || back != n || width != size-n {
		return 0, fmt.Errorf("listpack: offset %d: backward length does not match the entry's %d bytes", pos+n, n)
	}
	return size, nil
}
