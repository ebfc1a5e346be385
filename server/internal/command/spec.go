package command

import "strings"

// Flags are the properties of a command that the engine, ACL and COMMAND INFO read. The names on the wire
// are those of Redis 7.0's COMMAND INFO.
type Flags uint32

const (
	Write           Flags = 1 << iota // may change the data set
	ReadOnly                          // reads keys, changes none
	DenyOOM                           // refused when memory is over maxmemory
	Admin                             // administrative: ACL @admin and @dangerous
	PubSub                            // pub/sub related: ACL @pubsub
	NoScript                          // not allowed in scripts
	Blocking                          // may block the client
	Loading                           // allowed while a data set loads
	Stale                             // allowed on a replica whose data is stale
	SkipMonitor                       // not shown to MONITOR
	SkipSlowlog                       // not put into the slow log
	Asking                            // cluster: accepted in importing state
	Fast                              // O(1) or O(log N), ACL @fast; else @slow
	NoAuth                            // allowed before authentication
	MayReplicate                      // may propagate although not a write (PUBLISH, EVAL)
	NoAsyncLoading                    // refused while replica-side swapdb loading runs
	NoMulti                           // refused inside MULTI
	AllowBusy                         // allowed while a script is busy
	NoMandatoryKeys                   // keys are optional
	Protected                         // needs enable-debug-command or enable-module-command
	Sentinel                          // hidden: internal to Sentinel
	InternalReplica                   // hidden: part of the replication conversation (PSYNC, REPLCONF)
)

var flagNames = [...]string{
	"write", "readonly", "denyoom", "admin", "pubsub", "noscript", "blocking", "loading", "stale", "skip_monitor",
	"skip_slowlog", "asking", "fast", "no_auth", "", "no_async_loading", "no_multi", "allow_busy",
	"no_mandatory_keys",
}

// Names lists the flags that COMMAND INFO shows, in Redis's order.
func (f Flags) Names() []string {
	var out []string
	for i, n := range flagNames {
		if f&(1<<i) != 0 && n != "" { // MayReplicate is Redis's own business
			out = append(out, n)
		}
	}
	return out
}

// Category is a set of ACL categories that are not implied by flags and group.
type Category uint32

const (
	CatKeyspace Category = 1 << iota
	CatRead
	CatWrite
	CatSet
	CatSortedSet
	CatList
	CatHash
	CatString
	CatBitmap
	CatHyperLogLog
	CatGeo
	CatStream
	CatPubSub
	CatAdmin
	CatFast
	CatSlow
	CatBlocking
	CatDangerous
	CatConnection
	CatTransaction
	CatScripting
)

var categoryNames = [...]string{
	"keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo", "stream",
	"pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting",
}

// CategoryNames lists all ACL categories in Redis's order.
func CategoryNames() []string { return append([]string(nil), categoryNames[:]...) }

// Names lists the categories of the set without the leading '@'.
func (c Category) Names() []string {
	var out []string
	for i, n := range categoryNames {
		if c&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	return out
}

// ParseCategory finds a category by its name without '@', ignoring case; 0: there is none of that name.
func ParseCategory(name []byte) Category {
	for i, n := range categoryNames {
		if strings.EqualFold(string(name), n) {
			return 1 << i
		}
	}
	return 0
}

// Spec describes one command or subcommand. It is data; a Table of them drives dispatch, ACL, key extraction, COMMAND
// DOCS, MULTI rules and the generated compatibility page.
type Spec struct {
	Name  string // lower case; of a subcommand without its container ("get" of CONFIG GET)
	Arity int    // number of arguments with the name, negative: at least that many (Redis's convention)
	Flags Flags
	Cats  Category  // categories beyond those implied by Group and Flags
	Keys  []KeySpec // empty: no keys
	// GetKeys appends the keys of a call to dst where Keys cannot tell them, or not what becomes of them; nil otherwise. ok is
	// false when the arguments do not fit.
	GetKeys func(dst []KeyPos, args [][]byte) (_ []KeyPos, ok bool)

	// CallFlags returns the flags of a call where they depend on its arguments (EVAL of a script that declares flags); nil otherwise.
	CallFlags func(args [][]byte) Flags

	Group      string // "string", "list", ... as in COMMAND DOCS
	Since      string // version of Redis that introduced it
	Summary    string // one short sentence of our own
	Complexity string
	Args       []Arg    // argument specification of COMMAND DOCS
	Tips       []string // "nondeterministic_output", ... as in COMMAND INFO
	Deprecated string   // "6.2.0|`LMOVE` with ..." : version and replacement, or empty
	History    []string // "7.0.0|More than one pattern." : version and change, where Args do not tell it (see Changes)
	Own        bool     // Redis has nothing of the kind, with all subcommands (see Extension)
	Internal   bool     // servers say it to each other, or developers to servers: "syscmd" in COMMAND DOCS

	Run  func(c *Ctx)
	Subs []*Spec // subcommands, nil for most commands

	Parent *Spec // container of a subcommand; set by NewTable
	ID     int   // dense index into per-command counters; set by NewTable
	full   string
}

// FullName is the name that INFO commandstats, ACL and errors use: "get", "config|get".
func (s *Spec) FullName() string {
	if s.full == "" {
		return s.Name
	}
	return s.full
}

// Extension reports whether the command is none of Redis 7.0: one of a later version, or of ours.
func (s *Spec) Extension() bool {
	return s.Own || s.Parent != nil && s.Parent.Own || s.Since > "7.0.9"
}

// Is reports whether all flags of f are set.
func (s *Spec) Is(f Flags) bool { return s.Flags&f == f }

// ArityOK reports whether n arguments (with the name) are acceptable.
func (s *Spec) ArityOK(n int) bool {
	return s.Arity == 0 || n == s.Arity || (s.Arity < 0 && n >= -s.Arity)
}

// ArityError is the error reply for a number of arguments that is not acceptable.
func (s *Spec) ArityError() string {
	return "ERR wrong number of arguments for '" + s.FullName() + "' command"
}

var groupCategory = map[string]Category{
	"generic": CatKeyspace, "string": CatString, "list": CatList, "set": CatSet, "sorted-set": CatSortedSet, "hash": CatHash,
	"bitmap": CatBitmap, "hyperloglog": CatHyperLogLog, "geo": CatGeo, "stream": CatStream,
	"transactions": CatTransaction, "scripting": CatScripting, "connection": CatConnection,
}

// groupCategories are the categories that name groups.
const groupCategories = CatKeyspace | CatString | CatList | CatSet | CatSortedSet | CatHash | CatBitmap | CatHyperLogLog | CatGeo | CatStream |
	CatPubSub | CatTransaction | CatScripting | CatConnection

// Categories returns all ACL categories of the command: those of its group and flags, by the rules of Redis's command table,
// and the explicit ones. An explicit category that names groups replaces that of the command's own group (SORT, WAIT), and a
// command that does nothing without a subcommand has none.
func (s *Spec) Categories() Category {
	c := s.Cats
	if c&groupCategories == 0 && s.Run != nil {
		c |= groupCategory[s.Group]
	}
	if s.Is(Write) {
		c |= CatWrite
	}
	if s.Is(ReadOnly) && s.Group != "scripting" {
		c |= CatRead
	}
	if s.Is(Admin) {
		c |= CatAdmin | CatDangerous
	}
	if s.Is(PubSub) {
		c |= CatPubSub
	}
	if s.Is(Fast) {
		c |= CatFast
	} else {
		c |= CatSlow
	}
	if s.Is(Blocking) {
		c |= CatBlocking
	}
	return c
}
