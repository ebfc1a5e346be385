package app

// Title is the process title that ps shows (set-proc-title, proc-title-template). It is written over the arguments and, where
// those are too short for it, over the environment that the process was started with: the kernel shows what stands there.
// Go has its own copy of the environment, and TakeArgs makes one of the arguments.
type Title struct {
	room []byte // empty where the system has no such thing
}

// Set shows text, as much of it as there is room for.
func (t *Title) Set(text string) {
	if t == nil || len(t.room) == 0 {
		return
	}
	// The last byte stays 0: what the process began with ended there, and whoever still reads it needs an end.
	n := copy(t.room[:len(t.room)-1], text)
	clear(t.room[n:])
}

// watchTitle shows the title now and when one of its parts changes.
func (a *App) watchTitle() {
	if !a.cfg.SetProcTitle {
		return
	}
	show := func() error { a.opts.Title.Set(a.cfg.Title(a.opts.Executable)); return nil }
	_ = show()
	a.cfg.OnChange(show, "proc-title-template", "bind", "port")
}
