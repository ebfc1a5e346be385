package hll

import "github.com/lockstep-db/lockstep/server/internal/command"

// Commands declares the family: arity, flags, keys and arguments are those of Redis 7.0.
func Commands() []*command.Spec {
	const read = command.KeyRO | command.KeyAccessData
	return []*command.Spec{
		{
			Name: "pfadd", Arity: -2, Flags: command.Write | command.DenyOOM | command.Fast,
			Keys:  command.OneKey(command.KeyRW | command.KeyInsert),
			Group: "hyperloglog", Since: "2.8.9",
			Summary:    "Counts elements in a HyperLogLog, which is made if it is missing.",
			Complexity: "O(1) for each element",
			Args:       []command.Arg{{Name: "key", Type: "key"}, {Name: "element", Type: "string", Optional: true, Multiple: true}},
			Run:        pfadd,
		},
		{
			Name: "pfcount", Arity: -2, Flags: command.ReadOnly | command.MayReplicate,
			Keys: []command.KeySpec{{Access: command.KeyRW | command.KeyAccessData, Index: 1, LastKey: -1,
				Notes: "RW because it may change the internal representation of the key, and propagate to replicas"}},
			Group: "hyperloglog", Since: "2.8.9",
			Summary:    "Estimates how many different elements were added to one or several HyperLogLogs.",
			Complexity: "O(1) for one key, O(N) for N keys, whose registers are merged",
			Args:       []command.Arg{{Name: "key", Type: "key", Multiple: true}},
			Run:        pfcount,
		},
		{
			Name: "pfmerge", Arity: -2, Flags: command.Write | command.DenyOOM,
			Keys: []command.KeySpec{{Access: command.KeyRW | command.KeyAccessData | command.KeyInsert, Index: 1},
				{Access: read, Index: 2, LastKey: -1}},
			Group: "hyperloglog", Since: "2.8.9",
			Summary:    "Merges HyperLogLogs into one.",
			Complexity: "O(N), N HyperLogLogs",
			Args:       []command.Arg{{Name: "destkey", Type: "key"}, {Name: "sourcekey", Type: "key", KeySpec: 1, Multiple: true}},
			Run:        pfmerge,
		},
		{
			Name: "pfdebug", Arity: 3, Flags: command.Write | command.DenyOOM | command.Admin, Internal: true,
			Keys:  []command.KeySpec{{Access: command.KeyRW | command.KeyAccessData, Index: 2}},
			Group: "hyperloglog", Since: "2.8.9",
			Summary:    "Shows the registers and the encoding of a HyperLogLog.",
			Complexity: "N/A",
			Args:       []command.Arg{{Name: "subcommand", Type: "string"}, {Name: "key", Type: "key"}},
			Run:        pfdebug,
		},
		{
			Name: "pfselftest", Arity: 1, Flags: command.Admin, Internal: true,
			Group: "hyperloglog", Since: "2.8.9",
			Summary:    "Tries out the HyperLogLog implementation.",
			Complexity: "N/A",
			Run:        pfselftest,
		},
	}
}
