package keys

import "github.com/lockstep-db/lockstep/server/internal/command"

// valuesSpecs declares commands about values as a whole: serialized, described, sorted.
func (f *family) valuesSpecs() []*command.Spec {
	return []*command.Spec{
		{
			Name: "dump", Arity: 2, Flags: command.ReadOnly,
			Keys:  []command.KeySpec{{Access: command.KeyRO | command.KeyAccessData, Index: 1}},
			Group: "generic", Since: "2.6.0",
			Summary:    "Returns a value in the form that RESTORE takes.",
			Complexity: "O(N), N bytes returned",
			Args:       []command.Arg{{Name: "key", Type: "key"}},
			Tips:       []string{"nondeterministic_output"},
			Run:        f.dump,
		},
		{
			Name: "migrate", Arity: -6, Flags: command.Write,
			Cats:  command.CatDangerous,
			Keys:  []command.KeySpec{{Access: command.KeyRW | command.KeyAccessData | command.KeyDelete, Index: 3}, {Access: command.KeyRW | command.KeyAccessData | command.KeyDelete | command.KeyIncomplete, Keyword: "KEYS", StartFrom: -2, LastKey: -1}},
			Group: "generic", Since: "2.6.0",
			Summary:    "Moves keys to another server.",
			Complexity: "O(N), N bytes of the values; the server waits",
			Args:       []command.Arg{{Name: "host", Type: "string"}, {Name: "port", Type: "integer"}, {Name: "key_or_empty_string", Type: "oneof", Args: []command.Arg{{Name: "key", Type: "key"}, {Name: "empty_string", Type: "pure-token", Token: ""}}}, {Name: "destination-db", Type: "integer"}, {Name: "timeout", Type: "integer"}, {Name: "copy", Type: "pure-token", Token: "COPY", Optional: true, Since: "3.0.0"}, {Name: "replace", Type: "pure-token", Token: "REPLACE", Optional: true, Since: "3.0.0"}, {Name: "authentication", Type: "oneof", Optional: true, Args: []command.Arg{{Name: "password", Type: "string", Token: "AUTH", Optional: true, Since: "4.0.7"}, {Name: "username_password", Type: "block", Token: "AUTH2", Optional: true, Since: "6.0.0", Args: []command.Arg{{Name: "username", Type: "string"}, {Name: "password", Type: "string"}}}}}, {Name: "key", Type: "key", Token: "KEYS", Optional: true, Multiple: true, KeySpec: 1, Since: "3.0.6"}},
			Tips:       []string{"nondeterministic_output"},
			GetKeys:    migrateGetKeys,
			Run:        f.migrate,
		},
	}
}

// valuesSpecs2 declares commands about values as a whole: serialized, described, sorted.
func (f *family) valuesSpecs2() []*command.Spec {
	return []*command.Spec{
		{
			Name: "object", Arity: -2,
			Group: "generic", Since: "2.2.3",
			Summary:    "Shows how a value is kept.",
			Complexity: "Depends on the subcommand",
			Subs: []*command.Spec{
				{
					Name: "encoding", Arity: 3, Flags: command.ReadOnly,
					Keys:  []command.KeySpec{{Access: command.KeyRO, Index: 2}},
					Group: "generic", Since: "2.2.3",
					Summary:    "Names the encoding of a value.",
					Complexity: "O(1)",
					Args:       []command.Arg{{Name: "key", Type: "key"}},
					Tips:       []string{"nondeterministic_output"},
					Run:        objectEncoding,
				},
				{
					Name: "freq", Arity: 3, Flags: command.ReadOnly,
					Keys:  []command.KeySpec{{Access: command.KeyRO, Index: 2}},
					Group: "generic", Since: "4.0.0",
					Summary:    "Returns the access counter of a key (LFU).",
					Complexity: "O(1)",
					Args:       []command.Arg{{Name: "key", Type: "key"}},
					Tips:       []string{"nondeterministic_output"},
					Run:        objectFreq,
				},
				{
					Name: "help", Arity: 2, Flags: command.Loading | command.Stale,
					Group: "generic", Since: "6.2.0",
					Summary:    "Lists the subcommands.",
					Complexity: "O(1)",
					Run:        objectHelp,
				},
				{
					Name: "idletime", Arity: 3, Flags: command.ReadOnly,
					Keys:  []command.KeySpec{{Access: command.KeyRO, Index: 2}},
					Group: "generic", Since: "2.2.3",
					Summary:    "Returns the seconds since the last access (LRU).",
					Complexity: "O(1)",
					Args:       []command.Arg{{Name: "key", Type: "key"}},
					Tips:       []string{"nondeterministic_output"},
					Run:        objectIdletime,
				},
				{
					Name: "refcount", Arity: 3, Flags: command.ReadOnly,
					Keys:  []command.KeySpec{{Access: command.KeyRO, Index: 2}},
					Group: "generic", Since: "2.2.3",
					Summary:    "Returns the number of references to a value.",
					Complexity: "O(1)",
					Args:       []command.Arg{{Name: "key", Type: "key"}},
					Tips:       []string{"nondeterministic_output"},
					Run:        objectRefcount,
				},
			},
		},
		f.restoreSpec("restore"),
		restoreAsking(f.restoreSpec("restore-asking")),
	}
}

// restoreSpec declares RESTORE, under one of its two names.
func (f *family) restoreSpec(name string) *command.Spec {
	return &command.Spec{
		Name: name, Arity: -4, Flags: command.Write | command.DenyOOM,
		Cats:  command.CatDangerous,
		Keys:  []command.KeySpec{{Access: command.KeyOW | command.KeyUpdate, Index: 1}},
		Group: "generic", Since: "2.6.0",
		Summary:    "Makes a key from what DUMP returned.",
		Complexity: "O(N), N bytes of the value",
		Args:       []command.Arg{{Name: "key", Type: "key"}, {Name: "ttl", Type: "integer"}, {Name: "serialized-value", Type: "string"}, {Name: "replace", Type: "pure-token", Token: "REPLACE", Optional: true, Since: "3.0.0"}, {Name: "absttl", Type: "pure-token", Token: "ABSTTL", Optional: true, Since: "5.0.0"}, {Name: "seconds", Type: "integer", Token: "IDLETIME", Optional: true, Since: "5.0.0"}, {Name: "frequency", Type: "integer", Token: "FREQ", Optional: true, Since: "5.0.0"}},
		Run:        f.restore,
	}
}

// restoreAsking declares what nodes of a cluster say to each other: RESTORE into a slot that is still being moved.
func restoreAsking(s *command.Spec) *command.Spec {
	s.Flags |= command.Asking
	s.Cats |= command.CatKeyspace
	s.Group, s.Since, s.Internal = "server", "3.0.0", true
	s.Summary = "Makes a key from what DUMP returned, while its slot moves."
	return s
}

// valuesSpecs3 declares commands about values as a whole: serialized, described, sorted.
func (f *family) valuesSpecs3() []*command.Spec {
	return []*command.Spec{
		{
			Name: "sort", Arity: -2, Flags: command.Write | command.DenyOOM,
			Cats:  command.CatSet | command.CatSortedSet | command.CatList | command.CatDangerous,
			Keys:  []command.KeySpec{{Access: command.KeyRO | command.KeyAccessData, Index: 1}, {Access: command.KeyRO | command.KeyAccessData, Unknown: true, Notes: "keys named by BY and GET come from the elements"}, {Access: command.KeyOW | command.KeyUpdate, Unknown: true, Notes: "STORE may stand anywhere"}},
			Group: "generic", Since: "1.0.0",
			Summary:    "Sorts the elements of a list, set or sorted set, and stores or returns them.",
			Complexity: "O(N+M*log(M)), N elements, M returned",
			Args:       []command.Arg{{Name: "key", Type: "key"}, {Name: "pattern", Type: "pattern", Token: "BY", Optional: true, KeySpec: 1}, {Name: "offset_count", Type: "block", Token: "LIMIT", Optional: true, Args: []command.Arg{{Name: "offset", Type: "integer"}, {Name: "count", Type: "integer"}}}, {Name: "pattern", Type: "pattern", Token: "GET", Optional: true, Multiple: true, MultiTok: true, KeySpec: 1}, {Name: "order", Type: "oneof", Optional: true, Args: []command.Arg{{Name: "asc", Type: "pure-token", Token: "ASC"}, {Name: "desc", Type: "pure-token", Token: "DESC"}}}, {Name: "sorting", Type: "pure-token", Token: "ALPHA", Optional: true}, {Name: "destination", Type: "key", Token: "STORE", Optional: true, KeySpec: 2}},
			GetKeys:    sortGetKeys,
			Run:        sortKeys,
		},
		{
			Name: "sort_ro", Arity: -2, Flags: command.ReadOnly,
			Cats:  command.CatSet | command.CatSortedSet | command.CatList | command.CatDangerous,
			Keys:  []command.KeySpec{{Access: command.KeyRO | command.KeyAccessData, Index: 1}, {Access: command.KeyRO | command.KeyAccessData, Unknown: true, Notes: "keys named by BY and GET come from the elements"}},
			Group: "generic", Since: "7.0.0",
			Summary:    "Sorts the elements of a list, set or sorted set and returns them.",
			Complexity: "O(N+M*log(M)), N elements, M returned",
			Args:       []command.Arg{{Name: "key", Type: "key"}, {Name: "pattern", Type: "pattern", Token: "BY", Optional: true, KeySpec: 1}, {Name: "offset_count", Type: "block", Token: "LIMIT", Optional: true, Args: []command.Arg{{Name: "offset", Type: "integer"}, {Name: "count", Type: "integer"}}}, {Name: "pattern", Type: "pattern", Token: "GET", Optional: true, Multiple: true, MultiTok: true, KeySpec: 1}, {Name: "order", Type: "oneof", Optional: true, Args: []command.Arg{{Name: "asc", Type: "pure-token", Token: "ASC"}, {Name: "desc", Type: "pure-token", Token: "DESC"}}}, {Name: "sorting", Type: "pure-token", Token: "ALPHA", Optional: true}},
			GetKeys:    sortGetKeys,
			Run:        sortRO,
		},
	}
}
