package repl

import "strings"

// IDLen is the length of a history's ID as it is written: 40 hexadecimal characters.
const IDLen = 40

// ID names a history. It holds the 40 characters as they are written, in lower case. The zero ID means that there is
// none and is written as forty zeros, as INFO does for a master_replid2 that is not set.
type ID [IDLen]byte

// NewID writes 20 random bytes as an ID. The caller draws them; nobody else may have drawn the same.
func NewID(random [20]byte) ID {
	const digits = "0123456789abcdef"
	var id ID
	for i, b := range random {
		id[2*i] = digits[b>>4]
		id[2*i+1] = digits[b&15]
	}
	return id.normal()
}

// ParseID reads an ID and says whether it is one: exactly 40 hexadecimal digits, in either case. Forty zeros give the
// zero ID.
func ParseID[T string | []byte](s T) (ID, bool) {
	var id ID
	if len(s) != IDLen {
		return ID{}, false
	}
	for i := range IDLen {
		c := s[i]
		switch {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f':
		case 'A' <= c && c <= 'F':
			c += 'a' - 'A'
		default:
			return ID{}, false
		}
		id[i] = c
	}
	return id.normal(), true
}

// normal maps forty zeros to the zero ID, so that == compares IDs.
func (id ID) normal() ID {
	for _, c := range id {
		if c != '0' {
			return id
		}
	}
	return ID{}
}

// IsZero says whether there is no ID.
func (id ID) IsZero() bool { return id == ID{} }

// String returns the 40 characters.
func (id ID) String() string {
	if id.IsZero() {
		return strings.Repeat("0", IDLen)
	}
	return string(id[:])
}

// Append writes the 40 characters to dst.
func (id ID) Append(dst []byte) []byte {
	if id.IsZero() {
		return append(dst, strings.Repeat("0", IDLen)...)
	}
	return append(dst, id[:]...)
}
