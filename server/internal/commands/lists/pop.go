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
		c.Fail(c.Spec.ArityError())
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
		c.Element(l.End(end))
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
	c.BlockingPop(store.TypeList, func(key []byte) bool {
		l, ok, alive := find(c, key)
		if !ok {
			return !alive
		}
		c.Reply.Array(2)
		c.Reply.Bulk(key)
		popped(c, &l, key, end, 1)
		c.ReplaceStrings(popName(end), key)
		return true
	})
}

// popName is the command that a blocking pop is propagated as.
func popName(end store.End) string {
	if end == store.Head {
		return "LPOP"
	}
	return "RPOP"
}

// ends are the words of LMPOP.
var ends = command.Ends{First: "LEFT", Last: "RIGHT"}

func lmpop(c *command.Ctx)  { c.MultiPop(ends, popMany) }
func blmpop(c *command.Ctx) { c.BlockingMultiPop(store.TypeList, ends, popMany) }

// popMany is the part of LMPOP and BLMPOP for one key; it returns false if that is missing.
func popMany(c *command.Ctx, key []byte, tail bool, count int64) (done bool) {
	l, ok, alive := find(c, key)
	if !ok {
		return !alive
	}
	end := store.Head
	if tail {
		end = store.Tail
	}
	n := int(min(count, int64(l.Len())))
	c.Reply.Array(2)
	c.Reply.Bulk(key)
	c.Reply.Array(n)
	popped(c, &l, key, end, n)
	var digits [20]byte
	c.ReplaceStrings(popName(end), key, strconv.AppendInt(digits[:0], int64(n), 10))
	return true
}
