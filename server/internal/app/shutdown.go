package app

import (
	"os"
	"strings"
	"syscall"

	"github.com/lockstep-db/lockstep/server/internal/commands/admin"
	"github.com/lockstep-db/lockstep/server/internal/engine"
	"github.com/lockstep-db/lockstep/server/internal/event"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// shutdown is a shutdown under way: writes are paused until the replicas have what there is, or the time is over.
//
//	SIGTERM, SIGINT --> scheduled --cron--+--> active --replicas have all, or the deadline--> saved, ended
//	SHUTDOWN -----------------------------+       |
//	                         SHUTDOWN ABORT, or a save that fails --> as if nothing had been asked
type shutdown struct {
	scheduled os.Signal // what cron has to follow, nil for nothing
	active    bool
	opts      admin.ShutdownOptions
	deadline  int64 // Unix ms
	waiting   []*session.Session
}

// onSignal is what SIGTERM and SIGINT do: cron begins the shutdown. Until then SHUTDOWN ABORT takes it back. During a load or a slow script,
// when cron does not run, it begins at once.
func (a *App) onSignal(sig os.Signal) {
	name := "SIGTERM"
	if sig == syscall.SIGINT {
		name = "SIGINT"
	}
	a.log.Warn("Received " + name + " scheduling shutdown...")
	if a.stop.active || a.stop.scheduled != nil {
		return
	}
	a.stop.scheduled = sig
	if a.engine.Loading() || a.engine.Busy() {
		a.beginScheduled()
		return
	}
	a.repl.Leave() // never during a load: it would be broken off, and leave an empty data set to be saved
}

// beginScheduled does what a signal asked for, as configured (shutdown-on-sigterm, shutdown-on-sigint).
func (a *App) beginScheduled() {
	directive := a.cfg.ShutdownOnSigterm
	if a.stop.scheduled == syscall.SIGINT {
		directive = a.cfg.ShutdownOnSigint
	}
	a.stop.scheduled = nil
	var o admin.ShutdownOptions
	for _, w := range strings.Fields(directive) {
		switch w {
		case "save":
			o.Save = true
		case "nosave":
			o.NoSave = true
		case "now":
			o.Now = true
		case "force":
			o.Force = true
		}
	}
	if msg := a.shutDown(o, nil); msg != "" {
		a.log.Warn("Errors trying to shut down the server. Check the logs for more information.")
		a.endShutdown(msg)
	}
}

// shutDown starts a shutdown, and finishes it when nothing has to be waited for. It returns the error that stops it.
func (a *App) shutDown(o admin.ShutdownOptions, by *session.Session) string {
	if a.stop.active && !o.Now {
		a.waitForShutdown(by)
		return ""
	}
	a.log.Warn("User requested shutdown...")
	if a.engine.Loading() { // half a data set must not take the place of the file
		o.Save, o.NoSave = false, true
	}
	if timeout := int64(a.cfg.ShutdownTimeout) * 1000; !o.Now && timeout > 0 && a.repl.Lag() {
		a.stop.active, a.stop.opts, a.stop.deadline = true, o, a.engine.Now()+timeout
		a.waitForShutdown(by)
		a.repl.AskOffsets()
		a.engine.PauseFor(engine.PauseShutdown, engine.Forever)
		a.log.Info("Waiting for replicas before shutting down.")
		return ""
	}
	return a.finish(o)
}

// waitForShutdown parks a client that asked for a shutdown until the process ends, or does not.
func (a *App) waitForShutdown(by *session.Session) {
	if by != nil {
		a.stop.waiting = append(a.stop.waiting, by)
		a.engine.Park(by, &session.BlockState{Kind: session.OnShutdown})
	}
}

// checkShutdown is run by cron: it begins what a signal has scheduled, and ends what waits for replicas.
func (a *App) checkShutdown(now int64) {
	if a.stop.scheduled != nil {
		a.beginScheduled()
		return
	}
	if !a.stop.active || a.repl.Lag() && now < a.stop.deadline {
		return
	}
	if msg := a.finish(a.stop.opts); msg != "" {
		a.log.Warn("Errors trying to shut down the server. Check the logs for more information.")
		a.endShutdown(msg)
	}
}

func (a *App) endShutdown(msg string) {
	waiting := a.stop.waiting
	a.stop = shutdown{}
	a.stopping.Store(false)
	a.repl.Return()
	a.engine.PauseFor(engine.PauseShutdown, 0)
	for _, s := range waiting {
		a.engine.UnblockError(s, msg)
	}
}

func (a *App) abortShutdown() string {
	if !a.stop.active && a.stop.scheduled == nil {
		return "ERR No shutdown in progress."
	}
	a.log.Info("Shutdown manually aborted.")
	a.endShutdown("ERR Errors trying to SHUTDOWN. Check logs.")
	return ""
}

// finish saves as asked and stops the loop.
func (a *App) finish(o admin.ShutdownOptions) string {
	a.super.stopping()
	a.repl.LogLag()
	a.persist.Cancel()
	if msg := a.persist.CloseAOF(o.Force); msg != "" {
		a.log.Warn(msg)
		return "ERR Errors trying to SHUTDOWN. Check logs."
	}
	if o.Save || len(a.cfg.SavePoints) > 0 && !o.NoSave {
		a.log.Info("Saving the final RDB snapshot before exiting.")
		if err := a.persist.Save(); err != nil {
			a.log.Warn("Error trying to save the DB, can't exit.")
			if !o.Force {
				a.super.tell("STATUS=Error trying to save the DB, can't exit.")
				return "ERR Errors trying to SHUTDOWN. Check logs."
			}
		}
	}
	event.Publish(&a.engine.Events, event.Shutdown{})
	a.engine.Stopping() // a slow script ends with it
	a.repl.Stop()
	a.log.Warn("Lockstep is now ready to exit, bye bye...")
	a.loop.Stop()
	return ""
}
