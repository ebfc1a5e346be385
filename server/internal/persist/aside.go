package persist

// aside runs one piece of work at a time on a goroutine and what follows from it on the engine's thread.
type aside struct {
	post   func(func())
	idle   chan struct{} // closed when the work is done; nil: there is none
	finish func()
}

func (a *aside) busy() bool { return a.idle != nil }

// run begins work, which nothing may be in the way of. done runs when aside is free again.
func (a *aside) run(work func() error, done func(error)) {
	if a.busy() {
		panic("BUG: persist: two things at a time for one goroutine")
	}
	idle := make(chan struct{})
	a.idle = idle
	var err error
	finish := func() {
		if a.idle == idle { // else wait has come before
			a.idle, a.finish = nil, nil
			done(err)
		}
	}
	a.finish = finish
	go func() {
		err = work()
		close(idle)
		a.post(finish)
	}()
}

// wait waits for the work and does what follows from it now.
func (a *aside) wait() {
	if a.busy() {
		<-a.idle
		a.finish()
	}
}
