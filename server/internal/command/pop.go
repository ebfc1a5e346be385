package command

import "github.com/lockstep-db/lockstep/server/internal/store"

// BlockingPop runs BLPOP, BZPOPMIN and their like: "key... timeout". pop takes one element of the first key that has any; done is
// false if the key has none, and true as well when it has replied with an error.
func (c *Ctx) BlockingPop(t store.Type, pop func(key []byte) (done bool)) {
	last := len(c.Args) - 1
	deadline, problem := Timeout(c.Args[last], c.Now, false)
	if problem != "" {
		c.Fail(problem)
		return
	}
	keys := c.Args[1:last]
	for _, key := range keys {
		if !c.Passes(key) && pop(key) {
			return
		}
	}
	c.Block(Block{Keys: keys, Deadline: deadline, OnExpiry: NilArray, Type: t})
}

// Ends are the words for the two ends of a collection, such as LEFT and RIGHT.
type Ends struct{ First, Last string }

// MultiPop runs LMPOP and ZMPOP: "numkeys key... end [COUNT n]". pop is as for BlockingPop, and takes up to count elements from the
// first end or the last.
func (c *Ctx) MultiPop(ends Ends, pop func(c *Ctx, key []byte, last bool, count int64) (done bool)) {
	m, ok := c.parseMultiPop(1, ends)
	if !ok {
		return
	}
	for _, key := range m.keys {
		if pop(c, key, m.last, m.count) {
			return
		}
	}
	c.Reply.NullArray()
}

// BlockingMultiPop is MultiPop for BLMPOP and BZMPOP: "timeout numkeys key... end [COUNT n]". The time is read last.
func (c *Ctx) BlockingMultiPop(t store.Type, ends Ends, pop func(c *Ctx, key []byte, last bool, count int64) (done bool)) {
	m, ok := c.parseMultiPop(2, ends)
	if !ok {
		return
	}
	deadline, problem := Timeout(c.Args[1], c.Now, false)
	if problem != "" {
		c.Fail(problem)
		return
	}
	for _, key := range m.keys {
		if !c.Passes(key) && pop(c, key, m.last, m.count) {
			return
		}
	}
	c.Block(Block{Keys: m.keys, Deadline: deadline, OnExpiry: NilArray, Type: t})
}

type multiPop struct {
	keys  [][]byte
	last  bool
	count int64
}

// parseMultiPop reads from argument at on, with the error reply.
func (c *Ctx) parseMultiPop(at int, ends Ends) (m multiPop, ok bool) {
	n, ok := ParseInt(c.Args[at])
	if !ok || n < 1 {
		c.Fail("ERR numkeys should be greater than 0")
		return m, false
	}
	if n >= int64(len(c.Args)-at-1) {
		c.Fail(ErrSyntax)
		return m, false
	}
	word := at + 1 + int(n)
	m = multiPop{keys: c.Args[at+1 : word], last: Is(c.Args[word], ends.Last), count: 1}
	rest := c.Args[word+1:]
	switch {
	case !m.last && !Is(c.Args[word], ends.First):
		c.Fail(ErrSyntax)
		return m, false
	case len(rest) == 0:
		return m, true
	case len(rest) == 1 || !Is(rest[0], "COUNT"):
		c.Fail(ErrSyntax)
		return m, false
	}
	if m.count, ok = ParseInt(rest[1]); !ok || m.count < 1 {
		c.Fail("ERR count should be greater than 0")
		return m, false
	}
	if len(rest) > 2 {
		c.Fail(ErrSyntax)
		return m, false
	}
	return m, true
}
