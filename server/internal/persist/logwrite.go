package persist

import (
	"fmt"
	"io"
	"time"

	"github.com/lockstep-db/lockstep/libs/rdb/aof"
)

// write writes buf on the engine's thread.
func (l *appendLog) write() {
	if len(l.buf) == 0 {
		return
	}
	start := time.Now()
	err := l.put(l.buf)
	l.tellWrite(time.Since(start))
	if err != nil {
		l.fail(err, false)
		return
	}
	l.size += int64(len(l.buf))
	l.buf = recycle(l.buf)
	l.written = l.position()
	l.succeed()
}

// tellWrite tells the latency monitor of a write, and what the disk had to do beside it.
func (l *appendLog) tellWrite(d time.Duration) {
	beside := "aof-write-alone"
	switch {
	case l.aside.busy():
		beside = "aof-write-pending-fsync"
	case l.writes():
		beside = "aof-write-active-child"
	}
	l.took(beside, d)
	l.took("aof-write", d)
}

// put writes p at the end of the file, all of it or nothing.
func (l *appendLog) put(p []byte) error {
	if l.torn {
		if err := l.cutBack(); err != nil {
			return fmt.Errorf("remove a short write: %w", err)
		}
	}
	if d := l.delay.Load(); d > 0 {
		time.Sleep(time.Duration(d))
	}
	n, err := l.file.Write(p)
	if err == nil {
		return nil
	}
	if n > 0 {
		l.torn = true
		_ = l.cutBack() // else the next write tries again
	}
	return err
}

// cutBack removes what a write or flush that failed has left behind the last whole batch.
func (l *appendLog) cutBack() error {
	err := l.file.Truncate(l.size)
	if err == nil {
		_, err = l.file.Seek(l.size, io.SeekStart)
	}
	l.torn = err != nil
	return err
}

func recycle(b []byte) []byte {
	if cap(b) > 1<<20 {
		return nil
	}
	return b[:0]
}

// commitAll hands all that is gathered to a goroutine that writes and flushes it.
func (l *appendLog) commitAll() {
	batch := l.buf
	l.buf, l.spare = l.spare[:0], nil
	l.commit(batch, l.appended, l.position())
}

// commit writes and flushes a batch, which was taken from the front of buf, on a goroutine. upTo and at are where it ends.
func (l *appendLog) commit(batch []byte, upTo int64, at aof.Position) {
	var flush time.Duration
	l.away = cap(batch)
	l.occupy(func() error {
		if len(batch) > 0 {
			if err := l.put(batch); err != nil {
				return err
			}
		}
		start := time.Now()
		err := l.file.Sync()
		flush = time.Since(start)
		if err != nil {
			l.torn = true // what was written may be lost: it is written again
			return &flushError{err}
		}
		return nil
	}, func(err error) {
		l.away = 0
		if l.policy() == fsyncAlways {
			l.took("aof-fsync-always", flush)
		}
		if err != nil {
			l.buf = append(batch, l.buf...)
			l.fail(err, l.flushed != l.size) // an unflushed part from before the policy was `always` stays in the file
			return
		}
		l.size += int64(len(batch))
		l.flushed, l.durable, l.onDisk, l.written = l.size, upTo, at, at
		l.spare = recycle(batch)
		l.succeed()
	})
}

type flushError struct{ error }

func (e *flushError) Unwrap() error { return e.error }

// flushBehind flushes what is written, on a goroutine.
func (l *appendLog) flushBehind() {
	size, upTo, at, file := l.size, l.appended-int64(len(l.buf)), l.written, l.file
	l.lastFlush = l.now()
	l.occupy(file.Sync, func(err error) {
		if err != nil {
			l.fail(err, true)
			return
		}
		l.flushed, l.durable, l.onDisk = size, upTo, at
		l.succeed()
	})
}

// occupy gives the file to a goroutine; done runs on the engine's thread.
func (l *appendLog) occupy(work func() error, done func(error)) {
	l.aside.run(work, func(err error) {
		done(err)
		l.settled()
	})
}

func (l *appendLog) fail(err error, flush bool) {
	l.err = err
	l.syncErr = l.syncErr || flush
	if l.now().Sub(l.loggedAt) > 30*time.Second {
		l.loggedAt = l.now()
		if _, ok := err.(*flushError); ok || flush {
			l.log.Warn("Fail to fsync the AOF file: " + err.Error())
		} else {
			l.log.Warn("Error writing to the AOF file: " + err.Error())
		}
	}
}

func (l *appendLog) succeed() {
	if l.err != nil {
		l.log.Warn("AOF write error looks solved, Redis can write again.")
	}
	if l.syncErr {
		l.recover()
	}
	l.err, l.syncErr = nil, false
}

// retry tries again what has failed.
func (l *appendLog) retry() {
	if l.file == nil || l.next != nil || l.aside.busy() || l.err == nil {
		return
	}
	switch {
	case l.policy() == fsyncAlways:
		l.commitAll()
	case l.syncErr:
		l.flushBehind()
	default:
		l.write()
	}
	l.settled()
}
