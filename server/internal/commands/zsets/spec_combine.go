package zsets

import "github.com/lockstep-db/lockstep/server/internal/command"

// combineCommands declares the commands that combine several sets.
func combineCommands() []*command.Spec {
	return []*command.Spec{
		{
			Name: "zdiff", Arity: -3, Flags: command.ReadOnly,
			Keys:  []command.KeySpec{command.NumKeys(command.KeyRO|command.KeyAccessData, 1)},
			Group: "sorted-set", Since: "6.2.0",
			Summary:    "Returns the members of a sorted set that others do not have.",
			Complexity: "O(N K + M log M), N members in the first of K inputs, M in the result",
			Args: []command.Arg{
				{Name: "numkeys", Type: "integer"},
				{Name: "key", Type: "key", Multiple: true},
				{Name: "withscores", Type: "pure-token", Token: "WITHSCORES", Optional: true},
			},
			Run: zdiff,
		},
		{
			Name: "zdiffstore", Arity: -4, Flags: command.Write | command.DenyOOM,
			Keys:  []command.KeySpec{{Access: command.KeyOW | command.KeyUpdate, Index: 1}, command.NumKeys(command.KeyRO|command.KeyAccessData, 2)},
			Group: "sorted-set", Since: "6.2.0",
			Summary:    "Stores the members of a sorted set that others do not have.",
			Complexity: "O(N K + M log M), N members in the first of K inputs, M in the result",
			Args: []command.Arg{
				{Name: "destination", Type: "key"},
				{Name: "numkeys", Type: "integer"},
				{Name: "key", Type: "key", Multiple: true, KeySpec: 1},
			},
			Run: zdiffstore,
		},
		{
			Name: "zinter", Arity: -3, Flags: command.ReadOnly,
			Keys:  []command.KeySpec{command.NumKeys(command.KeyRO|command.KeyAccessData, 1)},
			Group: "sorted-set", Since: "6.2.0",
			Summary:    "Returns the intersection of sorted sets.",
			Complexity: "O(N K + M log M), N members in the smallest of K inputs, M in the result",
			Args: []command.Arg{
				{Name: "numkeys", Type: "integer"},
				{Name: "key", Type: "key", Multiple: true},
				{Name: "weight", Type: "integer", Token: "WEIGHTS", Optional: true, Multiple: true},
				{Name: "aggregate", Type: "oneof", Token: "AGGREGATE", Optional: true, Args: []command.Arg{
					{Name: "sum", Type: "pure-token", Token: "SUM"},
					{Name: "min", Type: "pure-token", Token: "MIN"},
					{Name: "max", Type: "pure-token", Token: "MAX"},
				}},
				{Name: "withscores", Type: "pure-token", Token: "WITHSCORES", Optional: true},
			},
			Run: zinter,
		},
		{
			Name: "zintercard", Arity: -3, Flags: command.ReadOnly,
			Keys:  []command.KeySpec{command.NumKeys(command.KeyRO|command.KeyAccessData, 1)},
			Group: "sorted-set", Since: "7.0.0",
			Summary:    "Counts the members that sorted sets have in common.",
			Complexity: "O(N K), N members in the smallest of K inputs",
			Args: []command.Arg{
				{Name: "numkeys", Type: "integer"},
				{Name: "key", Type: "key", Multiple: true},
				{Name: "limit", Type: "integer", Token: "LIMIT", Optional: true},
			},
			Run: zintercard,
		},
		{
			Name: "zinterstore", Arity: -4, Flags: command.Write | command.DenyOOM,
			Keys:  []command.KeySpec{{Access: command.KeyOW | command.KeyUpdate, Index: 1}, command.NumKeys(command.KeyRO|command.KeyAccessData, 2)},
			Group: "sorted-set", Since: "2.0.0",
			Summary:    "Stores the intersection of sorted sets.",
			Complexity: "O(N K + M log M), N members in the smallest of K inputs, M in the result",
			Args: []command.Arg{
				{Name: "destination", Type: "key"},
				{Name: "numkeys", Type: "integer"},
				{Name: "key", Type: "key", Multiple: true, KeySpec: 1},
				{Name: "weight", Type: "integer", Token: "WEIGHTS", Optional: true, Multiple: true},
				{Name: "aggregate", Type: "oneof", Token: "AGGREGATE", Optional: true, Args: []command.Arg{
					{Name: "sum", Type: "pure-token", Token: "SUM"},
					{Name: "min", Type: "pure-token", Token: "MIN"},
					{Name: "max", Type: "pure-token", Token: "MAX"},
				}},
			},
			Run: zinterstore,
		},
		{
			Name: "zunion", Arity: -3, Flags: command.ReadOnly,
			Keys:  []command.KeySpec{command.NumKeys(command.KeyRO|command.KeyAccessData, 1)},
			Group: "sorted-set", Since: "6.2.0",
			Summary:    "Returns the union of sorted sets.",
			Complexity: "O(N + M log M), N members in all inputs, M in the result",
			Args: []command.Arg{
				{Name: "numkeys", Type: "integer"},
				{Name: "key", Type: "key", Multiple: true},
				{Name: "weight", Type: "integer", Token: "WEIGHTS", Optional: true, Multiple: true},
				{Name: "aggregate", Type: "oneof", Token: "AGGREGATE", Optional: true, Args: []command.Arg{
					{Name: "sum", Type: "pure-token", Token: "SUM"},
					{Name: "min", Type: "pure-token", Token: "MIN"},
					{Name: "max", Type: "pure-token", Token: "MAX"},
				}},
				{Name: "withscores", Type: "pure-token", Token: "WITHSCORES", Optional: true},
			},
			Run: zunion,
		},
		{
			Name: "zunionstore", Arity: -4, Flags: command.Write | command.DenyOOM,
			Keys:  []command.KeySpec{{Access: command.KeyOW | command.KeyUpdate, Index: 1}, command.NumKeys(command.KeyRO|command.KeyAccessData, 2)},
			Group: "sorted-set", Since: "2.0.0",
			Summary:    "Stores the union of sorted sets.",
			Complexity: "O(N + M log M), N members in all inputs, M in the result",
			Args: []command.Arg{
				{Name: "destination", Type: "key"},
				{Name: "numkeys", Type: "integer"},
				{Name: "key", Type: "key", Multiple: true, KeySpec: 1},
				{Name: "weight", Type: "integer", Token: "WEIGHTS", Optional: true, Multiple: true},
				{Name: "aggregate", Type: "oneof", Token: "AGGREGATE", Optional: true, Args: []command.Arg{
					{Name: "sum", Type: "pure-token", Token: "SUM"},
					{Name: "min", Type: "pure-token", Token: "MIN"},
					{Name: "max", Type: "pure-token", Token: "MAX"},
				}},
			},
			Run: zunionstore,
		},
	}
}
