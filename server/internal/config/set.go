package config

import (
	"slices"
	"strings"
)

// hook is called once after any of its directives changed.
type hook struct {
	names []string
	apply func() error
}

// OnChange registers apply for the directives: after CONFIG SET stored new
// values of any of them, apply is called once, on the caller's thread, and
// finds the values in c. Its error takes the whole CONFIG SET back: values are
// restored and the hooks that had run are called again. Such an error's text is
// shown to the client. A hook may adjust the values itself.
func (c *Config) OnChange(apply func() error, names ...string) {
	for _, name := range names {
		if c.byName[name] == nil {
			panic("BUG: no directive " + name)
		}
	}
	c.hooks = append(c.hooks, &hook{names, apply})
}

// SetOptions tells Set who asks.
type SetOptions struct {
	Loading bool // a data set is being loaded
	Local   bool // the client is on this machine
}

// SetError is a refused CONFIG SET; its text is Redis's, without "ERR ".
type SetError struct {
	Name    string // of the directive, as the client called it if it is unknown
	Reason  string
	Unknown bool
	Loading bool // not while a data set is loaded
}

func (e *SetError) Error() string {
	if e.Unknown {
		return "Unknown option or number of arguments for CONFIG SET - '" + e.Name + "'"
	}
	return "CONFIG SET failed (possibly related to argument '" + e.Name + "') - " + e.Reason
}

// Set changes directives, all or none: pairs are name, value, name, value. The
// error is a *SetError.
func (c *Config) Set(pairs []string, o SetOptions) error {
	names := make([]string, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		name := strings.ToLower(pairs[i])
		if err := c.mayChange(name, pairs[i], o); err != nil {
			return err
		}
		if slices.Contains(names, name) {
			return &SetError{Name: pairs[i], Reason: "duplicate parameter"}
		}
		names = append(names, name)
	}
	before := make([]string, len(names))
	restores := make([]func(), len(names))
	for i, name := range names {
		d := c.byName[name]
		before[i], restores[i] = d.show(), d.keep()
	}
	restore := func() {
		for i := len(restores) - 1; i >= 0; i-- {
			restores[i]()
		}
	}
	for i, name := range names {
		d := c.byName[name]
		if err := d.parse(input{args: d.split(pairs[2*i+1])}); err != nil {
			restore()
			return &SetError{Name: name, Reason: err.Error()}
		}
	}
	return c.apply(names, before, restore)
}

// split cuts CONFIG SET's one argument into those of a line.
func (d *Directive) split(arg string) []string {
	if d.flags&multi == 0 || arg == "" {
		return []string{arg}
	}
	return strings.Split(arg, " ")
}

func (c *Config) mayChange(name, typed string, o SetOptions) error {
	d := c.byName[name]
	switch {
	case d == nil:
		return &SetError{Name: typed, Unknown: true}
	case d.flags&immutable != 0:
		return &SetError{Name: typed, Reason: "can't set immutable config"}
	case d.flags&protected != 0 && !(c.EnableProtectedConfigs == "yes" || c.EnableProtectedConfigs == "local" && o.Local):
		return &SetError{Name: typed, Reason: "can't set protected config"}
	case d.flags&notLoading != 0 && o.Loading:
		return &SetError{Name: typed, Reason: "can't set config during loading", Loading: true}
	}
	return nil
}

// apply calls the hooks of the directives that changed.
func (c *Config) apply(names, before []string, restore func()) error {
	var done []*hook
	for i, name := range names {
		d := c.byName[name]
		if d.show() == before[i] {
			continue
		}
		for _, h := range c.hooks {
			if !slices.Contains(h.names, d.Name) || slices.Contains(done, h) {
				continue
			}
			err := h.apply()
			if err == nil {
				done = append(done, h)
				continue
			}
			restore()
			for _, h := range done {
				// They accepted these values before; there is nobody left to tell otherwise.
				_ = h.apply()
			}
			return &SetError{Name: name, Reason: err.Error()}
		}
	}
	return nil
}

// Get answers CONFIG GET: the directives, under names and aliases, that match
// any of the patterns, as name, value, name, value. match is the glob match of
// KEYS, without regard to case. Hidden directives are found by their exact
// name only, and a name without wildcards is answered as it was typed.
func (c *Config) Get(patterns []string, match func(pattern, name string) bool) []string {
	var out []string
	seen := map[string]bool{}
	add := func(shown, name string, d *Directive) {
		if !seen[name] {
			seen[name] = true
			out = append(out, shown, d.show())
		}
	}
	for _, pattern := range patterns {
		if !strings.ContainsAny(pattern, "[*?") {
			name := strings.ToLower(pattern)
			if d := c.byName[name]; d != nil {
				add(pattern, name, d)
			}
			continue
		}
		for _, d := range c.directives {
			if d.Hidden() {
				continue
			}
			if match(pattern, d.Name) {
				add(d.Name, d.Name, d)
			}
			if d.Alias != "" && match(pattern, d.Alias) {
				add(d.Alias, d.Alias, d)
			}
		}
	}
	return out
}
