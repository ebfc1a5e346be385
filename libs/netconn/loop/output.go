package loop

const (
	smallBuf  = 16 << 10 // buffers up to this size are small
	maxSmall  = 256      // number of small buffers kept
	maxLarge  = 1 << 20  // size above which a buffer is left to the garbage collector
	keepLarge = 4 << 20  // bytes kept in large buffers, all together

	// Bytes sent to one connection in one turn, in which no other is served. What follows a source may have fallen behind, and its bytes left
	// the caches long ago: a megabyte takes 4 ms then, of an output that is at hand 0.3. Smaller pieces of those cost a third more processor time.
	// What comes in in a turn must be able to go out in one, or followers fall behind.
	sendBatch   = 512 << 10
	sourceBatch = 2 * turnBytes

	// turnBytes is how much io_uring brings in one turn, but for a buffer: some milliseconds of pipelined commands, whose replies wait for the
	// end of the turn. The other back ends read one buffer of each connection.
	turnBytes = 128 << 10
)

// bufPool keeps output buffers of connections that have nothing to send, so that idle connections hold none and the busy
// ones share the few that are warm in the cache.
type bufPool struct {
	small, large [][]byte
	largeBytes   int
}

// get returns an empty buffer for a connection whose last output had hint bytes.
func (p *bufPool) get(hint int) []byte {
	if n := len(p.large); hint > smallBuf && n > 0 {
		b := p.large[n-1]
		p.large[n-1] = nil
		p.large = p.large[:n-1]
		p.largeBytes -= cap(b)
		return b
	}
	if n := len(p.small); n > 0 {
		b := p.small[n-1]
		p.small[n-1] = nil
		p.small = p.small[:n-1]
		return b
	}
	return make([]byte, 0, 1024)
}

func (p *bufPool) put(b []byte) {
	switch size := cap(b); {
	case size == 0:
	case size <= smallBuf:
		if len(p.small) < maxSmall {
			p.small = append(p.small, b[:0])
		}
	case size <= maxLarge && p.largeBytes+size <= keepLarge:
		p.large = append(p.large, b[:0])
		p.largeBytes += size
	}
}

// flushNow begins to send, if there is something to send and nothing stands in the way.
func (c *Conn) flushNow() {
	if c.state >= stateShutting {
		return
	}
	if c.state == stateDraining {
		// What the handler had appended when it asked for the end is sent, later output is not.
		if !c.final {
			c.final, c.drainLen = true, len(c.Out)
		}
		c.Out = c.Out[:min(c.drainLen, len(c.Out))]
	}
	if c.inflight || c.writer != nil || c.corked {
		return
	}
	if c.hasOutput() {
		if c.pump != nil {
			c.pump.send(c)
		} else {
			c.l.be.send(c)
		}
	}
	c.settle()
}

func (c *Conn) hasOutput() bool {
	return c.off < len(c.sending) || len(c.Out) > 0 || c.src != nil && c.state == stateOpen && c.onDrain == nil
}

// chunk returns the next bytes to send: the rest of the output under way, the output of this turn, or the source's. The
// back end reports them with sent.
func (c *Conn) chunk() []byte {
	if c.off < len(c.sending) {
		return c.sending[c.off:]
	}
	if c.corked {
		return nil
	}
	if len(c.Out) > 0 {
		c.hint = len(c.Out)
		c.sending, c.Out, c.off, c.drainLen = c.Out, nil, 0, 0
		return c.sending
	}
	if c.src != nil && c.state == stateOpen && c.onDrain == nil {
		if b := c.src.Next(); len(b) > 0 {
			c.srcInFlight, c.slice = c.src, b
			return b
		}
	}
	return nil
}

// batch is how many bytes of the last chunk, and of chunks in one turn, are sent.
func (c *Conn) batch() int {
	if c.srcInFlight != nil {
		return sourceBatch
	}
	return sendBatch
}

// sent says that the kernel has accepted n bytes of the last chunk.
func (c *Conn) sent(n int) {
	c.Written += uint64(n)
	c.l.Stats.BytesWritten += uint64(n)
	if n > 0 {
		c.l.Stats.Writes++
	}
	if src := c.srcInFlight; src != nil {
		c.srcInFlight, c.slice = nil, nil
		if n > 0 {
			src.Advance(n)
		}
		return
	}
	c.off += n
	if c.off == len(c.sending) {
		c.l.bufs.put(c.sending)
		c.sending, c.off = nil, 0
	}
}

// settle does what waits for the output to be sent.
func (c *Conn) settle() {
	if c.inflight || c.writer != nil || c.corked || c.Pending() > 0 || c.state >= stateShutting {
		return
	}
	if c.state == stateDraining {
		c.fail(nil)
	} else if fn := c.onDrain; fn != nil {
		c.onDrain = nil
		w, err := c.newWriter()
		fn(w, err)
	}
}
