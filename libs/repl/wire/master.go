package wire

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/libs/resp"
)

// What a master puts into the stream on its own account.
const (
	Ping   = "*1\r\n$4\r\nPING\r\n"
	GetAck = "*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n"
)

// AppendSelect appends the SELECT that goes before a command of another database than the one before.
func AppendSelect(dst []byte, db int) []byte {
	var digits [20]byte
	return resp.AppendCommand(dst, []byte("SELECT"), strconv.AppendInt(digits[:0], int64(db), 10))
}

// AppendContinue appends the reply that grants a partial sync. Only peers that know psync2 are told the ID.
func AppendContinue(dst []byte, id repl.ID, capa repl.Capa) []byte {
	dst = append(dst, "+CONTINUE"...)
	if capa&repl.CapaPSYNC2 != 0 {
		dst = append(dst, ' ')
		dst = id.Append(dst)
	}
	return append(dst, "\r\n"...)
}

// AppendFullResync appends the reply that announces a snapshot of the history id up to the offset at.
func AppendFullResync(dst []byte, id repl.ID, at repl.Offset) []byte {
	dst = append(dst, "+FULLRESYNC "...)
	dst = id.Append(dst)
	dst = append(dst, ' ')
	dst = strconv.AppendInt(dst, at.Info(), 10)
	return append(dst, "\r\n"...)
}

// AppendSizeHeader appends the header of a snapshot of which the length is known.
func AppendSizeHeader(dst []byte, size int64) []byte {
	dst = append(dst, '$')
	dst = strconv.AppendInt(dst, size, 10)
	return append(dst, "\r\n"...)
}

// AppendMarkHeader appends the header of a snapshot that ends in a mark: random, and drawn anew for each.
func AppendMarkHeader(dst []byte, mark repl.ID) []byte {
	dst = append(dst, "$EOF:"...)
	dst = mark.Append(dst)
	return append(dst, "\r\n"...)
}

// SendSized sends a snapshot of size bytes that lies in src, such as a file.
func SendSized(w io.Writer, src io.Reader, size int64) error {
	if _, err := w.Write(AppendSizeHeader(nil, size)); err != nil {
		return fmt.Errorf("send the header of a snapshot: %w", err)
	}
	n, err := io.CopyN(w, src, size)
	if err != nil {
		return fmt.Errorf("send a snapshot, at byte %d of %d: %w", n, size, err)
	}
	return nil
}

// SendMarked sends a snapshot that encode writes as it makes it.
func SendMarked(w io.Writer, mark repl.ID, encode func(io.Writer) error) error {
	if _, err := w.Write(AppendMarkHeader(nil, mark)); err != nil {
		return fmt.Errorf("send the header of a snapshot: %w", err)
	}
	if err := encode(w); err != nil {
		return fmt.Errorf("send a snapshot: %w", err)
	}
	if _, err := w.Write(mark.Append(nil)); err != nil {
		return fmt.Errorf("send the end mark of a snapshot: %w", err)
	}
	return nil
}

// ParsePSYNC reads the arguments of PSYNC, the command's name first. The error is the text of the reply, without its
// "ERR ".
func ParsePSYNC(args [][]byte) (req repl.Request, failover bool, err error) {
	if len(args) < 3 {
		return req, false, fmt.Errorf("wrong number of arguments for 'psync' command")
	}
	n, err := strconv.ParseInt(string(args[2]), 10, 64)
	if err != nil {
		return req, false, fmt.Errorf("value is not an integer or out of range")
	}
	failover = len(args) > 3 && strings.EqualFold(string(args[3]), "failover")
	if string(args[1]) == "?" {
		return req, failover, nil
	}
	req.From = repl.OffsetFromPSYNC(n)
	var ok bool
	if req.ID, ok = repl.ParseID(args[1]); !ok || req.ID.IsZero() {
		req.Unknown = fmt.Sprintf("%.64s", args[1])
		if req.Unknown == "" {
			req.Unknown = "(empty)"
		}
	}
	return req, failover, nil
}

// Replconf is what a REPLCONF says. Options that are not given are zero.
type Replconf struct {
	Port   int         // listening-port
	IP     string      // ip-address
	Capa   repl.Capa   // capa, all of them
	Ack    bool        // ack: there is no reply
	Offset repl.Offset // of the ack: the next byte that the replica waits for
	Synced repl.Offset // of the fack behind it: the next byte that the replica's disk waits for; -1 for none
	GetAck bool        // getack: the answer is an ack
	// RDBOnly asks for a snapshot without the stream after it (redis-cli --rdb).
	RDBOnly bool
	// Filtered asks for a snapshot without the keys, WithFunctions for the functions in it (redis-cli --functions-rdb).
	Filtered, WithFunctions bool
}

// maxIP bounds an announced address: Redis keeps 255 bytes of a host name.
const maxIP = 255

// ParseReplconf reads the arguments of REPLCONF, the command's name first. The error is the text of the reply, without
// its "ERR ". As in Redis, an ACK with something that is no number is passed over: there is no reply to it.
func ParseReplconf(args [][]byte) (Replconf, error) {
	var c Replconf
	if len(args)%2 == 0 {
		return c, fmt.Errorf("syntax error")
	}
	for i := 1; i < len(args); i += 2 {
		if err := c.option(strings.ToLower(string(args[i])), string(args[i+1])); err != nil {
			return c, err
		}
		if c.Ack && i+3 < len(args) && strings.EqualFold(string(args[i+2]), "fack") {
			if n, err := strconv.ParseInt(string(args[i+3]), 10, 64); err == nil && n >= 0 {
				c.Synced = repl.Offset(n)
			}
		}
		if c.Ack || c.GetAck {
			break
		}
	}
	return c, nil
}

func (c *Replconf) option(name, value string) error {
	switch name {
	case "listening-port":
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > 65535 {
			return fmt.Errorf("value is not an integer or out of range")
		}
		c.Port = n
	case "ip-address":
		if len(value) >= maxIP {
			return fmt.Errorf("REPLCONF ip-address provided by replica instance is too long: %d bytes", len(value))
		}
		c.IP = value
	case "capa":
		c.Capa |= repl.ParseCapa(strings.ToLower(value))
	case "ack":
		n, err := strconv.ParseInt(value, 10, 64)
		c.Ack = true
		c.Offset, c.Synced = -1, -1
		if err == nil && n >= 0 {
			c.Offset = repl.Offset(n)
		}
	case "getack":
		c.GetAck = true
	case "rdb-only":
		n, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("value is not an integer or out of range")
		}
		if n < 0 || n > 1 {
			return fmt.Errorf("value is out of range, value must between 0 and 1")
		}
		c.RDBOnly = n == 1
	case "rdb-filter-only":
		c.Filtered = true
		for _, part := range strings.Fields(value) {
			if !strings.EqualFold(part, "functions") {
				return fmt.Errorf("Unsupported rdb-filter-only option: %s", part)
			}
			c.WithFunctions = true
		}
	default:
		return fmt.Errorf("Unrecognized REPLCONF option: %s", name)
	}
	return nil
}
