package config

// Flag says how a directive may be used.
type Flag uint8

const (
	immutable  Flag = 1 << iota // set at the start only
	protected                   // CONFIG SET needs enable-protected-configs
	notLoading                  // not while a data set is loaded
	hidden                      // answered by its exact name only
	secret                      // not to be logged
	multi                       // takes several arguments
)

// Directive is one row of the table.
type Directive struct {
	Name  string
	Alias string // the name of older versions, or empty
	// Form is a short description of the values: "yes|no", "0..65535".
	Form string
	Doc  string

	flags Flag
	value
	line   int  // of the last load, 0 if none
	loaded bool // by a file or the command line
}

// value reads and prints what one field of Config holds.
type value interface {
	// parse replaces the value. The error is the reason alone, as Redis words it.
	parse(in input) error
	// show is the text of CONFIG GET.
	show() string
	reset()
	isDefault() bool
	// keep returns a function that brings the present value back.
	keep() (restore func())
	// lines are the arguments to write to a file, a line each.
	lines() []line
	// bounds moves numbers into a range instead of refusing them.
	bounds(lo, hi int64)
}

// input is what a directive is given.
type input struct {
	args []string
	file bool // by a file or the command line: directives may add up
	// again tells that an earlier line had the same directive.
	again bool
}

// line is one line of a rewritten file, without the directive's name.
type line struct {
	args string
	// force writes the line although the file did not have the directive.
	force bool
}

func (d *Directive) with(f Flag) *Directive {
	d.flags |= f
	return d
}

func (d *Directive) alias(name string) *Directive {
	d.Alias = name
	return d
}

func (d *Directive) clamp(lo, hi int64) *Directive {
	d.bounds(lo, hi)
	return d
}

// Mutable reports whether CONFIG SET may change the directive.
func (d *Directive) Mutable() bool { return d.flags&immutable == 0 }

// Hidden reports whether CONFIG GET lists the directive by its exact name only.
func (d *Directive) Hidden() bool { return d.flags&hidden != 0 }

// Secret reports whether the value must not be logged.
func (d *Directive) Secret() bool { return d.flags&secret != 0 }

// Default returns the default as CONFIG GET shows it.
func (d *Directive) Default() string {
	restore := d.keep()
	d.reset()
	text := d.show()
	restore()
	return text
}

// Directives returns the table, in the order of the documentation.
func (c *Config) Directives() []*Directive { return c.directives }
