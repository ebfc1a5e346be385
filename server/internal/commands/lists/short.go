package lists

import (
	"encoding/binary"
	"slices"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
)

// appendShort appends the bulk strings of at most count elements of a listpack, from pos on and up to the first that is not a string of
// less than 64 bytes. It returns the position behind them, -1: the end, and how many they are. Range replies are mostly made of these, by the
// hundred: room is made once for all, and most are copied as a whole word, which costs less than a copy of a length that is not known.
func appendShort(dst, lp []byte, pos, count int) (out []byte, next, done int) {
	const (
		word    = 16
		header  = len("$63\r\n") // what a reply takes more than the entry, which has a byte on each side of the element
		longest = 63 + 2         // bytes of an entry
	)
	most := min(count, (len(lp)-pos)/2)
	dst = slices.Grow(dst, min(len(lp)-pos, most*longest)+most*header+header+word)
	at := len(dst)
	dst = dst[:cap(dst)]
	for ; done < count; done++ {
		s, behind := listpack.Short(lp, pos)
		if behind == pos {
			break
		}
		n := len(s)
		if n < 10 {
			binary.LittleEndian.PutUint32(dst[at:], '$'|'0'<<8|'\r'<<16|'\n'<<24+uint32(n)<<8)
			at += 4
		} else {
			dst[at], dst[at+1], dst[at+2], dst[at+3], dst[at+4] = '$', byte('0'+n/10), byte('0'+n%10), '\r', '\n'
			at += 5
		}
		if n <= word && pos+1+word <= len(lp) {
			from, to := lp[pos+1:pos+1+word], dst[at:at+word]
			binary.LittleEndian.PutUint64(to, binary.LittleEndian.Uint64(from))
			binary.LittleEndian.PutUint64(to[8:], binary.LittleEndian.Uint64(from[8:]))
		} else {
			copy(dst[at:], s)
		}
		binary.LittleEndian.PutUint16(dst[at+n:], '\r'|'\n'<<8)
		at += n + 2
		if pos = behind; listpack.AtEnd(lp, pos) {
			return dst[:at], -1, done + 1
		}
	}
	return dst[:at], pos, done
}
