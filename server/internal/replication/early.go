package replication

import (
	"io"
	"sync"
	"time"

	"github.com/lockstep-db/lockstep/server/internal/persist"
	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// early loads a snapshot from its file while it is still being received, as far as it has come: on a machine with a core to spare,
// little is left to load when the transfer ends. Nobody sees anything of it before; the node is in the loading state only from then on.
//
//	transfer's goroutine   wire --> file --> tail.grow ... tail.finish
//	loading's goroutine              file ----> persist.Load into loading.into ... done
//	engine's thread                                          received --> load --> loadEnded
type early struct {
	tail tail
	done chan struct{} // closed when the two below are there; nil before it has begun
	res  *persist.Loaded
	err  error
}

// loadEarly prepares for loading what comes into a file, and returns nil when there is old data: memory may not do for both.
func (d *Driver) loadEarly(f *following) *loading {
	if d.e.Store().Len() > 0 {
		return nil
	}
	l := &loading{f: f, into: d.e.Store().Apart(), early: new(early)}
	l.early.tail.changed.L = &l.early.tail.mu
	l.opts = d.loadOptions(l)
	return l
}

func (d *Driver) loadOptions(l *loading) persist.LoadOptions {
	return persist.LoadOptions{RDB: d.p.DecodeOptions(), KeepExpired: true, Now: time.Now().UnixMilli(), Breathe: d.breather(l)}
}

// begin starts to load the file of this name. If it cannot be opened once more, it is loaded when all of it is there.
func (l *loading) begin(fs vfs.FS, name string) {
	e := l.early
	file, err := fs.Open(name)
	if err != nil {
		return
	}
	e.tail.file, e.done = file, make(chan struct{})
	go func() {
		defer close(e.done)
		defer file.Close()
		persist.YieldToEngine() // which still serves
		e.res, e.err = persist.Load(l.into, &e.tail, l.opts)
	}()
}

// discard frees what was loaded early and is not wanted. The tail has an end.
func (d *Driver) discard(l *loading) {
	if l.early.done == nil {
		d.e.Store().Discard(l.into)
		return
	}
	go func() {
		<-l.early.done
		d.e.Post(func() { d.e.Store().Discard(l.into) })
	}()
}

// tail reads a file that another goroutine writes, and waits at its end until there is more or the end is final.
type tail struct {
	file vfs.File
	read int64 // by the reader

	mu      sync.Mutex
	changed sync.Cond
	size    int64
	end     error // nil: more is to come
}

func (t *tail) Read(p []byte) (int, error) {
	t.mu.Lock()
	for t.size == t.read && t.end == nil {
		t.changed.Wait()
	}
	left, err := t.size-t.read, t.end
	t.mu.Unlock()
	if left == 0 {
		return 0, err
	}
	n, err := t.file.Read(p[:min(int64(len(p)), left)])
	t.read += int64(n)
	return n, err
}

func (t *tail) grow(n int) {
	t.mu.Lock()
	t.size += int64(n)
	t.changed.Signal()
	t.mu.Unlock()
}

// finish tells the reader that nothing more comes, for what reason.
func (t *tail) finish(err error) {
	if err == nil {
		err = io.EOF
	}
	t.mu.Lock()
	t.end = err
	t.changed.Signal()
	t.mu.Unlock()
}

// growing is a file whose reader is told what is written.
type growing struct {
	vfs.File
	t *tail
}

func (g growing) Write(p []byte) (int, error) {
	n, err := g.File.Write(p)
	g.t.grow(n)
	return n, err
}
