// Package debugger runs the sessions of the script debugger (SCRIPT DEBUG, then EVAL): who talks to which script, on which data.
//
//	           EVAL of a client in debug mode: parked, what it sends goes to the session
//	sync   --> engine.RunAgain                  on the engine's thread, on the data itself; all others wait
//	else   --> snapshot -> RDB -> other store   on a goroutine, in an engine apart; the others are served meanwhile
//	           the script's reply, and the end of the connection
//
// A Redis forks a process for the second kind. We cannot (decision 0001), but have all that it takes: a snapshot, its encoder and its
// decoder. So such a session costs the memory of a second data set, and its start the time to make that. What the script is told and
// what it answers: package scripting, debug.go.
package debugger

import (
	"time"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/engine"
	"github.com/lockstep-db/lockstep/server/internal/persist"
	"github.com/lockstep-db/lockstep/server/internal/scripting"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// Debugger implements script.Debugger for the clients of one engine.
type Debugger struct {
	e *engine.Engine
	// Apart completes an engine apart for a client: its commands and users. It returns the session that stands for the client there. It runs
	// on the engine's thread. Nil: this is such an engine itself.
	Apart func(e *engine.Engine, s *session.Session) (*session.Session, error)
	// Encode and Load say how the copy of the data is made.
	Encode func() persist.EncodeOptions
	Load   func() persist.LoadOptions
}

// New returns a debugger.
func New(e *engine.Engine) *Debugger { return &Debugger{e: e} }

const (
	errPipeline = "ERR SCRIPT DEBUG must be called outside a pipeline"
	errMode     = "ERR Use SCRIPT DEBUG YES/SYNC/NO"
	errBySHA    = "ERR Please use EVAL instead of EVALSHA for debugging"
	errInMulti  = "ERR EVAL cannot be debugged inside MULTI"
)

// SetMode is SCRIPT DEBUG.
func (d *Debugger) SetMode(c *command.Ctx) {
	s := c.Client.(*session.Session)
	yes, sync := command.Is(c.Args[2], "YES"), command.Is(c.Args[2], "SYNC")
	switch {
	case len(s.W.Buf) > 0 || s.Conn != nil && s.Conn.Pending() > 0:
		c.Fail(errPipeline)
		return
	case yes || sync:
		s.Debug = &session.Debug{Sync: sync}
	case command.Is(c.Args[2], "NO"):
		s.Debug = nil
	default:
		c.Fail(errMode)
		return
	}
	c.Reply.OK()
}

// Begin implements script.Debugger.
func (d *Debugger) Begin(c *command.Ctx, bySHA bool) (f scripting.Front, begun bool) {
	s := c.Client.(*session.Session)
	if s.Debug == nil {
		return nil, false
	}
	if f, ok := s.Debug.Input.(scripting.Front); ok {
		return f, true
	}
	switch {
	case bySHA:
		c.Fail(errBySHA)
	case c.DenyBlocking:
		c.Fail(errInMulti)
	case s.Debug.Sync:
		d.e.ParkForDebug(s)
		in := &direct{e: d.e, s: s}
		s.Debug.Input = in
		d.e.Post(in.run)
	default:
		if err := d.begin(s, session.CopyArgs(c.Args)); err != nil {
			c.Fail("ERR can't run EVAL in debugging mode: " + err.Error())
		}
	}
	return nil, true
}

// direct is a session on the engine's thread.
type direct struct {
	e    *engine.Engine
	s    *session.Session
	in   []byte
	gone bool
	ends bool // the server does
}

// run runs the session, when nothing else is under way.
func (d *direct) run() {
	if d.gone {
		return
	}
	if d.e.Breathing() { // within a slow script or a load
		const breath = 10 * time.Millisecond
		time.AfterFunc(breath, func() { d.e.Post(d.run) })
		return
	}
	d.e.Log().Info("Lockstep synchronous debugging eval session started")
	d.e.RunAgain(d.s)
	d.e.Log().Info("Lockstep synchronous debugging eval session ended")
}

// Feed and Close implement session.DebugInput.
func (d *direct) Feed(p []byte) { d.in = append(d.in, p...) }
func (d *direct) Close()        { d.gone = true }

// Read implements scripting.Front.
func (d *direct) Read() ([]byte, bool) {
	for len(d.in) == 0 && !d.gone && !d.ends {
		d.ends = d.e.AwaitInput(d.s) != nil
	}
	p := d.in
	d.in = nil
	return p, len(p) > 0
}

// Write implements scripting.Front.
func (d *direct) Write(p []byte) { d.s.W.Raw(p) }

// Gone implements scripting.Front: what the script does to the data stays, so that it goes on without its client, as in Redis.
func (d *direct) Gone() bool { return d.ends }
