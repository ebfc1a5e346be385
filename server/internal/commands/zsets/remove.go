package zsets

import "github.com/lockstep-db/lockstep/server/internal/command"

func zrem(c *command.Ctx) {
	z, ok, alive := find(c, c.Key())
	if !alive {
		return
	}
	n := 0
	if ok {
		for _, member := range c.Args[2:] {
			if z.Remove(member) {
				n++
			}
			if !z.Exists() {
				break
			}
		}
	}
	c.Reply.Int(int64(n))
	if n > 0 {
		removed(c, &z, c.Key(), "zrem", n)
	}
}

func zremrangebyrank(c *command.Ctx)  { removeRange(c, byRank, "zremrangebyrank") }
func zremrangebyscore(c *command.Ctx) { removeRange(c, byScore, "zremrangebyscore") }
func zremrangebylex(c *command.Ctx)   { removeRange(c, byLex, "zremrangebylex") }

func removeRange(c *command.Ctx, by kind, event string) {
	b, problem := parseBounds(by, c.Args[2], c.Args[3])
	if problem != "" {
		c.Fail(problem)
		return
	}
	z, ok, alive := find(c, c.Key())
	if !alive {
		return
	}
	if !ok {
		c.Reply.Int(0)
		return
	}
	v := z.View()
	from, to := b.ranks(&v)
	z.RemoveRange(from, to)
	c.Reply.Int(int64(to - from))
	if from < to {
		removed(c, &z, c.Key(), event, to-from)
	}
}
