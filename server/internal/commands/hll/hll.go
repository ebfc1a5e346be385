package hll

import (
	"bytes"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

const (
	errNotSketch = "WRONGTYPE Key is not a valid HyperLogLog string value."
	errCorrupt   = "INVALIDOBJ Corrupted HLL object detected"
)

// check looks whether a value that was read is a sketch, with the error reply.
func check(c *command.Ctx, v []byte, found bool, err error) (_ sketch, ok bool) {
	switch {
	case err != nil:
		c.Fail(err.Error())
		return nil, false
	case found && !valid(v):
		c.Fail(errNotSketch)
		return nil, false
	}
	return v, true
}

func pfadd(c *command.Ctx) {
	key := c.Key()
	v, found, err := c.DB.GetStringForWrite(key, c.Now)
	s, ok := check(c, v, found, err)
	if !ok {
		return
	}
	changes := int64(0)
	if !found {
		s = newSketch()
		changes++
	} else {
		s = own(c, key, s)
	}
	for _, element := range c.Args[2:] {
		t, changed, ok := s.add(element, c.Store.Limits.SketchSparseBytes)
		if !ok {
			c.Fail(errCorrupt)
			return
		}
		if s = t; changed {
			changes++
		}
	}
	if changes > 0 {
		s.outdate()
		put(c, key, s)
		c.Changed(command.NotifyString, "pfadd", key)
		c.Dirty += changes
	} else {
		unshare(c, key)
	}
	c.Reply.Int(min(changes, 1))
}

// unshare gives a sketch that was restored as a short string the encoding of one that is changed, as Redis does when it only looks at it.
func unshare(c *command.Ctx, key []byte) {
	if c.DB.Kind(key, c.Now) == store.KindStringRaw {
		return
	}
	if _, err := c.DB.EditString(key, 0, c.Now); err != nil {
		panic("BUG: a string that was read cannot be edited: " + err.Error())
	}
}

// own returns a sketch for changes: a dense one as it lies in the store, since its length never changes; of a sparse one a copy.
func own(c *command.Ctx, key []byte, s sketch) sketch {
	if s[4] == sparse {
		return append(make(sketch, 0, len(s)+8), s...)
	}
	v, err := c.DB.EditString(key, 0, c.Now)
	if err != nil {
		panic("BUG: a string that was read cannot be edited: " + err.Error())
	}
	return v
}

// put stores a sketch that own or newSketch returned, after its changes.
func put(c *command.Ctx, key []byte, s sketch) {
	if v, ok, _ := c.DB.GetStringForWrite(key, c.Now); ok && len(v) == len(s) && &v[0] == &s[0] {
		return // changed in place
	}
	c.DB.SetRawString(key, s, store.KeepTTL, c.Now)
}

func pfcount(c *command.Ctx) {
	if len(c.Args) > 2 {
		countUnion(c)
		return
	}
	key := c.Key()
	v, found, err := c.DB.GetString(key, c.Now)
	s, ok := check(c, v, found, err)
	if !ok {
		return
	}
	if !found {
		c.Reply.Int(0)
		return
	}
	n, fresh := s.cached()
	if !fresh {
		if n, ok = s.count(); !ok {
			c.Fail(errCorrupt)
			return
		}
		keepCount(c, key, n)
	} else {
		unshare(c, key)
	}
	c.Reply.Int(int64(n))
}

// keepCount stores a cardinality in the sketch's header. That changes the value, so it is propagated; a replica asked by a client
// leaves the value alone, because it has to stay equal to its master's. (Redis changes it there, too.)
func keepCount(c *command.Ctx, key []byte, n uint64) {
	if c.Store.Mode() != store.ExpireDelete && !c.FromMaster && !c.Loading {
		return
	}
	v, err := c.DB.EditString(key, 0, c.Now)
	if err != nil {
		panic("BUG: a string that was read cannot be edited: " + err.Error())
	}
	sketch(v).cache(n)
	c.Modified(key)
	c.Dirty++
	c.ReplaceStrings("PFCOUNT", key)
}

func countUnion(c *command.Ctx) {
	var max [registers]uint8
	if _, ok := mergeAll(c, c.Args[1:], &max); !ok {
		return
	}
	var h histogram
	for _, v := range max {
		h[v]++
	}
	c.Reply.Int(int64(h.estimate()))
}

// mergeAll raises the registers to those of all sketches, and says whether one of them is dense.
func mergeAll(c *command.Ctx, keys [][]byte, max *[registers]uint8) (anyDense, ok bool) {
	for _, key := range keys {
		v, found, err := c.DB.GetString(key, c.Now)
		s, ok := check(c, v, found, err)
		switch {
		case !ok:
			return false, false
		case !found:
			continue
		case !s.merge(max):
			c.Fail(errCorrupt)
			return false, false
		}
		anyDense = anyDense || s[4] == dense
	}
	return anyDense, true
}

func pfmerge(c *command.Ctx) {
	var max [registers]uint8
	key := c.Key()
	anyDense, ok := mergeAll(c, c.Args[1:], &max)
	if !ok {
		return
	}
	v, found, _ := c.DB.GetStringForWrite(key, c.Now)
	s := newSketch()
	if found {
		s = bytes.Clone(v)
	}
	if anyDense {
		s, _ = s.toDense() // it was read without fault above
	}
	for i, value := range max {
		if value > 0 {
			s, _, _ = s.set(i, value, c.Store.Limits.SketchSparseBytes)
		}
	}
	s.outdate()
	c.DB.SetRawString(key, s, store.KeepTTL, c.Now)
	c.Changed(command.NotifyString, "pfadd", key)
	c.Dirty++
	c.Reply.OK()
}
