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
