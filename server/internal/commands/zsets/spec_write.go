package zsets

import "github.com/lockstep-db/lockstep/server/internal/command"

// writeCommands declares the commands that change a sorted set, and do not wait.
func writeCommands() []*command.Spec {
	return []*command.Spec{
		{
			Name: "zadd", Arity: -4, Flags: command.Write | command.DenyOOM | command.Fast,
			Keys:  command.OneKey(command.KeyRW | command.KeyUpdate),
			Group: "sorted-set", Since: "1.2.0",
			Summary:    "Adds members with scores to a sorted set, or changes their scores.",
			Complexity: "O(log N) a member, N members in the set",
			History:    []string{"2.4.0|More than one member."},
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "condition", Type: "oneof", Optional: true, Since: "3.0.2", Args: []command.Arg{
					{Name: "nx", Type: "pure-token", Token: "NX"},
					{Name: "xx", Type: "pure-token", Token: "XX"},
				}},
				{Name: "comparison", Type: "oneof", Optional: true, Since: "6.2.0", Args: []command.Arg{
					{Name: "gt", Type: "pure-token", Token: "GT"},
					{Name: "lt", Type: "pure-token", Token: "LT"},
				}},
				{Name: "change", Type: "pure-token", Token: "CH", Optional: true, Since: "3.0.2"},
				{Name: "increment", Type: "pure-token", Token: "INCR", Optional: true, Since: "3.0.2"},
				{Name: "score_member", Type: "block", Multiple: true, Args: []command.Arg{
					{Name: "score", Type: "double"},
					{Name: "member", Type: "string"},
				}},
			},
			Run: zadd,
		},
		{
			Name: "zincrby", Arity: 4, Flags: command.Write | command.DenyOOM | command.Fast,
			Keys:  command.OneKey(command.KeyRW | command.KeyAccessData | command.KeyUpdate),
			Group: "sorted-set", Since: "1.2.0",
			Summary:    "Adds to the score of a member.",
			Complexity: "O(log N), N members in the set",
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "increment", Type: "integer"},
				{Name: "member", Type: "string"},
			},
			Run: zincrby,
		},
		{
			Name: "zrem", Arity: -3, Flags: command.Write | command.Fast,
			Keys:  command.OneKey(command.KeyRW | command.KeyDelete),
			Group: "sorted-set", Since: "1.2.0",
			Summary:    "Removes members.",
			Complexity: "O(M log N), M members removed, N in the set",
			History:    []string{"2.4.0|More than one member."},
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "member", Type: "string", Multiple: true},
			},
			Run: zrem,
		},
		{
			Name: "zremrangebylex", Arity: 4, Flags: command.Write,
			Keys:  command.OneKey(command.KeyRW | command.KeyDelete),
			Group: "sorted-set", Since: "2.8.9",
			Summary:    "Removes the members in a lexicographical range.",
			Complexity: "O(log N + M), N members in the set, M removed",
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "min", Type: "string"},
				{Name: "max", Type: "string"},
			},
			Run: zremrangebylex,
		},
		{
			Name: "zremrangebyrank", Arity: 4, Flags: command.Write,
			Keys:  command.OneKey(command.KeyRW | command.KeyDelete),
			Group: "sorted-set", Since: "2.0.0",
			Summary:    "Removes the members in a range of ranks.",
			Complexity: "O(log N + M), N members in the set, M removed",
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "start", Type: "integer"},
				{Name: "stop", Type: "integer"},
			},
			Run: zremrangebyrank,
		},
		{
			Name: "zremrangebyscore", Arity: 4, Flags: command.Write,
			Keys:  command.OneKey(command.KeyRW | command.KeyDelete),
			Group: "sorted-set", Since: "1.2.0",
			Summary:    "Removes the members in a range of scores.",
			Complexity: "O(log N + M), N members in the set, M removed",
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "min", Type: "double"},
				{Name: "max", Type: "double"},
			},
			Run: zremrangebyscore,
		},
	}
}
