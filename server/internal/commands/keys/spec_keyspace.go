package keys

import "github.com/lockstep-db/lockstep/server/internal/command"

// keyspaceSpecs declares commands about keys themselves: which there are, their names and databases.
func (f *family) keyspaceSpecs() []*command.Spec {
	return []*command.Spec{
		{
			Name: "copy", Arity: -3, Flags: command.Write | command.DenyOOM,
			Keys:  []command.KeySpec{{Access: command.KeyRO | command.KeyAccessData, Index: 1}, {Access: command.KeyOW | command.KeyUpdate, Index: 2}},
			Group: "generic", Since: "6.2.0",
			Summary:    "Copies a value and its time to live to another key.",
			Complexity: "O(N), N elements of a collection",
			Args:       []command.Arg{{Name: "source", Type: "key"}, {Name: "destination", Type: "key", KeySpec: 1}, {Name: "destination-db", Type: "integer", Token: "DB", Optional: true}, {Name: "replace", Type: "pure-token", Token: "REPLACE", Optional: true}},
			Run:        copyKey,
		},
		{
			Name: "del", Arity: -2, Flags: command.Write,
			Keys:  []command.KeySpec{{Access: command.KeyRM | command.KeyDelete, Index: 1, LastKey: -1}},
			Group: "generic", Since: "1.0.0",
			Summary:    "Deletes keys.",
			Complexity: "O(N), N keys; the memory of large values is freed later",
			Args:       []command.Arg{{Name: "key", Type: "key", Multiple: true}},
			Tips:       []string{"request_policy:multi_shard", "response_policy:agg_sum"},
			Run:        del,
		},
		{
			Name: "exists", Arity: -2, Flags: command.ReadOnly | command.Fast,
			Keys:  []command.KeySpec{{Access: command.KeyRO, Index: 1, LastKey: -1}},
			Group: "generic", Since: "1.0.0",
			Summary:    "Counts the keys that are there.",
			Complexity: "O(N), N keys",
			History:    []string{"3.0.3|More than one key."},
			Args:       []command.Arg{{Name: "key", Type: "key", Multiple: true}},
			Tips:       []string{"request_policy:multi_shard", "response_policy:agg_sum"},
			Run:        exists,
		},
		{
			Name: "keys", Arity: 2, Flags: command.ReadOnly,
			Cats:  command.CatDangerous,
			Group: "generic", Since: "1.0.0",
			Summary:    "Returns all keys that match a pattern.",
			Complexity: "O(N), N keys of the database",
			Args:       []command.Arg{{Name: "pattern", Type: "pattern"}},
			Tips:       []string{"request_policy:all_shards", "nondeterministic_output_order"},
			Run:        keys,
		},
		{
			Name: "move", Arity: 3, Flags: command.Write | command.Fast,
			Keys:  []command.KeySpec{{Access: command.KeyRW | command.KeyAccessData | command.KeyUpdate, Index: 1}},
			Group: "generic", Since: "1.0.0",
			Summary:    "Moves a key to another database.",
			Complexity: "O(N), N elements of a collection",
			Args:       []command.Arg{{Name: "key", Type: "key"}, {Name: "db", Type: "integer"}},
			Run:        move,
		},
		{
			Name: "randomkey", Arity: 1, Flags: command.ReadOnly,
			Group: "generic", Since: "1.0.0",
			Summary:    "Returns a key chosen at random.",
			Complexity: "O(1)",
			Tips:       []string{"request_policy:all_shards", "nondeterministic_output"},
			Run:        randomkey,
		},
		{
			Name: "rename", Arity: 3, Flags: command.Write,
			Keys:  []command.KeySpec{{Access: command.KeyRW | command.KeyAccessData | command.KeyDelete, Index: 1}, {Access: command.KeyOW | command.KeyUpdate, Index: 2}},
			Group: "generic", Since: "1.0.0",
			Summary:    "Gives a key another name, over whatever has that name.",
			Complexity: "O(1)",
			Args:       []command.Arg{{Name: "key", Type: "key"}, {Name: "newkey", Type: "key", KeySpec: 1}},
			Run:        rename,
		},
	}
}

// keyspaceSpecs2 declares commands about keys themselves: which there are, their names and databases.
func (f *family) keyspaceSpecs2() []*command.Spec {
	return []*command.Spec{
		{
			Name: "renamenx", Arity: 3, Flags: command.Write | command.Fast,
			Keys:  []command.KeySpec{{Access: command.KeyRW | command.KeyAccessData | command.KeyDelete, Index: 1}, {Access: command.KeyOW | command.KeyInsert, Index: 2}},
			Group: "generic", Since: "1.0.0",
			Summary:    "Gives a key another name, if no key has it.",
			Complexity: "O(1)",
			History:    []string{"3.2.0|Renaming a key to itself is no error."},
			Args:       []command.Arg{{Name: "key", Type: "key"}, {Name: "newkey", Type: "key", KeySpec: 1}},
			Run:        renamenx,
		},
		{
			Name: "scan", Arity: -2, Flags: command.ReadOnly,
			Group: "generic", Since: "2.8.0",
			Summary:    "Goes through the keys of a database in steps.",
			Complexity: "O(1) a call, O(N) for a whole iteration",
			Args:       []command.Arg{{Name: "cursor", Type: "integer"}, {Name: "pattern", Type: "pattern", Token: "MATCH", Optional: true}, {Name: "count", Type: "integer", Token: "COUNT", Optional: true}, {Name: "type", Type: "string", Token: "TYPE", Optional: true, Since: "6.0.0"}},
			Tips:       []string{"nondeterministic_output", "request_policy:special"},
			Run:        scan,
		},
		{
			Name: "touch", Arity: -2, Flags: command.ReadOnly | command.Fast,
			Keys:  []command.KeySpec{{Access: command.KeyRO, Index: 1, LastKey: -1}},
			Group: "generic", Since: "3.2.1",
			Summary:    "Marks keys as accessed and counts those that are there.",
			Complexity: "O(N), N keys",
			Args:       []command.Arg{{Name: "key", Type: "key", Multiple: true}},
			Tips:       []string{"request_policy:multi_shard", "response_policy:agg_sum"},
			Run:        touch,
		},
		{
			Name: "type", Arity: 2, Flags: command.ReadOnly | command.Fast,
			Keys:  []command.KeySpec{{Access: command.KeyRO, Index: 1}},
			Group: "generic", Since: "1.0.0",
			Summary:    "Returns the type of a value.",
			Complexity: "O(1)",
			Args:       []command.Arg{{Name: "key", Type: "key"}},
			Run:        typeOf,
		},
		{
			Name: "unlink", Arity: -2, Flags: command.Write | command.Fast,
			Keys:  []command.KeySpec{{Access: command.KeyRM | command.KeyDelete, Index: 1, LastKey: -1}},
			Group: "generic", Since: "4.0.0",
			Summary:    "Deletes keys; memory is freed later.",
			Complexity: "O(N), N keys",
			Args:       []command.Arg{{Name: "key", Type: "key", Multiple: true}},
			Tips:       []string{"request_policy:multi_shard", "response_policy:agg_sum"},
			Run:        del,
		},
	}
}
