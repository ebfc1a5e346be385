package zsets

import "github.com/lockstep-db/lockstep/server/internal/command"

// rangeCommands declares the commands that return ranges.
func rangeCommands() []*command.Spec {
	return []*command.Spec{
		{
			Name: "zrange", Arity: -4, Flags: command.ReadOnly,
			Keys:  command.OneKey(command.KeyRO | command.KeyAccessData),
			Group: "sorted-set", Since: "1.2.0",
			Summary:    "Returns the members in a range of ranks, scores or members.",
			Complexity: "O(log N + M), N members in the set, M returned",
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "start", Type: "string"},
				{Name: "stop", Type: "string"},
				{Name: "sortby", Type: "oneof", Optional: true, Since: "6.2.0", Args: []command.Arg{
					{Name: "byscore", Type: "pure-token", Token: "BYSCORE"},
					{Name: "bylex", Type: "pure-token", Token: "BYLEX"},
				}},
				{Name: "rev", Type: "pure-token", Token: "REV", Optional: true, Since: "6.2.0"},
				{Name: "offset_count", Type: "block", Token: "LIMIT", Optional: true, Since: "6.2.0", Args: []command.Arg{
					{Name: "offset", Type: "integer"},
					{Name: "count", Type: "integer"},
				}},
				{Name: "withscores", Type: "pure-token", Token: "WITHSCORES", Optional: true},
			},
			Run: zrange,
		},
		{
			Name: "zrangebylex", Arity: -4, Flags: command.ReadOnly,
			Keys:  command.OneKey(command.KeyRO | command.KeyAccessData),
			Group: "sorted-set", Since: "2.8.9",
			Summary:    "Returns the members in a lexicographical range.",
			Complexity: "O(log N + M), N members in the set, M returned",
			Deprecated: "6.2.0|`ZRANGE` with the `BYLEX` argument",
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "min", Type: "string"},
				{Name: "max", Type: "string"},
				{Name: "offset_count", Type: "block", Token: "LIMIT", Optional: true, Args: []command.Arg{
					{Name: "offset", Type: "integer"},
					{Name: "count", Type: "integer"},
				}},
			},
			Run: zrangebylex,
		},
		{
			Name: "zrangebyscore", Arity: -4, Flags: command.ReadOnly,
			Keys:  command.OneKey(command.KeyRO | command.KeyAccessData),
			Group: "sorted-set", Since: "1.0.5",
			Summary:    "Returns the members in a range of scores.",
			Complexity: "O(log N + M), N members in the set, M returned",
			Deprecated: "6.2.0|`ZRANGE` with the `BYSCORE` argument",
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "min", Type: "double"},
				{Name: "max", Type: "double"},
				{Name: "withscores", Type: "pure-token", Token: "WITHSCORES", Optional: true, Since: "2.0.0"},
				{Name: "offset_count", Type: "block", Token: "LIMIT", Optional: true, Args: []command.Arg{
					{Name: "offset", Type: "integer"},
					{Name: "count", Type: "integer"},
				}},
			},
			Run: zrangebyscore,
		},
		{
			Name: "zrangestore", Arity: -5, Flags: command.Write | command.DenyOOM,
			Keys:  []command.KeySpec{{Access: command.KeyOW | command.KeyUpdate, Index: 1}, {Access: command.KeyRO | command.KeyAccessData, Index: 2}},
			Group: "sorted-set", Since: "6.2.0",
			Summary:    "Stores a range of members of a sorted set as another one.",
			Complexity: "O(log N + M), N members in the set, M stored",
			Args: []command.Arg{
				{Name: "dst", Type: "key"},
				{Name: "src", Type: "key", KeySpec: 1},
				{Name: "min", Type: "string"},
				{Name: "max", Type: "string"},
				{Name: "sortby", Type: "oneof", Optional: true, Args: []command.Arg{
					{Name: "byscore", Type: "pure-token", Token: "BYSCORE"},
					{Name: "bylex", Type: "pure-token", Token: "BYLEX"},
				}},
				{Name: "rev", Type: "pure-token", Token: "REV", Optional: true},
				{Name: "offset_count", Type: "block", Token: "LIMIT", Optional: true, Args: []command.Arg{
					{Name: "offset", Type: "integer"},
					{Name: "count", Type: "integer"},
				}},
			},
			Run: zrangestore,
		},
		{
			Name: "zrevrange", Arity: -4, Flags: command.ReadOnly,
			Keys:  command.OneKey(command.KeyRO | command.KeyAccessData),
			Group: "sorted-set", Since: "1.2.0",
			Summary:    "Returns the members in a range of ranks, highest score first.",
			Complexity: "O(log N + M), N members in the set, M returned",
			Deprecated: "6.2.0|`ZRANGE` with the `REV` argument",
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "start", Type: "integer"},
				{Name: "stop", Type: "integer"},
				{Name: "withscores", Type: "pure-token", Token: "WITHSCORES", Optional: true},
			},
			Run: zrevrange,
		},
		{
			Name: "zrevrangebylex", Arity: -4, Flags: command.ReadOnly,
			Keys:  command.OneKey(command.KeyRO | command.KeyAccessData),
			Group: "sorted-set", Since: "2.8.9",
			Summary:    "Returns the members in a lexicographical range, last first.",
			Complexity: "O(log N + M), N members in the set, M returned",
			Deprecated: "6.2.0|`ZRANGE` with the `REV` and `BYLEX` arguments",
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "max", Type: "string"},
				{Name: "min", Type: "string"},
				{Name: "offset_count", Type: "block", Token: "LIMIT", Optional: true, Args: []command.Arg{
					{Name: "offset", Type: "integer"},
					{Name: "count", Type: "integer"},
				}},
			},
			Run: zrevrangebylex,
		},
		{
			Name: "zrevrangebyscore", Arity: -4, Flags: command.ReadOnly,
			Keys:  command.OneKey(command.KeyRO | command.KeyAccessData),
			Group: "sorted-set", Since: "2.2.0",
			Summary:    "Returns the members in a range of scores, highest first.",
			Complexity: "O(log N + M), N members in the set, M returned",
			History:    []string{"2.1.6|Bounds may be exclusive."},
			Deprecated: "6.2.0|`ZRANGE` with the `REV` and `BYSCORE` arguments",
			Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "max", Type: "double"},
				{Name: "min", Type: "double"},
				{Name: "withscores", Type: "pure-token", Token: "WITHSCORES", Optional: true},
				{Name: "offset_count", Type: "block", Token: "LIMIT", Optional: true, Args: []command.Arg{
					{Name: "offset", Type: "integer"},
					{Name: "count", Type: "integer"},
				}},
			},
			Run: zrevrangebyscore,
		},
	}
}
