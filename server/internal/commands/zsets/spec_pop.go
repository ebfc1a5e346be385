package zsets

import "github.com/lockstep-db/lockstep/server/internal/command"

// popCommands declares the commands that pop members.
func popCommands() []*command.Spec {
	return []*command.Spec{
		{
			Name: "bzmpop", Arity: -5, Flags: command.Write | command.Blocking,
			Keys:  []command.KeySpec{command.NumKeys(command.KeyRW|command.KeyAccessData|command.KeyDelete, 2)},
			Group: "sorted-set", Since: "7.0.0",
			Summary:    "Pops members from the first sorted set that has some, waiting for one to come.",
			Complexity: "O(K + log N + M), K keys looked at, N members in the set, M popped",
			Args: []command.Arg{
				{Name: "timeout", Type: "double"},
				{Name: "numkeys", Type: "integer"},
				{Name: "key", Type: "key", Multiple: true},
				{Name: "where", Type: "oneof", Args: []command.Arg{
					{Name: "min", Type: "pure-token", Token: "MIN"},
					{Name: "max", Type: "pure-token", Token: "MAX"},
				}},
				{Name: "count", Type: "integer", Token: "COUNT", Optional: true},
			},
			Run: bzmpop,
		},
		{
			Name: "bzpopmax", Arity: -3, Flags: command.Write | command.NoScript | command.Blocking | command.Fast,
			Keys:  []command.KeySpec{{Access: command.KeyRW | command.KeyAccessData | command.KeyDelete, Index: 1, LastKey: -2}},
			Group: "sorted-set", Since: "5.0.0",
			Summary:    "Pops the member with the highest score of the first sorted set that has some, waiting for one to come.",
			Complexity: "O(K + log N), K keys looked at, N members in the set",
			History:    []string{"6.0.0|The timeout may have a fraction."},
			Args: []command.Arg{
				{Name: "key", Type: "key", Multiple: true},
				{Name: "timeout", Type: "double"},
			},
			Run: bzpopmax,
		},
		{
			Name: "bzpopmin", Arity: -3, Flags: command.Write | command.NoScript | command.Blocking | command.Fast,
			Keys:  []command.KeySpec{{Access: command.KeyRW | command.KeyAccessData | command.KeyDelete, Index: 1, LastKey: -2}},
			Group: "sorted-set", Since: "5.0.0",
			Summary:    "Pops the member with the lowest score of the first sorted set that has some, waiting for one to come.",
			Complexity: "O(K + log N), K keys looked at, N members in the set",
			History:    []string{"6.0.0|The timeout may have a fraction."},
			Args: []command.Arg{
				{Name: "key", Type: "key", Multiple: true},
				{Name: "timeout", Type: "double"},
			},
			Run: bzpopmin,
		},
		{
			Name: "zmpop", Arity: -4, Flags: command.Write,
			Keys:  []command.KeySpec{command.NumKeys(command.KeyRW|command.KeyAccessData|command.KeyDelete, 1)},
			Group: "sorted-set", Since: "7.0.0",
			Summary:    "Pops members with the lowest or highest scores from the first sorted set that has some.",
			Complexity: "O(K + log N + M), K keys looked at, N members in the set, M popped",
			Args: []command.Arg{
				{Name: "numkeys", Type: "integer"},
				{Name: "key", Type: "key", Multiple: true},
				{Name: "where", Type: "oneof", Args: []command.Arg{
					{Name: "min", Type: "pure-token", Token: "MIN"},
					{Name: "max", Type: "pure-token", Token: "MAX"},
				}},
				{Name: "count", Type: "integer", Token: "COUNT", Optional: true},
			},
			Run: zmpop,
		},
		{
			Name: "zpopmax", Arity: -2, Flags: command.Write | command.Fast,
			Keys:  command.OneKey(command.KeyRW | command.KeyAccessData | command.KeyDelete),
			Group: "sorted-set", Since: "5.0.0",
			Summary:    "Removes and returns the members with the highest scores.",
			Complexity: "O(log N + M), N members in the set, M popped",
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "count", Type: "integer", Optional: true},
			},
			Run: zpopmax,
		},
		{
			Name: "zpopmin", Arity: -2, Flags: command.Write | command.Fast,
			Keys:  command.OneKey(command.KeyRW | command.KeyAccessData | command.KeyDelete),
			Group: "sorted-set", Since: "5.0.0",
			Summary:    "Removes and returns the members with the lowest scores.",
			Complexity: "O(log N + M), N members in the set, M popped",
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "count", Type: "integer", Optional: true},
			},
			Run: zpopmin,
		},
	}
}
