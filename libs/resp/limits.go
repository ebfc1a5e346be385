package resp

// Limits of requests, as in Redis 7.0.
const (
	// MaxLine bounds an inline request and the header lines *n and $n, in bytes
	// before their line break.
	MaxLine = 64 * 1024
	// MaxArgs bounds the number of arguments of a request.
	MaxArgs = 1<<31 - 1
	// DefaultMaxBulk is the default of proto-max-bulk-len, in bytes.
	DefaultMaxBulk = 512 << 20
	// UnauthenticatedMaxArgs and UnauthenticatedMaxBulk bound requests of a
	// client that has yet to authenticate.
	UnauthenticatedMaxArgs = 10
	UnauthenticatedMaxBulk = 16 * 1024
)

// ProtocolError is a request that breaks the grammar or a limit. Its text is the
// one that Redis puts behind "-ERR ", after which it closes the connection.
type ProtocolError struct {
	Reason string // "invalid bulk length"
}

func (e *ProtocolError) Error() string { return "Protocol error: " + e.Reason }

// parseLength reads the number of a header line. Like Redis it takes no sign
// but '-', no leading zero and no space.
func parseLength(digits []byte) (n int64, ok bool) {
	s := digits
	negative := len(s) > 1 && s[0] == '-'
	if negative {
		s = s[1:]
	}
	if len(s) == 0 || len(s) > 18 || s[0] == '0' && (len(s) > 1 || negative) {
		return 0, false
	}
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

// shortHeader reads the header line that begins at b[at] when it is of the
// usual form, of one to eight digits. end is behind it, or 0 when the line is
// incomplete, wrong or merely unusual: parseLength then has the last word.
func shortHeader(b []byte, at int) (n, end int) {
	if at+3 >= len(b) {
		return 0, 0
	}
	first := b[at+1]
	n = int(first - '0')
	if n > 9 {
		return 0, 0
	}
	for i := at + 2; i < len(b)-1 && i < at+10; i++ {
		c := b[i]
		if c == '\r' {
			return n, i + 2
		}
		if c-'0' > 9 || n == 0 {
			return 0, 0
		}
		n = n*10 + int(c-'0')
	}
	return 0, 0
}
