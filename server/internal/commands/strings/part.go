package strings

import "github.com/lockstep-db/lockstep/server/internal/command"

func appendTo(c *command.Ctx) {
	n, err := c.DB.Append(c.Args[1], c.Args[2], c.Now)
	if err != nil {
		fail(c, err)
		return
	}
	c.Changed(command.NotifyString, "append", c.Key())
	c.Dirty++
	c.Reply.Int(int64(n))
}

func setrange(c *command.Ctx) {
	at, ok := c.Int(c.Args[2])
	if !ok {
		return
	}
	if at < 0 {
		c.Fail("ERR offset is out of range")
		return
	}
	key, v := c.Key(), c.Args[3]
	if len(v) == 0 { // nothing to set: the key is not even made
		if !c.DB.ExistsForWrite(key, c.Now) {
			c.Reply.Int(0)
			return
		}
		n, err := c.DB.StringLen(key, c.Now)
		if err != nil {
			fail(c, err)
			return
		}
		c.Reply.Int(int64(n))
		return
	}
	size := at + int64(len(v))
	if size < 0 || size > c.Store.Limits.MaxString {
		// The type is wrong first, the length second, as in Redis.
		if _, err := c.DB.StringLen(key, c.Now); err != nil {
			fail(c, err)
			return
		}
		c.Fail(command.ErrTooLong)
		return
	}
	b, err := c.DB.EditString(key, int(size), c.Now)
	if err != nil {
		fail(c, err)
		return
	}
	copy(b[at:], v)
	n := len(b)
	c.Changed(command.NotifyString, "setrange", key)
	c.Dirty++
	c.Reply.Int(int64(n))
}

func getrange(c *command.Ctx) {
	from, to, ok := c.Span(c.Args[2], c.Args[3])
	if !ok {
		return
	}
	v, _, err := c.DB.GetString(c.Key(), c.Now)
	if err != nil {
		fail(c, err)
		return
	}
	n := int64(len(v))
	if from < 0 && to < 0 && from > to {
		from, to = 0, -1
		n = 0
	}
	if from < 0 {
		from = max(from+n, 0)
	}
	if to < 0 {
		to = max(to+n, 0)
	}
	to = min(to, n-1)
	if from > to || n == 0 {
		c.Reply.Bulk(nil)
		return
	}
	c.Reply.Bulk(v[from : to+1])
}
