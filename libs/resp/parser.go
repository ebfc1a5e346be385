package resp

import (
	"bytes"
	"slices"
)

// Status is what Parser.Next found.
type Status uint8

// The results of Parser.Next.
const (
	// NeedMore: everything fed is consumed and no further request is complete.
	NeedMore Status = iota
	// Request: args hold a request of at least one argument.
	Request
	// Blank: an empty line, *0 or *-1. It asks for nothing, but its bytes count
	// in a replication stream, and a replica's empty line refreshes its link.
	Blank
	// Broken: Err tells why. The stream cannot be parsed any further.
	Broken
)

func (s Status) String() string {
	switch s {
	case NeedMore:
		return "need more"
	case Request:
		return "request"
	case Blank:
		return "blank"
	case Broken:
		return "broken"
	}
	panic("BUG: unknown parser status")
}

// Parser cuts a stream of bytes into requests. The zero value is ready; one
// Parser serves one connection.
//
//	p.Feed(data)
//	for {
//		args, status := p.Next()
//		...
//	}
//
// Requests that lie whole within data are not copied: their arguments are
// slices of data. A request that data ends in is copied once, into a buffer of
// its own, where the rest of it is added as it comes. Nothing is looked at twice.
//
//	       Feed             Next: Request/Blank       Next: NeedMore
//	idle ---------> in data ---------------> in data ----------------> idle, or
//	                                            ^                      partial
//	partial --------> fills own, then the rest -+
//
// Arguments and Raw are valid until the next call of Next, Feed, Hold or Release.
type Parser struct {
	// MaxBulk bounds one argument, in bytes (proto-max-bulk-len). 0 means
	// DefaultMaxBulk, a negative value means no bound, as for a master's stream.
	MaxBulk int64
	// Unauthenticated applies the bounds for clients that have yet to
	// authenticate. It is read at each header, so that it may change between
	// two requests of one pipeline.
	Unauthenticated bool

	data []byte // what Feed brought; data[:pos] is consumed
	pos  int
	held []byte // a copy of what Hold found unread
	// holding tells that data is held.
	holding bool

	own   []byte // the first bytes of a request under way; empty: it begins at data[pos]
	small int    // requests since one needed own's full size

	req    request
	args   [][]byte
	text   []byte // the unquoted words of an inline request
	raw    []byte
	inline bool
	err    *ProtocolError
}

// request is the state of the request under way. All positions count from its
// first byte.
//
// Invariant: 0 <= at <= the bytes of the request seen so far; everything before at is parsed.
type request struct {
	at      int
	kind    byte // 0 before the first byte, then '*' or 'i' (inline)
	scanned int  // no line break lies in [at, at+scanned)
	left    int  // arguments still to come
	bulk    int  // length of the argument that begins at at; -1: its header comes first
	size    int  // sum of the lengths in spans
	spans   []span
}

type span struct{ from, to int }

// Feed adds bytes. The parser reads them in place until it answers NeedMore, or
// until Hold: only then may the caller reuse data.
func (p *Parser) Feed(data []byte) {
	if p.pos == len(p.data) {
		p.data, p.pos, p.holding = data, 0, false
		return
	}
	// Requests were held back; what is new queues up behind them.
	p.Hold()
	if p.pos > len(p.held)/2 {
		p.held = append(p.held[:0], p.held[p.pos:]...)
		p.pos = 0
	}
	p.held = append(p.held, data...)
	p.data = p.held
}

// Hold copies the bytes that Next has not consumed, for a caller that stops in
// the midst of them (a blocked client) and must give the memory of data back.
func (p *Parser) Hold() {
	switch {
	case p.pos == len(p.data):
		p.dropInput()
	case !p.holding:
		p.held = append(p.held[:0], p.data[p.pos:]...)
		p.data, p.pos, p.holding = p.held, 0, true
	}
}

// Next returns the next request.
func (p *Parser) Next() (args [][]byte, status Status) {
	if p.err != nil {
		return nil, Broken
	}
	if p.req.kind == 0 && p.pos < len(p.data) {
		p.finish()
		// The whole request may lie in data: parse it there.
		rest := p.data[p.pos:]
		if status = p.parse(rest); status != NeedMore {
			p.pos += p.req.at
			return p.take(rest, status)
		}
		p.own = append(p.makeRoom(len(rest)), rest...)
		p.pos = len(p.data)
	}
	return p.nextPartial()
}

// nextPartial goes on with a request whose first bytes are in own. It copies no
// more of data than belongs to the request, give or take the end of a line.
func (p *Parser) nextPartial() (args [][]byte, status Status) {
	for p.pos < len(p.data) {
		chunk := p.data[p.pos:]
		if n := p.want(); n < len(chunk) {
			chunk = chunk[:n]
		}
		p.own = append(p.makeRoom(len(chunk)), chunk...)
		p.pos += len(chunk)
		if status = p.parse(p.own); status == NeedMore {
			continue
		}
		if status != Broken {
			p.pos -= len(p.own) - p.req.at // the next request's
			p.own = p.own[:p.req.at]
		}
		return p.take(p.own, status)
	}
	if p.req.kind == 0 {
		p.finish()
	}
	p.dropInput()
	return nil, NeedMore
}

// take hands out the request that ends at req.at in b.
func (p *Parser) take(b []byte, status Status) ([][]byte, Status) {
	if status == Broken {
		return nil, Broken
	}
	p.raw = b[:p.req.at:p.req.at]
	p.inline = p.req.kind == 'i'
	p.req.kind = 0
	if status == Blank {
		return nil, Blank
	}
	if p.inline {
		return p.args, Request
	}
	p.args = slices.Grow(p.args, len(p.req.spans))
	for _, s := range p.req.spans {
		p.args = append(p.args, b[s.from:s.to:s.to])
	}
	return p.args, Request
}

// parse goes on with the request whose first bytes are b. It answers Request or
// Blank when req.at is its end.
func (p *Parser) parse(b []byte) Status {
	r := &p.req
	if r.kind == 0 {
		r.kind = 'i'
		if b[0] == '*' {
			r.kind = '*'
		}
		r.left = -1
	}
	if r.kind == 'i' {
		return p.parseInline(b)
	}
	if r.left < 0 {
		if status := p.parseCount(b); status != Request {
			return status
		}
	}
	for r.left > 0 {
		if r.bulk < 0 {
			if status := p.parseBulkHeader(b); status != Request {
				return status
			}
		}
		if len(b)-r.at < r.bulk+2 {
			return NeedMore
		}
		r.spans = append(r.spans, span{r.at, r.at + r.bulk})
		r.size += r.bulk
		// The two bytes behind an argument are not looked at, as in Redis.
		r.at += r.bulk + 2
		r.bulk = -1
		r.left--
	}
	return Request
}

// parseCount reads the header *n. Request means: go on.
func (p *Parser) parseCount(b []byte) Status {
	if n, end := shortHeader(b, 0); end > 0 && n > 0 && !p.Unauthenticated {
		p.req.at, p.req.left, p.req.scanned = end, n, 0
		return Request
	}
	line, status := p.line(b, "too big mbulk count string")
	if status != Request {
		return status
	}
	n, ok := parseLength(line[1:])
	switch {
	case !ok || n > MaxArgs:
		return p.fail("invalid multibulk length")
	case p.Unauthenticated && n > UnauthenticatedMaxArgs:
		return p.fail("unauthenticated multibulk length")
	case n <= 0:
		return Blank
	}
	p.req.left = int(n)
	return Request
}

// parseBulkHeader reads the header $n of an argument. Request means: go on.
func (p *Parser) parseBulkHeader(b []byte) Status {
	at := p.req.at
	if n, end := shortHeader(b, at); end > 0 && b[at] == '$' && !p.Unauthenticated && (p.MaxBulk <= 0 || int64(n) <= p.MaxBulk) {
		p.req.at, p.req.bulk, p.req.scanned = end, n, 0
		return Request
	}
	line, status := p.line(b, "too big bulk count string")
	if status != Request {
		return status
	}
	if len(line) == 0 || line[0] != '$' {
		got := byte('\r')
		if len(line) > 0 {
			got = line[0]
		}
		return p.fail("expected '$', got '" + string([]byte{got}) + "'")
	}
	n, ok := parseLength(line[1:])
	switch {
	case !ok || n < 0 || p.MaxBulk >= 0 && n > p.maxBulk():
		return p.fail("invalid bulk length")
	case p.Unauthenticated && n > UnauthenticatedMaxBulk:
		return p.fail("unauthenticated bulk length")
	}
	p.req.bulk = int(n)
	return Request
}

// line returns the bytes from req.at up to a carriage return, with status
// Request, and moves behind the byte after it, which Redis does not look at.
// tooBig is the reason given when the line is longer than MaxLine.
func (p *Parser) line(b []byte, tooBig string) (line []byte, status Status) {
	r := &p.req
	end := len(b) - 1
	// Headers are short: a loop beats bytes.IndexByte.
	for i := r.at + r.scanned; i < end; i++ {
		if b[i] != '\r' {
			continue
		}
		if line = b[r.at:i]; len(line) > MaxLine {
			return nil, p.fail(tooBig)
		}
		r.at, r.scanned = i+2, 0
		return line, Request
	}
	r.scanned = max(end-r.at, 0)
	if r.scanned > MaxLine {
		return nil, p.fail(tooBig)
	}
	return nil, NeedMore
}

func (p *Parser) parseInline(b []byte) Status {
	r := &p.req
	i := bytes.IndexByte(b[r.scanned:], '\n')
	if i < 0 {
		if len(b) > MaxLine {
			return p.fail("too big inline request")
		}
		r.scanned = len(b)
		return NeedMore
	}
	line := b[:r.scanned+i]
	if len(line) > MaxLine {
		return p.fail("too big inline request")
	}
	r.at = len(line) + 1
	if len(line) > 0 && line[len(line)-1] == '\r' {
		line = line[:len(line)-1]
	}
	var err error
	if p.args, p.text, err = SplitArgs(p.args[:0], p.text[:0], line); err != nil {
		return p.fail(err.Error())
	}
	if len(p.args) == 0 {
		return Blank
	}
	for _, a := range p.args {
		r.size += len(a)
	}
	return Request
}

func (p *Parser) fail(reason string) Status {
	p.err = &ProtocolError{reason}
	return Broken
}

func (p *Parser) maxBulk() int64 {
	if p.MaxBulk == 0 {
		return DefaultMaxBulk
	}
	return p.MaxBulk
}

// Err tells why Next answered Broken.
func (p *Parser) Err() *ProtocolError { return p.err }

// Raw returns the bytes of the request that Next returned last, exactly as they
// were received.
func (p *Parser) Raw() []byte { return p.raw }

// Inline reports whether the request that Next returned last was a line of
// words. No Redis speaks that way to its replicas.
func (p *Parser) Inline() bool { return p.inline }
