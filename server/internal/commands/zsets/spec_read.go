package zsets

import "github.com/lockstep-db/lockstep/server/internal/command"

// readCommands declares the commands that read single members and counts.
func readCommands() []*command.Spec {
	return []*command.Spec{
		{
			Name: "zcard", Arity: 2, Flags: command.ReadOnly | command.Fast,
			Keys:  command.OneKey(command.KeyRO),
			Group: "sorted-set", Since: "1.2.0",
			Summary:    "Returns the number of members.",
			Complexity: "O(1)",
			Args: []command.Arg{
				{Name: "key", Type: "key"},
			},
			Run: zcard,
		},
		{
			Name: "zcount", Arity: 4, Flags: command.ReadOnly | command.Fast,
			Keys:  command.OneKey(command.KeyRO | command.KeyAccessData),
			Group: "sorted-set", Since: "2.0.0",
			Summary:    "Counts the members in a range of scores.",
			Complexity: "O(log N), N members in the set",
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "min", Type: "double"},
				{Name: "max", Type: "double"},
			},
			Run: zcount,
		},
		{
			Name: "zlexcount", Arity: 4, Flags: command.ReadOnly | command.Fast,
			Keys:  command.OneKey(command.KeyRO | command.KeyAccessData),
			Group: "sorted-set", Since: "2.8.9",
			Summary:    "Counts the members in a lexicographical range.",
			Complexity: "O(log N), N members in the set",
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "min", Type: "string"},
				{Name: "max", Type: "string"},
			},
			Run: zlexcount,
		},
		{
			Name: "zmscore", Arity: -3, Flags: command.ReadOnly | command.Fast,
			Keys:  command.OneKey(command.KeyRO | command.KeyAccessData),
			Group: "sorted-set", Since: "6.2.0",
			Summary:    "Returns the scores of members.",
			Complexity: "O(N), N members asked for",
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "member", Type: "string", Multiple: true},
			},
			Run: zmscore,
		},
		{
			Name: "zrandmember", Arity: -2, Flags: command.ReadOnly,
			Keys:  command.OneKey(command.KeyRO | command.KeyAccessData),
			Group: "sorted-set", Since: "6.2.0",
			Summary:    "Returns random members.",
			Complexity: "O(M log N), M members returned, N in the set",
			Tips:       []string{"nondeterministic_output"},
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "options", Type: "block", Optional: true, Args: []command.Arg{
					{Name: "count", Type: "integer"},
					{Name: "withscores", Type: "pure-token", Token: "WITHSCORES", Optional: true},
				}},
			},
			Run: zrandmember,
		},
		{
			Name: "zrank", Arity: 3, Flags: command.ReadOnly | command.Fast,
			Keys:  command.OneKey(command.KeyRO | command.KeyAccessData),
			Group: "sorted-set", Since: "2.0.0",
			Summary:    "Returns the rank of a member, lowest score first.",
			Complexity: "O(log N), N members in the set",
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "member", Type: "string"},
			},
			Run: zrank,
		},
		{
			Name: "zrevrank", Arity: 3, Flags: command.ReadOnly | command.Fast,
			Keys:  command.OneKey(command.KeyRO | command.KeyAccessData),
			Group: "sorted-set", Since: "2.0.0",
			Summary:    "Returns the rank of a member, highest score first.",
			Complexity: "O(log N), N members in the set",
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "member", Type: "string"},
			},
			Run: zrevrank,
		},
		{
			Name: "zscan", Arity: -3, Flags: command.ReadOnly,
			Keys:  command.OneKey(command.KeyRO | command.KeyAccessData),
			Group: "sorted-set", Since: "2.8.0",
			Summary:    "Iterates over members and scores.",
			Complexity: "O(1) a call, O(N) for all N members",
			Tips:       []string{"nondeterministic_output"},
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "cursor", Type: "integer"},
				{Name: "pattern", Type: "pattern", Token: "MATCH", Optional: true},
				{Name: "count", Type: "integer", Token: "COUNT", Optional: true},
			},
			Run: zscan,
		},
		{
			Name: "zscore", Arity: 3, Flags: command.ReadOnly | command.Fast,
			Keys:  command.OneKey(command.KeyRO | command.KeyAccessData),
			Group: "sorted-set", Since: "1.2.0",
			Summary:    "Returns the score of a member.",
			Complexity: "O(1)",
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "member", Type: "string"},
			},
			Run: zscore,
		},
	}
}
