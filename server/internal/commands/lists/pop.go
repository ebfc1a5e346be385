package lists

import (
	"strconv"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

func lpop(c *command.Ctx) { pop(c, store.Head) }
func rpop(c *command.Ctx) { pop(c, store.Tail) }

func pop(c *command.Ctx, end store.End) {
	hasCount := len(c.Args) == 3
	count := int64(1)
	if len(c.Args) > 3 {
		c.Fail("ERR wrong number of arguments for '" + c.Spec.Name + "' command")
		return
	}
	if hasCount {
		var ok bool
		if count, ok = command.ParseInt(c.Args[2]); !ok || count < 0 {
			c.Fail(command.ErrPositive)
			return
		}
	}
	l, ok, alive := find(c, c.Key())
	switch {
	case !alive:
		return
	case !ok && hasCount:
		c.Reply.NullArray()
		return
	case !ok:
		c.Reply.Null()
		return
	case count == 0:
		c.Reply.Array(0)
		return
	}
	if hasCount {
		count = min(count, int64(l.Len()))
		c.Reply.Array(int(count))
	}
	popped(c, &l, c.Key(), end, int(count))
}

// popped removes count elements that exist, replies them one by one, and tells of the change.
func popped(c *command.Ctx, l *store.List, key []byte, end store.End, count int) {
	for range count {
		bulk(c.Reply, l.End(end))
		l.Drop(end)
	}
	removed(c, l, key, popEvent(end), int64(count))
}

// removed tells that n elements are gone, and perhaps the key.
func removed(c *command.Ctx, l *store.List, key []byte, event string, n int64) {
	c.Dirty += n
	c.Changed(command.NotifyList, event, key)
	if !l.Exists() {
		c.Notify(command.NotifyGeneric, "del", key)
	}
}

func blpop(c *command.Ctx) { blockingPop(c, store.Head) }
func brpop(c *command.Ctx) { blockingPop(c, store.Tail) }

func blockingPop(c *command.Ctx, end store.End) {
	last := len(c.Args) - 1
	deadline, problem := command.Timeout(c.Args[last], c.Now, false)
	if problem != "" {
		c.Fail(problem)
		return
	}
	keys := c.Args[1:last]
	for _, key := range keys {
		l, ok, alive := find(c, key)
		if !alive {
			return
		}
		if !ok {
			continue
		}
		c.Reply.Array(2)
		c.Reply.Bulk(key)
		popped(c, &l, key, end, 1)
		c.ReplaceStrings(popName(end), key)
		return
	}
	c.Block(command.Block{Keys: keys, Deadline: deadline, OnExpiry: command.NilArray, Type: store.TypeList})
}

// popName is the command that a blocking pop is propagated as.
func popName(end store.End) string {
	if end == store.Head {
		return "LPOP"
	}
	return "RPOP"
}

func lmpop(c *command.Ctx) {
	multiPop(c, 1, func([][]byte, int64) { c.Reply.NullArray() })
}

func blmpop(c *command.Ctx) {
	multiPop(c, 2, func(keys [][]byte, deadline int64) {
		c.Block(command.Block{Keys: keys, Deadline: deadline, OnExpiry: command.NilArray, Type: store.TypeList})
	})
}

// multiPop runs "numkeys key... LEFT|RIGHT [COUNT n]" from argument at on. none is called when all keys are missing;
// the argument before, if it is not the name, is the time to wait, which is read last.
func multiPop(c *command.Ctx, at int, none func(keys [][]byte, deadline int64)) {
	keys, end, count, ok := parseMultiPop(c, at)
	if !ok {
		return
	}
	var deadline int64
	if at > 1 {
		var problem string
		if deadline, problem = command.Timeout(c.Args[1], c.Now, false); problem != "" {
			c.Fail(problem)
			return
		}
	}
	for _, key := range keys {
		l, ok, alive := find(c, key)
		if !alive {
			return
		}
		if !ok {
			continue
		}
		n := int(min(count, int64(l.Len())))
		c.Reply.Array(2)
		c.Reply.Bulk(key)
		c.Reply.Array(n)
		popped(c, &l, key, end, n)
		var digits [20]byte
		c.ReplaceStrings(popName(end), key, strconv.AppendInt(digits[:0], int64(n), 10))
		return
	}
	none(keys, deadline)
}

func parseMultiPop(c *command.Ctx, at int) (keys [][]byte, end store.End, count int64, ok bool) {
	n, ok := command.ParseInt(c.Args[at])
	if !ok || n < 1 {
		c.Fail("ERR numkeys should be greater than 0")
		return nil, end, 0, false
	}
	where := at + 1 + int(n)
	if n > int64(len(c.Args)) || where >= len(c.Args) {
		c.Fail(command.ErrSyntax)
		return nil, end, 0, false
	}
	keys = c.Args[at+1 : where]
	if end, ok = parseEnd(c, where); !ok {
		return nil, end, 0, false
	}
	rest := c.Args[where+1:]
	if len(rest) == 0 {
		return keys, end, 1, true
	}
	if len(rest) < 2 || !command.Is(rest[0], "COUNT") {
		c.Fail(command.ErrSyntax)
		return nil, end, 0, false
	}
	if count, ok = command.ParseInt(rest[1]); !ok || count < 1 {
		c.Fail("ERR count should be greater than 0")
		return nil, end, 0, false
	}
	if len(rest) > 2 {
		c.Fail(command.ErrSyntax)
		return nil, end, 0, false
	}
	return keys, end, count, true
}
