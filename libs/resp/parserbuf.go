package resp

const (
	// lineChunk is how much of data is copied at a time while the end of a line
	// is looked for, in bytes. What follows the line is given back.
	lineChunk = 256
	// keepBuffer is the capacity up to which own outlives its request.
	keepBuffer = 64 * 1024
	// keepLargeBuffer is the capacity up to which it does while requests keep
	// needing it: at least one of keepRequests.
	keepLargeBuffer = 4 << 20
	keepRequests    = 16
	// trustedBulk is how much of an argument must have come before all of its
	// announced size is reserved.
	trustedBulk = 1 << 20
	// keepArgs is the number of arguments up to which their slices are kept.
	keepArgs = 1024
)

// want returns how many bytes may be copied to own at once.
func (p *Parser) want() int {
	r := &p.req
	if r.kind == '*' && r.left > 0 && r.bulk >= 0 {
		return r.at + r.bulk + 2 - len(p.own)
	}
	return lineChunk
}

// makeRoom returns own with room for n more bytes. An argument of known length
// gets its room at once, but in three steps while little of it has come: a
// header alone must not reserve half a gigabyte.
func (p *Parser) makeRoom(n int) []byte {
	need := len(p.own) + n
	if need <= cap(p.own) {
		return p.own
	}
	size := max(need, 2*cap(p.own), 512)
	if r := &p.req; r.kind == '*' && r.bulk >= 0 {
		total := r.at + r.bulk + 2
		switch {
		case need < keepBuffer:
			total = min(total, 2*keepBuffer)
		case need < trustedBulk:
			total = min(total, 2*trustedBulk)
		}
		size = max(need, total)
	}
	return append(make([]byte, 0, size), p.own...)
}

// finish clears what belongs to the request handed out last and lets go of
// memory that only a large one needed.
func (p *Parser) finish() {
	if cap(p.own) > keepBuffer {
		p.small++
		if len(p.own) > cap(p.own)/4 {
			p.small = 0
		}
		if cap(p.own) > keepLargeBuffer || p.small >= keepRequests {
			p.own, p.small = nil, 0
		}
	}
	p.own = p.own[:0]
	if cap(p.args) > keepArgs {
		p.args, p.req.spans = nil, nil
	}
	if cap(p.text) > keepBuffer {
		p.text = nil
	}
	p.args = p.args[:0]
	p.raw = nil
	p.req = request{spans: p.req.spans[:0], bulk: -1}
}

// dropInput lets go of input that is consumed.
func (p *Parser) dropInput() {
	if cap(p.held) > keepBuffer {
		p.held = nil
	}
	p.held = p.held[:0]
	p.data, p.pos, p.holding = nil, 0, false
}

// Release frees the memory that no request under way needs: for connections
// that have been idle for a while.
func (p *Parser) Release() {
	if p.req.kind == 0 {
		p.finish()
		p.own, p.args, p.text, p.req.spans = nil, nil, nil, nil
	}
	if p.pos == len(p.data) {
		p.dropInput()
		p.held = nil
	}
}

// Reset forgets everything that was fed, for a connection that begins anew. It
// keeps MaxBulk and Unauthenticated.
func (p *Parser) Reset() {
	*p = Parser{MaxBulk: p.MaxBulk, Unauthenticated: p.Unauthenticated}
}

// Buffered returns the number of bytes that were fed and belong to no request
// handed out yet: what client-query-buffer-limit bounds, and qbuf in CLIENT LIST.
func (p *Parser) Buffered() int {
	n := len(p.data) - p.pos
	if p.req.kind != 0 {
		n += len(p.own)
	}
	return n
}

// Consumed returns how many bytes of the buffer belong to earlier arguments while a large one is coming: Redis counts them
// as arguments then, and not as buffered.
func (p *Parser) Consumed() int {
	if r := &p.req; r.kind == '*' && r.left > 0 && r.bulk >= largeArgument {
		return r.at
	}
	return 0
}

// largeArgument is the size from which Redis keeps an argument apart from its query buffer.
const largeArgument = 32 << 10

// Announced returns how many bytes of the argument under way are still to come.
func (p *Parser) Announced() int {
	if r := &p.req; r.kind == '*' && r.left > 0 && r.bulk >= 0 {
		return max(r.at+r.bulk+2-len(p.own), 0)
	}
	return 0
}

// Free returns the unused bytes of the parser's buffers: qbuf-free in CLIENT LIST.
func (p *Parser) Free() int {
	free := cap(p.own)
	if p.req.kind != 0 {
		free -= len(p.own)
	}
	return free + cap(p.held) - len(p.held)
}

// ArgsSize returns the bytes of the arguments of the request under way, or of
// the one handed out last: argv-mem in CLIENT LIST.
func (p *Parser) ArgsSize() int { return p.req.size }
