package command

// Arg is one argument in COMMAND DOCS. Shapes as in Redis 7.0's reply: name, type, and optional token, flags, summary, children.
type Arg struct {
	Name       string
	Type       string // key string integer double pattern unix-time pure-token oneof block
	Token      string // literal that precedes (or is) the argument
	Optional   bool
	Multiple   bool
	MultiTok   bool // the token repeats with each value
	KeySpec    int  // for Type key, and patterns that make keys: index into Spec.Keys
	Since      string
	Deprecated string // version
	Args       []Arg  // of oneof and block
}
