package debugger

import (
	"context"
	"io"
	"sync"

	"github.com/lockstep-db/lockstep/server/internal/engine"
	"github.com/lockstep-db/lockstep/server/internal/persist"
	"github.com/lockstep-db/lockstep/server/internal/session"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// apart is a session on a goroutine of its own, in an engine of its own.
type apart struct {
	e      *engine.Engine   // that of the client
	client *session.Session // belongs to e's thread

	own     *engine.Engine   // the goroutine's
	session *session.Session // the client's in it
	data    *store.Store

	ctx    context.Context // ends with the client
	cancel context.CancelFunc

	mu   sync.Mutex
	in   []byte        // from the client
	more chan struct{} // holds an element when there is something in in
}

// begin parks a client and starts its session.
func (d *Debugger) begin(s *session.Session, args [][]byte) error {
	a := &apart{e: d.e, client: s, data: d.e.Store().Apart(), more: make(chan struct{}, 1)}
	a.own = d.e.Apart(a.data)
	var err error
	if a.session, err = d.Apart(a.own, s); err != nil {
		return err
	}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	a.session.Debug = &session.Debug{Input: a}
	d.e.ParkForDebug(s)
	s.Debug.Input = a
	snap, encode, load := d.e.Snapshot(), d.Encode(), d.Load()
	d.e.Log().Info("Lua debugging session of client " + s.Addr + " started")
	go func() {
		err := a.copy(snap, encode, load)
		d.e.Post(snap.Release)
		if err == nil {
			a.own.Run(a.session, args)
		} else {
			a.session.W.Error("ERR can't run EVAL in debugging mode: " + err.Error())
		}
		d.e.Post(a.end)
	}()
	return nil
}

// copy makes the session's data out of a snapshot.
func (a *apart) copy(snap *store.Snapshot, encode persist.EncodeOptions, load persist.LoadOptions) error {
	r, w := io.Pipe()
	encoded := make(chan struct{})
	go func() {
		defer close(encoded)
		w.CloseWithError(persist.Encode(a.ctx, w, snap, encode))
	}()
	load.Breathe = func(int64, int) error { return a.ctx.Err() }
	_, err := persist.Load(a.data, r, load)
	r.CloseWithError(err) // so that the encoder does not wait for a reader
	<-encoded
	return err
}

// end runs on the engine's thread when the script has ended.
func (a *apart) end() {
	a.cancel()
	a.e.Store().Discard(a.data)
	a.e.Log().Info("Lua debugging session of client " + a.client.Addr + " ended")
	a.e.Unblock(a.client, func() { a.client.W.Raw(a.session.W.Buf) })
	a.e.CloseAfterWrite(a.client)
}

// maxInput is how much of the client's input waits for the script to stop.
const maxInput = 2 << 20

// Feed implements session.DebugInput, on the engine's thread.
func (a *apart) Feed(p []byte) {
	a.mu.Lock()
	a.in = append(a.in, p...)
	tooMuch := len(a.in) > maxInput
	a.mu.Unlock()
	if tooMuch {
		a.e.Close(a.client)
		return
	}
	select {
	case a.more <- struct{}{}:
	default:
	}
}

// Close implements session.DebugInput.
func (a *apart) Close() { a.cancel() }

// Read implements scripting.Front.
func (a *apart) Read() ([]byte, bool) {
	a.data.Reclaim(1 << 20) // a good moment
	for {
		a.mu.Lock()
		p := a.in
		a.in = nil
		a.mu.Unlock()
		if len(p) > 0 {
			return p, true
		}
		select {
		case <-a.more:
		case <-a.ctx.Done():
			return nil, false
		}
	}
}

// Write implements scripting.Front.
func (a *apart) Write(p []byte) {
	a.e.Post(func() {
		a.e.Reply(a.client, func() { a.client.W.Raw(p) })
		a.e.CheckOutput(a.client)
	})
}

// Gone implements scripting.Front: nobody would see what the script does.
func (a *apart) Gone() bool { return a.ctx.Err() != nil }
