package app

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
)

// catchSignals makes SIGTERM and SIGINT schedule a shutdown. A second SIGINT ends the process at once.
func (a *App) catchSignals() {
	ch := make(chan os.Signal, 4)
	signal.Ignore(syscall.SIGPIPE, syscall.SIGHUP)
	signal.Notify(ch, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		for sig := range ch {
			if a.stopping.Swap(true) && sig == syscall.SIGINT {
				_, _ = fmt.Fprintln(a.opts.Stdout, "You insist... exiting now.")
				a.persist.Abandon() // the engine's thread may be in the middle of that save
				os.Exit(1)
			}
			a.engine.Post(func() { a.onSignal(sig) })
		}
	}()
	a.watchCrashes()
}

// watchCrashes has the log say how the process ended, with the stack of each goroutine (crash-log-enabled): Go tells standard
// error alone, which who runs a service rarely keeps.
func (a *App) watchCrashes() {
	ch := make(chan os.Signal, 1)
	go func() {
		for sig := range ch {
			a.logCrash(sig)
		}
	}()
	// Faults of the program itself are no business of signal.Notify: the runtime's own report covers them.
	fromOutside := []os.Signal{syscall.SIGABRT, syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL}
	apply := func() error {
		if !a.cfg.CrashLogEnabled {
			signal.Reset(fromOutside...)
			return debug.SetCrashOutput(nil, debug.CrashOptions{})
		}
		signal.Notify(ch, fromOutside...)
		if log, ok := a.logTo.(*os.File); ok && !sameFile(log, os.Stderr) {
			return debug.SetCrashOutput(log, debug.CrashOptions{})
		}
		return nil
	}
	if err := apply(); err != nil {
		a.log.Warn("A crash will not be logged: " + err.Error())
	}
	a.cfg.OnChange(apply, "crash-log-enabled")
}

// logCrash logs what every goroutine is doing and lets the signal end the process.
func (a *App) logCrash(sig os.Signal) {
	no, _ := sig.(syscall.Signal)
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	a.log.Warn(fmt.Sprintf("Lockstep %s crashed by signal: %d, %s", a.opts.Version, int(no), no))
	a.log.Warn("------ STACK TRACE ------\n" + string(stacks) + "------ END OF STACK TRACE ------")
	_ = debug.SetCrashOutput(nil, debug.CrashOptions{}) // it is all there
	signal.Reset(sig)
	_ = syscall.Kill(os.Getpid(), no)
}

func sameFile(a, b *os.File) bool {
	x, err := a.Stat()
	if err != nil {
		return false
	}
	y, err := b.Stat()
	return err == nil && os.SameFile(x, y)
}
