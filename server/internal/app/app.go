// Package app builds the server out of its parts, starts them in order, and stops them.
//
//	config -> log -> store, command table, engine -> loop, listeners -> drivers (persist, replication) -> load -> ready
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/lockstep-db/lockstep/libs/netconn"
	"github.com/lockstep-db/lockstep/libs/netconn/loop"
	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/server/internal/config"
	"github.com/lockstep-db/lockstep/server/internal/engine"
	"github.com/lockstep-db/lockstep/server/internal/event"
	"github.com/lockstep-db/lockstep/server/internal/info"
	"github.com/lockstep-db/lockstep/server/internal/persist"
	"github.com/lockstep-db/lockstep/server/internal/replication"
	"github.com/lockstep-db/lockstep/server/internal/store"
	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// Options are what main knows.
type Options struct {
	Version    string
	Config     *config.Config
	Executable string // how the program was called, made absolute
	Args       []string
	Title      *Title
	Stdout     io.Writer
}

// App is a running server.
type App struct {
	opts    Options
	cfg     *config.Config
	handler *logHandler
	logTo   io.Writer
	log     *slog.Logger
	store   *store.Store
	engine  *engine.Engine
	loop    *loop.Loop
	persist *persist.Driver
	repl    *replication.Driver
	info    *info.Registry
	proc    *info.Process
	tcp     []*loop.Listener
	bound   []string // the addresses of tcp, as configured
	unix    *loop.Listener
	stop    shutdown
	// stopping is set while a signal's shutdown is under way: read by the goroutine that gets the signals.
	stopping atomic.Bool
	oom      oomScore
	super    *supervisor
	counts   eventCounts
	restart  func()
	leaked   [][]byte // DEBUG LEAK
	fatal    error    // why the server ends with status 1
}

// Run runs a server until it is told to stop. The error, if any, has been logged; the process should exit with status 1.
func Run(o Options) error {
	a, err := build(o)
	if err != nil {
		return err
	}
	a.catchSignals()
	a.engine.Post(a.start)
	err = a.loop.Run()
	a.cleanUp()
	if a.fatal != nil {
		return a.fatal
	}
	if err == nil && a.restart != nil {
		a.restart()
	}
	return err
}

func build(o Options) (*App, error) {
	a := &App{opts: o, cfg: o.Config}
	if err := a.openLog(); err != nil {
		return nil, err
	}
	if dir := a.cfg.Dir; dir != "" {
		if err := os.Chdir(dir); err != nil {
			return nil, a.fail("Can't chdir to '%s': %v", dir, errors.Unwrap(err))
		}
	}
	if wd, err := os.Getwd(); err == nil {
		a.cfg.Dir = wd // CONFIG GET dir shows where the files are
	}
	a.tuneRuntime()
	a.log.Warn("oO0OoO0OoO0Oo Lockstep is starting oO0OoO0OoO0Oo")
	a.log.Warn(fmt.Sprintf("Lockstep version=%s, compatible with Redis %s, bits=%d, pid=%d, just started", o.Version, redisVersion, strconv.IntSize, os.Getpid()))
	a.raiseFileLimit()
	a.store = store.New(a.cfg.Databases)
	a.engine = engine.New(engine.Deps{Config: a.cfg, Store: a.store, Log: a.log})
	table := a.commands()
	if err := a.renameCommands(table); err != nil {
		return nil, a.fail("%v", err)
	}
	a.engine.SetTable(table)
	if err := a.loadUsers(table); err != nil {
		return nil, err
	}
	l, err := loop.New(loop.Options{Backend: a.cfg.IOBackend, KeepAlive: time.Duration(a.cfg.TCPKeepalive) * time.Second, AcceptError: a.acceptError}, a.engine)
	if err != nil {
		return nil, a.fail("%v", err)
	}
	if why := l.Fallback(); why != nil {
		a.log.Info("io-backend falls back to "+l.Backend(), "reason", why)
	}
	a.loop = l
	a.engine.Attach(l)
	a.persist = persist.New(a.engine, vfs.OS{})
	a.engine.SetPersistence(a.persist)
	a.describe()
	a.watchEvents()
	a.supervise()
	a.connectReplication()
	a.connect()
	a.watchConfig()
	if err := a.listen(); err != nil {
		return nil, err
	}
	a.watchTitle()
	a.writePID()
	a.log.Info(fmt.Sprintf("Running mode=standalone, port=%d, PID: %d, io-backend=%s.", a.cfg.Port, os.Getpid(), l.Backend()))
	return a, nil
}

// tuneRuntime: two threads of Go at least, since the engine owns one; and a collector that runs less often on a small heap: keys and
// values are not on it, so the heap is small, and a low limit would mean a collection for every few megabytes of requests.
func (a *App) tuneRuntime() {
	if runtime.GOMAXPROCS(0) < 2 {
		runtime.GOMAXPROCS(2)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}

// gcPercent is the default of GOGC for the server.
const gcPercent = 200

func (a *App) fail(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	a.log.Warn(err.Error())
	return err
}

func (a *App) openLog() error {
	out := a.opts.Stdout
	if a.cfg.LogFile != "" {
		f, err := os.OpenFile(a.cfg.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return fmt.Errorf("Can't open the log file: %w", err)
		}
		out = f
	}
	a.logTo, a.handler = out, newLogHandler(out)
	a.setLogLevel(a.cfg.LogLevel)
	a.log = slog.New(a.handler)
	if a.cfg.SyslogEnabled {
		if err := a.openSyslog("", ""); err != nil {
			a.log.Warn("The system's log cannot be reached: " + err.Error())
		}
	}
	return nil
}

func (a *App) setLogLevel(name string) {
	switch name {
	case "debug":
		a.handler.level.Set(levelDebug)
	case "verbose":
		a.handler.level.Set(levelVerbose)
	case "warning":
		a.handler.level.Set(levelWarning)
	default:
		a.handler.level.Set(levelNotice)
	}
}

// fdReserve is how many descriptors the server needs beside those of clients, as in Redis.
const fdReserve = 32

func (a *App) raiseFileLimit() {
	want := a.cfg.MaxClients + fdReserve
	got, err := netconn.RaiseFileLimit(want)
	if err != nil && got < want {
		a.cfg.MaxClients = max(got-fdReserve, 1)
		a.log.Warn(fmt.Sprintf("You requested maxclients of %d requiring at least %d max file descriptors. Current maximum open files is %d. maxclients has been reduced to %d.",
			want-fdReserve, want, got, a.cfg.MaxClients))
	}
}

// listen opens all sockets, or none.
func (a *App) listen() error {
	if a.cfg.Port != 0 {
		if err := a.listenTCP(a.cfg.Bind, a.cfg.Port); err != nil {
			a.log.Warn(fmt.Sprintf("Warning: Could not create server TCP listening socket: %v", err))
			return a.fail("Failed listening on port %d (TCP), aborting.", a.cfg.Port)
		}
	}
	if path := a.cfg.UnixSocket; path != "" {
		ln, err := netconn.ListenUnix(path, os.FileMode(a.cfg.UnixSocketPerm), a.cfg.TCPBacklog)
		if err != nil {
			return a.fail("Failed opening Unix socket: bind: %v", err)
		}
		if a.unix, err = a.loop.Listen(ln, nil); err != nil {
			return a.fail("Failed opening Unix socket: %v", err)
		}
	}
	if len(a.tcp) == 0 && a.unix == nil {
		return a.fail("Configured to not listen anywhere, exiting.")
	}
	return nil
}

func (a *App) listenTCP(bind []string, port int) error {
	lns, err := netconn.Listen(context.Background(), netconn.ListenOptions{Bind: bind, Port: port, Backlog: a.cfg.TCPBacklog, Mark: a.cfg.SocketMarkID,
		Skipped: func(addr string, err error) { a.log.Debug("Not listening on "+addr, "error", err) }})
	if err != nil {
		return err
	}
	var opened []*loop.Listener
	for _, ln := range lns {
		l, err := a.loop.Listen(ln, nil)
		if err != nil {
			for _, o := range opened {
				_ = o.Close()
			}
			return err
		}
		opened = append(opened, l)
	}
	for _, old := range a.tcp {
		_ = old.Close()
	}
	a.tcp, a.bound = opened, bind
	return nil
}

func (a *App) acceptError(_ *loop.Listener, err error) {
	a.log.Warn("Error accepting a client connection", "error", err)
}

func (a *App) writePID() {
	if a.cfg.PIDFile == "" {
		return
	}
	if err := os.WriteFile(a.cfg.PIDFile, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
		a.log.Info("Failed to write PID file: " + err.Error())
		a.cfg.PIDFile = ""
	}
}

// start runs on the engine's thread as the loop begins: load, then serve.
func (a *App) start() {
	if err := preferLatency(); err != nil {
		a.log.Debug("The scheduler does not take a shorter slice", "error", err)
	}
	a.pinEngine()
	res, err := a.load()
	if errors.Is(err, loop.ErrStopped) {
		return // told to end before the data was there
	}
	if err != nil {
		a.fatal = err
		a.loop.Stop()
		return
	}
	a.persist.ResetChanges()
	a.startReplication(res)
	if a.cfg.AppendOnly {
		if err := a.persist.OpenAOF(); err != nil {
			a.fatal = a.fail("%v", err)
			a.loop.Stop()
			return
		}
	}
	event.Publish(&a.engine.Events, event.Started{Replica: a.engine.Replica()})
	a.log.Info("Ready to accept connections")
}

// load reads what the data set was kept in: the append-only file when it is on, else the RDB file.
func (a *App) load() (*persist.Loaded, error) {
	if !a.cfg.AppendOnly {
		res, _, err := a.persist.LoadFile(a.cfg.ReplicaOf != "", persist.OntoNothing)
		var syntax *rdb.SyntaxError
		switch {
		case err == nil || errors.Is(err, loop.ErrStopped):
			return res, err
		case errors.As(err, &syntax):
			return nil, a.fail("Terminating server after rdb file reading failure. Fatal error loading the DB: %v", err)
		}
		return nil, a.fail("Fatal error loading the DB, check server logs. Exiting. %v", err)
	}
	res, _, err := a.persist.LoadAOF()
	if err != nil {
		return nil, err // what there is to say has been logged
	}
	return res, nil
}

func (a *App) cleanUp() {
	a.super.close()
	if a.cfg.PIDFile != "" {
		_ = os.Remove(a.cfg.PIDFile)
	}
	if a.cfg.UnixSocket != "" {
		_ = os.Remove(a.cfg.UnixSocket)
	}
}

// absolute makes the program's name absolute, for INFO and for a restart.
func absolute(name string) string {
	if p, err := os.Executable(); err == nil {
		return p
	}
	p, _ := filepath.Abs(name)
	return p
}
