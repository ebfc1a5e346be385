package session

// Track is what client-side caching knows of a client that has switched it on.
type Track struct {
	Redirect int64 // ID of the client that gets the invalidations, 0: this one
	Bcast    bool  // hears of all keys with a prefix, instead of those that it has read
	OptIn    bool  // only reads after CLIENT CACHING YES count
	OptOut   bool  // reads after CLIENT CACHING NO do not count
	NoLoop   bool  // does not hear of its own changes
	Caching  bool  // CLIENT CACHING was said for the next command
	Broken   bool  // the client of Redirect is gone
	Prefixes []string
}

// Remembers reports whether the keys that the running command reads are remembered for the client.
func (t *Track) Remembers() bool {
	return !t.Bcast && (!t.OptIn || t.Caching) && (!t.OptOut || !t.Caching)
}

// prefixMemory is what a prefix costs beside its bytes.
const prefixMemory = 64

func (t *Track) memory() (n int) {
	if t != nil {
		for _, p := range t.Prefixes {
			n += prefixMemory + len(p)
		}
	}
	return n
}
