package bits

import "github.com/lockstep-db/lockstep/server/internal/command"

// Commands declares the family: arity, flags, keys and arguments are those of Redis 7.0.
func Commands() []*command.Spec {
	unit := command.Arg{Name: "index_unit", Type: "oneof", Optional: true, Since: "7.0.0", Args: []command.Arg{
		{Name: "byte", Type: "pure-token", Token: "BYTE"}, {Name: "bit", Type: "pure-token", Token: "BIT"}}}
	key, start, end := command.Arg{Name: "key", Type: "key"}, command.Arg{Name: "start", Type: "integer"}, command.Arg{Name: "end", Type: "integer"}
	units := []string{"7.0.0|The unit of the range may be `BIT`."}
	return []*command.Spec{
		{
			Name: "setbit", Arity: 4, Flags: command.Write | command.DenyOOM,
			Keys:  command.OneKey(command.KeyRW | command.KeyAccessData | command.KeyUpdate),
			Group: "bitmap", Since: "2.2.0",
			Summary:    "Sets a bit of a string and returns what it was.",
			Complexity: "O(1)",
			Args:       []command.Arg{key, {Name: "offset", Type: "integer"}, {Name: "value", Type: "integer"}},
			Run:        setbit,
		},
		{
			Name: "getbit", Arity: 3, Flags: command.ReadOnly | command.Fast,
			Keys:  command.OneKey(command.KeyRO | command.KeyAccessData),
			Group: "bitmap", Since: "2.2.0",
			Summary:    "Returns a bit of a string.",
			Complexity: "O(1)",
			Args:       []command.Arg{key, {Name: "offset", Type: "integer"}},
			Run:        getbit,
		},
		{
			Name: "bitcount", Arity: -2, Flags: command.ReadOnly,
			Keys:  command.OneKey(command.KeyRO | command.KeyAccessData),
			Group: "bitmap", Since: "2.6.0",
			Summary:    "Counts the bits that are set in a string or a part of it.",
			Complexity: "O(N), N bytes looked at", History: units,
			Args: []command.Arg{key, {Name: "index", Type: "block", Optional: true, Args: []command.Arg{start, end, unit}}},
			Run:  bitcount,
		},
		{
			Name: "bitpos", Arity: -3, Flags: command.ReadOnly,
			Keys:  command.OneKey(command.KeyRO | command.KeyAccessData),
			Group: "bitmap", Since: "2.8.7",
			Summary:    "Finds the first bit of a string that is set, or clear.",
			Complexity: "O(N), N bytes looked at", History: units,
			Args: []command.Arg{key, {Name: "bit", Type: "integer"}, {Name: "index", Type: "block", Optional: true, Args: []command.Arg{start,
				{Name: "end_index", Type: "block", Optional: true, Args: []command.Arg{end, unit}}}}},
			Run: bitpos,
		},
		{
			Name: "bitop", Arity: -4, Flags: command.Write | command.DenyOOM,
			Keys: []command.KeySpec{{Access: command.KeyOW | command.KeyUpdate, Index: 2},
				{Access: command.KeyRO | command.KeyAccessData, Index: 3, LastKey: -1}},
			Group: "bitmap", Since: "2.6.0",
			Summary:    "Combines strings bit by bit and stores the result.",
			Complexity: "O(N), N bytes of the longest string",
			Args: []command.Arg{{Name: "operation", Type: "string"}, {Name: "destkey", Type: "key"},
				{Name: "key", Type: "key", KeySpec: 1, Multiple: true}},
			Run: bitop,
		},
		{
			Name: "bitfield", Arity: -2, Flags: command.Write | command.DenyOOM,
			Keys: []command.KeySpec{{Access: command.KeyRW | command.KeyAccessData | command.KeyUpdate | command.KeyVariable, Index: 1,
				Notes: "This command allows both access and modification of the key"}},
			GetKeys: fieldKeys,
			Group:   "bitmap", Since: "3.2.0",
			Summary:    "Reads, sets and adds to integers of any width at any place of a string.",
			Complexity: "O(1) for each operation",
			Args:       []command.Arg{key, fieldOperations()},
			Run:        bitfield,
		},
		{
			Name: "bitfield_ro", Arity: -2, Flags: command.ReadOnly | command.Fast,
			Keys:  command.OneKey(command.KeyRO | command.KeyAccessData),
			Group: "bitmap", Since: "6.0.0",
			Summary:    "Reads integers of any width at any place of a string.",
			Complexity: "O(1) for each operation",
			Args:       []command.Arg{key, fieldArg("encoding_offset", "GET", true, "")},
			Run:        bitfieldRO,
		},
	}
}

// fieldArg is one step of BITFIELD: its verb, a field, and the name of what the step does with it.
func fieldArg(name, verb string, repeats bool, operand string) command.Arg {
	a := command.Arg{Name: name, Type: "block", Token: verb, Optional: repeats, Multiple: repeats, MultiTok: repeats,
		Args: []command.Arg{{Name: "encoding", Type: "string"}, {Name: "offset", Type: "integer"}}}
	if operand != "" {
		a.Args = append(a.Args, command.Arg{Name: operand, Type: "integer"})
	}
	return a
}

func fieldOperations() command.Arg {
	token := func(name, word string) command.Arg { return command.Arg{Name: name, Type: "pure-token", Token: word} }
	return command.Arg{Name: "operation", Type: "oneof", Optional: true, Multiple: true, Args: []command.Arg{
		fieldArg("encoding_offset", "GET", false, ""),
		{Name: "write", Type: "block", Args: []command.Arg{
			{Name: "wrap_sat_fail", Type: "oneof", Token: "OVERFLOW", Optional: true,
				Args: []command.Arg{token("wrap", "WRAP"), token("sat", "SAT"), token("fail", "FAIL")}},
			{Name: "write_operation", Type: "oneof", Args: []command.Arg{
				fieldArg("encoding_offset_value", "SET", false, "value"),
				fieldArg("encoding_offset_increment", "INCRBY", false, "increment")}},
		}},
	}}
}
