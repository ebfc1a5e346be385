package geo

import "github.com/lockstep-db/lockstep/server/internal/command"

// Commands declares the family: arity, flags, keys and arguments are those of Redis 7.0.
func Commands() []*command.Spec {
	const read = command.KeyRO | command.KeyAccessData
	members := []command.Arg{argKey, {Name: "member", Type: "string", Multiple: true}}
	return append([]*command.Spec{
		{
			Name: "geoadd", Arity: -5, Flags: command.Write | command.DenyOOM,
			Keys:  command.OneKey(command.KeyRW | command.KeyUpdate),
			Group: "geo", Since: "3.2.0",
			Summary:    "Adds places to a sorted set, or moves them.",
			Complexity: "O(log(N)) for each place, N members",
			Args: []command.Arg{argKey,
				{Name: "condition", Type: "oneof", Optional: true, Since: "6.2.0", Args: []command.Arg{token("nx"), token("xx")}},
				{Name: "change", Type: "pure-token", Token: "CH", Optional: true, Since: "6.2.0"},
				{Name: "longitude_latitude_member", Type: "block", Multiple: true, Args: []command.Arg{double("longitude", ""), double("latitude", ""), {Name: "member", Type: "string"}}}},
			Run: geoadd,
		},
		{
			Name: "geodist", Arity: -4, Flags: command.ReadOnly, Keys: command.OneKey(read), Group: "geo", Since: "3.2.0",
			Summary:    "Returns the distance between two members.",
			Complexity: "O(1)",
			Args:       []command.Arg{argKey, {Name: "member1", Type: "string"}, {Name: "member2", Type: "string"}, optional(argUnit())},
			Run:        geodist,
		},
		{
			Name: "geohash", Arity: -2, Flags: command.ReadOnly, Keys: command.OneKey(read), Group: "geo", Since: "3.2.0",
			Summary:    "Returns the geohashes of members, as other programs write them.",
			Complexity: "O(1) for each member",
			Args:       members,
			Run:        geohash,
		},
		{
			Name: "geopos", Arity: -2, Flags: command.ReadOnly, Keys: command.OneKey(read), Group: "geo", Since: "3.2.0",
			Summary:    "Returns the longitude and the latitude of members.",
			Complexity: "O(1) for each member",
			Args:       members,
			Run:        geopos,
		},
	}, searches()...)
}

const searchComplexity = "O(N + log(M)), N members in the cells that cover the area, M in the set"

func searches() []*command.Spec {
	const read = command.KeyRO | command.KeyAccessData
	upper := "7.0.0|Units may be in upper case."
	return []*command.Spec{
		radius("georadius", formRadius, "3.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument", upper),
		radius("georadius_ro", formRadiusRO, "3.2.10", "`GEOSEARCH` with the `BYRADIUS` argument", ""),
		radius("georadiusbymember", formMember, "3.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments", upper),
		radius("georadiusbymember_ro", formMemberRO, "3.2.10", "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments", ""),
		{
			Name: "geosearch", Arity: -7, Flags: command.ReadOnly, Keys: command.OneKey(read), Group: "geo", Since: "6.2.0",
			Summary:    "Finds the members inside of a circle or a box.",
			Complexity: searchComplexity, History: []string{upper},
			Args: append(append([]command.Arg{argKey}, place()...), argOrder(), argCount(""), with("coord"), with("dist"), with("hash")),
			Run:  func(c *command.Ctx) { run(c, formGeoSearch) },
		},
		{
			Name: "geosearchstore", Arity: -8, Flags: command.Write | command.DenyOOM, Group: "geo", Since: "6.2.0",
			Keys:       command.TwoKeys(command.KeyOW|command.KeyUpdate, read),
			Summary:    "Stores the members inside of a circle or a box.",
			Complexity: searchComplexity, History: []string{upper},
			Args: append(append([]command.Arg{{Name: "destination", Type: "key"}, {Name: "source", Type: "key", KeySpec: 1}}, place()...),
				argOrder(), argCount(""), optional(token("storedist"))),
			Run: func(c *command.Ctx) { run(c, formGeoSearchStore) },
		},
	}
}

// radius declares one of the commands before GEOSEARCH.
func radius(name string, f form, since, instead, history string) *command.Spec {
	const read = command.KeyRO | command.KeyAccessData
	s := &command.Spec{
		Name: name, Arity: -f.options, Flags: command.ReadOnly, Keys: command.OneKey(read), Group: "geo", Since: since,
		Summary:    "Finds the members within a distance of a place.",
		Complexity: searchComplexity,
		Deprecated: "6.2.0|" + instead,
		Run:        func(c *command.Ctx) { run(c, f) },
	}
	if history != "" {
		s.History = []string{history}
	}
	s.Args = []command.Arg{argKey, double("longitude", ""), double("latitude", "")}
	anySince := "6.2.0"
	if f.fromMember {
		s.Summary = "Finds the members within a distance of a member."
		s.Args = []command.Arg{argKey, {Name: "member", Type: "string"}}
		anySince = ""
	}
	s.Args = append(s.Args, double("radius", ""), argUnit(), with("coord"), with("dist"), with("hash"), argCount(anySince), argOrder())
	if f.store {
		s.Flags = command.Write | command.DenyOOM
		for i, word := range []string{"STORE", "STOREDIST"} {
			s.Keys = append(s.Keys, command.KeySpec{Access: command.KeyOW | command.KeyUpdate, Keyword: word, StartFrom: f.options})
			s.Args = append(s.Args, command.Arg{Name: "key", Type: "key", KeySpec: i + 1, Token: word, Optional: true})
		}
	}
	return s
}

var argKey = command.Arg{Name: "key", Type: "key"}

func token(name string) command.Arg {
	word := []byte(name)
	for i := range word {
		word[i] -= 'a' - 'A'
	}
	return command.Arg{Name: name, Type: "pure-token", Token: string(word)}
}

func optional(a command.Arg) command.Arg {
	a.Optional = true
	return a
}

func with(what string) command.Arg { return optional(token("with" + what)) }

func double(name, word string) command.Arg {
	return command.Arg{Name: name, Type: "double", Token: word}
}

func argUnit() command.Arg {
	return command.Arg{Name: "unit", Type: "oneof", Args: []command.Arg{token("m"), token("km"), token("ft"), token("mi")}}
}

func argOrder() command.Arg {
	return command.Arg{Name: "order", Type: "oneof", Optional: true, Args: []command.Arg{token("asc"), token("desc")}}
}

func argCount(anySince string) command.Arg {
	anyArg := optional(token("any"))
	anyArg.Since = anySince
	return command.Arg{Name: "count", Type: "block", Optional: true, Args: []command.Arg{{Name: "count", Type: "integer", Token: "COUNT"}, anyArg}}
}

// place is what GEOSEARCH asks: from where, and how far.
func place() []command.Arg {
	return []command.Arg{
		{Name: "from", Type: "oneof", Args: []command.Arg{
			{Name: "member", Type: "string", Token: "FROMMEMBER"},
			{Name: "longitude_latitude", Type: "block", Token: "FROMLONLAT", Args: []command.Arg{double("longitude", ""), double("latitude", "")}}}},
		{Name: "by", Type: "oneof", Args: []command.Arg{
			{Name: "circle", Type: "block", Args: []command.Arg{double("radius", "BYRADIUS"), argUnit()}},
			{Name: "box", Type: "block", Args: []command.Arg{double("width", "BYBOX"), double("height", ""), argUnit()}}}},
	}
}
