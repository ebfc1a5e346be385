package loop

// table holds all connections that are not dead. A connection's slot is its name in events of the kernel; gen tells apart
// the connections that had the slot one after the other.
type table struct {
	conns []*Conn
	free  []int32
	gen   uint32
	n     int
}

func (t *table) add(c *Conn) {
	t.gen++
	t.n++
	c.gen = t.gen
	if k := len(t.free); k > 0 {
		c.slot = t.free[k-1]
		t.free = t.free[:k-1]
		t.conns[c.slot] = c
		return
	}
	c.slot = int32(len(t.conns))
	t.conns = append(t.conns, c)
}

func (t *table) remove(c *Conn) {
	t.n--
	t.conns[c.slot] = nil
	t.free = append(t.free, c.slot)
}
