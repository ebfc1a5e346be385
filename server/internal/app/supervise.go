package app

import (
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/lockstep-db/lockstep/server/internal/event"
)

// supervisor tells a service manager how far the server is (R43): systemd over the socket that NOTIFY_SOCKET names, Upstart
// by stopping when it is ready.
//
//	start --> STATUS=Loading dataset --> has data, or is a master --> READY=1
//	                                  \-> a replica without data --> STATUS=MASTER <-> REPLICA sync --> first sync --> READY=1
//	shutdown --> STOPPING=1
//
// The events of the server drive it, on the engine's thread; the socket is written to on a goroutine, so that a manager that
// does not read holds nothing up. The watchdog is fed by the engine's clock: a server whose engine hangs is not fed.
type supervisor struct {
	mode     string // as INFO shows it: no, upstart, systemd
	ready    bool
	out      chan string
	done     chan struct{}
	watchdog time.Duration // how often it wants to be fed, 0 for never
	fedAt    int64         // Unix ms
}

// supervise finds out who manages the process, and connects the supervisor with the events.
func (a *App) supervise() {
	s := &supervisor{mode: a.supervision()}
	a.super, a.proc.Supervised = s, s.mode
	if s.mode == "no" {
		return
	}
	if s.mode == "systemd" {
		s.startNotifying(a)
	}
	ev := &a.engine.Events
	event.On(ev, func(e event.Loading) {
		if e.Phase == event.Begun {
			a.superviseLoad(e)
		}
	})
	event.On(ev, a.superviseStart)
	event.On(ev, func(e event.MasterLink) { a.superviseLink(e) })
	event.On(ev, func(e event.Role) {
		if !e.Replica {
			s.becomeReady("Ready to accept connections")
		}
	})
	if s.watchdog > 0 {
		event.On(ev, func(e event.Cron) { s.feed(e.Now) })
	}
}

// supervision is the mode by the directive supervised and the environment.
func (a *App) supervision() string {
	upstart, systemd := os.Getenv("UPSTART_JOB") != "", os.Getenv("NOTIFY_SOCKET") != ""
	switch a.cfg.Supervised {
	case "upstart":
		if !upstart {
			a.log.Warn("upstart supervision requested, but UPSTART_JOB not found!")
			return "no"
		}
		return "upstart"
	case "systemd":
		if !systemd {
			a.log.Warn("systemd supervision requested, but NOTIFY_SOCKET not found!")
			return "no"
		}
		return "systemd"
	case "auto":
		switch {
		case upstart:
			return "upstart"
		case systemd:
			return "systemd"
		}
	}
	return "no"
}

func (s *supervisor) startNotifying(a *App) {
	if d, err := daemon.SdWatchdogEnabled(false); err != nil {
		a.log.Warn("The watchdog's interval makes no sense: " + err.Error())
	} else {
		s.watchdog = d / 2
	}
	s.out, s.done = make(chan string, 256), make(chan struct{})
	a.log.Info("supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec and TimeoutStopSec in your service unit.")
	go func() {
		defer close(s.done)
		for state := range s.out {
			if _, err := daemon.SdNotify(false, state); err != nil {
				a.log.Warn("Can't notify systemd: " + err.Error())
			}
		}
	}()
}

// tell sends assignments such as STATUS=..., without waiting.
func (s *supervisor) tell(lines ...string) {
	if s.out == nil {
		return
	}
	select {
	case s.out <- strings.Join(lines, "\n"):
	default: // nobody reads; the next state will do
	}
}

// becomeReady tells once that the server can serve, and in which state it is.
func (s *supervisor) becomeReady(status string) {
	if s.ready {
		s.tell("STATUS=" + status)
		return
	}
	s.ready = true
	s.tell("READY=1", "STATUS="+status)
	if s.mode == "upstart" {
		_ = os.Unsetenv("UPSTART_JOB")
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP) // until Upstart has seen it and goes on
	}
}

func (a *App) superviseLoad(e event.Loading) {
	if e.Cause == event.FromMaster {
		a.super.tell("STATUS=MASTER <-> REPLICA sync: Loading dataset")
	} else {
		a.super.tell("STATUS=Loading dataset")
	}
}

// superviseStart: a replica that has data serves it, one without has nothing to serve yet.
func (a *App) superviseStart(e event.Started) {
	switch {
	case !e.Replica:
		a.super.becomeReady("Ready to accept connections")
	case a.store.Len() > 0:
		a.super.becomeReady("Ready to accept connections" + a.serveMode() + " MASTER <-> REPLICA sync: waiting for the master.")
	default:
		a.super.tell("STATUS=MASTER <-> REPLICA sync: waiting for the master")
	}
}

func (a *App) superviseLink(e event.MasterLink) {
	switch {
	case !e.Up:
		a.super.tell("STATUS=MASTER <-> REPLICA sync: the link to " + e.Master + " is down")
	case e.Full:
		a.super.becomeReady("MASTER <-> REPLICA sync: Finished with success. Ready to accept connections" + a.serveMode())
	default:
		a.super.becomeReady("MASTER <-> REPLICA sync: Partial Resynchronization accepted. Ready to accept connections" + a.serveMode())
	}
}

func (a *App) serveMode() string {
	if a.cfg.ReplicaReadOnly {
		return " in read-only mode."
	}
	return " in read-write mode."
}

func (s *supervisor) feed(now int64) {
	if now-s.fedAt >= s.watchdog.Milliseconds() {
		s.fedAt = now
		s.tell(daemon.SdNotifyWatchdog)
	}
}

// stopping tells that the server is about to end.
func (s *supervisor) stopping() { s.tell(daemon.SdNotifyStopping, "STATUS=Shutting down") }

// close waits until all was told, but not for a manager that does not read.
func (s *supervisor) close() {
	if s.out == nil {
		return
	}
	close(s.out)
	select {
	case <-s.done:
	case <-time.After(time.Second):
	}
}
