package persist

import (
	"errors"

	"github.com/lockstep-db/lockstep/libs/rdb/aof"
	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// logSwitch is a change to another file, which does not keep the engine waiting:
//
//	1  what was appended before the switch goes to the present file, and to disk; what comes later stays in buf
//	2  the other file is made
//	3  it takes the place of the present one, and what has gathered goes there
//
// So a file that others follow is whole on disk before they are there. Replies to writes wait meanwhile, whatever the policy: what was
// acknowledged must survive the end of the process. When a step fails, or nobody can wait for it (force), the present file stays.
type logSwitch struct {
	upTo int64        // in the count of appended: where the present file ends
	at   aof.Position // of the stream, there
	make func() (vfs.File, error)
	done func(vfs.File, error) // calls replace unless there is an error
}

// change begins a switch at this instant. make runs on a goroutine, done on the engine's thread.
func (l *appendLog) change(make func() (vfs.File, error), done func(vfs.File, error)) {
	l.next = &logSwitch{l.appended, l.position(), make, done}
	l.configure()
	l.begin()
	l.advance()
}

// advance does what can be done now of a switch.
func (l *appendLog) advance() {
	s := l.next
	switch n := int(s.upTo - l.appended + int64(len(l.buf))); { // bytes of buf that belong to the present file
	case l.aside.busy():
	case l.err != nil:
		l.end(nil, l.err)
	case n > 0 || l.flushed != l.size:
		batch := l.buf[:n]
		l.buf, l.spare = append(l.spare[:0], l.buf[n:]...), nil
		l.commit(batch, s.upTo, s.at)
	default:
		var file vfs.File
		l.occupy(func() (err error) {
			file, err = s.make()
			return err
		}, func(err error) { l.end(file, err) })
	}
}

var errAbandoned = errors.New("the append-only file could not wait for its next file")

// abandon ends a switch that has not made its file yet. No goroutine has the present one.
func (l *appendLog) abandon() {
	if l.next != nil {
		l.end(nil, errAbandoned)
	}
}

// end goes on in the file that there is now, with what has gathered.
func (l *appendLog) end(file vfs.File, err error) {
	s := l.next
	l.next = nil
	s.done(file, err)
	if l.policy() != fsyncAlways && l.err == nil {
		l.write()
	}
	l.configure()
}

// replace goes on in another file. All of the old one is on disk.
func (l *appendLog) replace(file vfs.File) {
	old := l.file
	go func() { _ = old.Close() }()
	l.file, l.size, l.flushed, l.torn = file, 0, 0, false
	l.lastFlush = l.now()
}

// force brings everything to disk now, on the engine's thread.
func (l *appendLog) force() error {
	if l.file == nil {
		return nil
	}
	l.aside.wait()
	l.abandon()
	l.write()
	if l.err != nil {
		return l.err
	}
	if l.flushed != l.size {
		if err := l.file.Sync(); err != nil {
			l.fail(err, true)
			return err
		}
		l.flushed = l.size
	}
	l.durable, l.onDisk, l.lastFlush = l.appended, l.position(), l.now()
	l.settled()
	return nil
}

// close ends writing.
func (l *appendLog) close() {
	if l.file == nil {
		return
	}
	l.aside.wait()
	l.abandon()
	_ = l.file.Close()
	l.file, l.buf, l.size, l.flushed = nil, nil, 0, 0
	l.err, l.syncErr, l.durable = nil, false, l.appended
	l.settled()
}
