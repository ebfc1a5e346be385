// Package lzf reads and writes the LZF compression of RDB strings (the format of Marc Lehmann's liblzf, as Redis uses
// it): a sequence of two kinds of tokens, without any header; the lengths of both forms stand before it in the RDB file.
//
//	000LLLLL                      L+1 literal bytes follow (1 to 32)
//	LLLooooo oooooooo             copy L+2 bytes (3 to 8) from o+1 bytes back (1 to 8192)
//	111ooooo LLLLLLLL oooooooo    copy L+9 bytes (9 to 264) from o+1 bytes back
//
// A copy may overlap what it writes: distance 1 repeats one byte.
package lzf

import "fmt"

const (
	maxLiteral  = 32
	maxDistance = 1 << 13
	minMatch    = 3
	maxMatch    = 264
	// longMatch is the copy length from which the third byte is needed.
	longMatch = 9

	// MaxRatio bounds the expansion: three bytes yield at most 264.
	MaxRatio = maxMatch / 3
)

// Decompress fills dst with what src expands to. The length of dst must be the exact length of the original.
func Decompress(dst, src []byte) error {
	out, in := 0, 0
	for in < len(src) {
		token := int(src[in])
		in++
		if token < maxLiteral {
			n := token + 1
			if n > len(src)-in {
				return fmt.Errorf("lzf: offset %d: %d literal bytes, %d left", in, n, len(src)-in)
			}
			if n > len(dst)-out {
				return tooLong(in, len(dst))
			}
			copy(dst[out:out+n], src[in:in+n])
			out, in = out+n, in+n
			continue
		}
		n := token>>5 + 2
		if n == longMatch {
			if in == len(src) {
				return cutShort(in)
			}
			n += int(src[in])
			in++
		}
		if in == len(src) {
			return cutShort(in)
		}
		distance := (token&0x1f)<<8 + int(src[in]) + 1
		in++
		if distance > out {
			return fmt.Errorf("lzf: offset %d: copy from %d bytes back, only %d written", in, distance, out)
		}
		if n > len(dst)-out {
			return tooLong(in, len(dst))
		}
		copyBack(dst, out, distance, n)
		out += n
	}
	if out != len(dst) {
		return fmt.Errorf("lzf: offset %d: expands to %d bytes, want %d", in, out, len(dst))
	}
	return nil
}

// copyBack writes n bytes at out, each from distance bytes before.
func copyBack(dst []byte, out, distance, n int) {
	if distance >= n {
		copy(dst[out:out+n], dst[out-distance:out-distance+n])
		return
	}
	// The written part doubles with each copy: the pattern repeats.
	start, end := out-distance, out+n
	for out < end {
		out += copy(dst[out:end], dst[start:out])
	}
}

func tooLong(offset, want int) error {
	return fmt.Errorf("lzf: offset %d: expands to more than %d bytes", offset, want)
}

func cutShort(offset int) error {
	return fmt.Errorf("lzf: offset %d: copy token is cut short", offset)
}
