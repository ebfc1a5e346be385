package engine

// loadState says that a data set is being read: from disk at start, from a master, or by DEBUG RELOAD.
type loadState struct {
	active bool
	async  bool // old data is served meanwhile (repl-diskless-load swapdb)
}

// SetLoading changes the loading state as the command path sees it.
func (e *Engine) SetLoading(active, async bool) { e.loading = loadState{active, async} }

// Loading reports whether a data set is being read.
func (e *Engine) Loading() bool { return e.loading.active }

// AsyncLoading reports whether old data is served while a new data set is read.
func (e *Engine) AsyncLoading() bool { return e.loading.active && e.loading.async }
