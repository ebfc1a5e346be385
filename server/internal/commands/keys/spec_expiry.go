package keys

import "github.com/lockstep-db/lockstep/server/internal/command"

// expirySpecs declares commands about times to live.
func (f *family) expirySpecs() []*command.Spec {
	return []*command.Spec{
		{
			Name: "expire", Arity: -3, Flags: command.Write | command.Fast,
			Keys:  []command.KeySpec{{Access: command.KeyRW | command.KeyUpdate, Index: 1}},
			Group: "generic", Since: "1.0.0",
			Summary:    "Sets the time to live of a key in seconds.",
			Complexity: "O(1)",
			Args:       []command.Arg{{Name: "key", Type: "key"}, {Name: "seconds", Type: "integer"}, {Name: "condition", Type: "oneof", Optional: true, Since: "7.0.0", Args: []command.Arg{{Name: "nx", Type: "pure-token", Token: "NX"}, {Name: "xx", Type: "pure-token", Token: "XX"}, {Name: "gt", Type: "pure-token", Token: "GT"}, {Name: "lt", Type: "pure-token", Token: "LT"}}}},
			Run:        expire,
		},
		{
			Name: "expireat", Arity: -3, Flags: command.Write | command.Fast,
			Keys:  []command.KeySpec{{Access: command.KeyRW | command.KeyUpdate, Index: 1}},
			Group: "generic", Since: "1.2.0",
			Summary:    "Sets when a key expires, in seconds of Unix time.",
			Complexity: "O(1)",
			Args:       []command.Arg{{Name: "key", Type: "key"}, {Name: "unix-time-seconds", Type: "unix-time"}, {Name: "condition", Type: "oneof", Optional: true, Since: "7.0.0", Args: []command.Arg{{Name: "nx", Type: "pure-token", Token: "NX"}, {Name: "xx", Type: "pure-token", Token: "XX"}, {Name: "gt", Type: "pure-token", Token: "GT"}, {Name: "lt", Type: "pure-token", Token: "LT"}}}},
			Run:        expireat,
		},
		{
			Name: "expiretime", Arity: 2, Flags: command.ReadOnly | command.Fast,
			Keys:  []command.KeySpec{{Access: command.KeyRO | command.KeyAccessData, Index: 1}},
			Group: "generic", Since: "7.0.0",
			Summary:    "Returns when a key expires, in seconds of Unix time.",
			Complexity: "O(1)",
			Args:       []command.Arg{{Name: "key", Type: "key"}},
			Run:        expiretime,
		},
		{
			Name: "persist", Arity: 2, Flags: command.Write | command.Fast,
			Keys:  []command.KeySpec{{Access: command.KeyRW | command.KeyUpdate, Index: 1}},
			Group: "generic", Since: "2.2.0",
			Summary:    "Removes the time to live of a key.",
			Complexity: "O(1)",
			Args:       []command.Arg{{Name: "key", Type: "key"}},
			Run:        persist,
		},
		{
			Name: "pexpire", Arity: -3, Flags: command.Write | command.Fast,
			Keys:  []command.KeySpec{{Access: command.KeyRW | command.KeyUpdate, Index: 1}},
			Group: "generic", Since: "2.6.0",
			Summary:    "Sets the time to live of a key in milliseconds.",
			Complexity: "O(1)",
			Args:       []command.Arg{{Name: "key", Type: "key"}, {Name: "milliseconds", Type: "integer"}, {Name: "condition", Type: "oneof", Optional: true, Since: "7.0.0", Args: []command.Arg{{Name: "nx", Type: "pure-token", Token: "NX"}, {Name: "xx", Type: "pure-token", Token: "XX"}, {Name: "gt", Type: "pure-token", Token: "GT"}, {Name: "lt", Type: "pure-token", Token: "LT"}}}},
			Run:        pexpire,
		},
		{
			Name: "pexpireat", Arity: -3, Flags: command.Write | command.Fast,
			Keys:  []command.KeySpec{{Access: command.KeyRW | command.KeyUpdate, Index: 1}},
			Group: "generic", Since: "2.6.0",
			Summary:    "Sets when a key expires, in milliseconds of Unix time.",
			Complexity: "O(1)",
			Args:       []command.Arg{{Name: "key", Type: "key"}, {Name: "unix-time-milliseconds", Type: "unix-time"}, {Name: "condition", Type: "oneof", Optional: true, Since: "7.0.0", Args: []command.Arg{{Name: "nx", Type: "pure-token", Token: "NX"}, {Name: "xx", Type: "pure-token", Token: "XX"}, {Name: "gt", Type: "pure-token", Token: "GT"}, {Name: "lt", Type: "pure-token", Token: "LT"}}}},
			Run:        pexpireat,
		},
		{
			Name: "pexpiretime", Arity: 2, Flags: command.ReadOnly | command.Fast,
			Keys:  []command.KeySpec{{Access: command.KeyRO | command.KeyAccessData, Index: 1}},
			Group: "generic", Since: "7.0.0",
			Summary:    "Returns when a key expires, in milliseconds of Unix time.",
			Complexity: "O(1)",
			Args:       []command.Arg{{Name: "key", Type: "key"}},
			Run:        pexpiretime,
		},
	}
}

// expirySpecs2 declares commands about times to live.
func (f *family) expirySpecs2() []*command.Spec {
	return []*command.Spec{
		{
			Name: "pttl", Arity: 2, Flags: command.ReadOnly | command.Fast,
			Keys:  []command.KeySpec{{Access: command.KeyRO | command.KeyAccessData, Index: 1}},
			Group: "generic", Since: "2.6.0",
			Summary:    "Returns the time to live of a key in milliseconds.",
			Complexity: "O(1)",
			History:    []string{"2.8.0|A missing key is told from one without a time to live: -2."},
			Args:       []command.Arg{{Name: "key", Type: "key"}},
			Tips:       []string{"nondeterministic_output"},
			Run:        pttl,
		},
		{
			Name: "ttl", Arity: 2, Flags: command.ReadOnly | command.Fast,
			Keys:  []command.KeySpec{{Access: command.KeyRO | command.KeyAccessData, Index: 1}},
			Group: "generic", Since: "1.0.0",
			Summary:    "Returns the time to live of a key in seconds.",
			Complexity: "O(1)",
			History:    []string{"2.8.0|A missing key is told from one without a time to live: -2."},
			Args:       []command.Arg{{Name: "key", Type: "key"}},
			Tips:       []string{"nondeterministic_output"},
			Run:        ttl,
		},
	}
}
