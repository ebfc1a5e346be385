package app

import (
	"bytes"
	"context"
	"os"
	"syscall"
	"time"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/server/internal/codec"
	"github.com/lockstep-db/lockstep/server/internal/digest"
	"github.com/lockstep-db/lockstep/server/internal/persist"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// The methods below implement admin.Debug.

func (h adminHost) Digest() string { return digest.Store(h.engine.Store()) }

func (h adminHost) DigestValue(db *store.DB, key []byte) string {
	return digest.Value(db, key, h.engine.Now())
}

func (h adminHost) SerializedLength(db *store.DB, key []byte) int {
	it, ok := db.Item(key, 0)
	if !ok {
		return 0
	}
	a, err := rdb.NewAppender(rdb.EncodeOptions{Compress: h.cfg.RDBCompression})
	if err != nil {
		return 0
	}
	return len(codec.AppendValue(a, nil, it)) - 1
}

// Sleep stops the engine's thread, as the command promises; it must not be interruptible by events.
func (h adminHost) Sleep(seconds float64) { time.Sleep(time.Duration(seconds * float64(time.Second))) }

// Reload saves, empties and loads, as a restart would.
func (h adminHost) Reload(flush, save, merge bool) string {
	h.persist.Cancel()
	if save {
		if err := h.persist.Save(); err != nil {
			return "ERR " + err.Error()
		}
	}
	if flush {
		h.engine.Empty(-1, false)
	}
	onto := persist.OntoNothing
	switch {
	case merge:
		onto = persist.OntoWhatever
	case !flush:
		onto = persist.OntoOther
	}
	if _, _, err := h.persist.LoadFile(h.engine.Replica(), onto); err != nil {
		h.log.Warn("Error loading the RDB: " + err.Error())
		return "ERR Error trying to load the RDB dump, check server logs."
	}
	h.persist.ResetChanges()
	h.log.Warn("DB reloaded by DEBUG RELOAD")
	return ""
}

// LoadAOF empties the data set and loads the append-only file, as a restart would.
func (h adminHost) LoadAOF() string {
	if err := h.persist.ReloadAOF(); err != nil {
		h.log.Warn(err.Error())
		return "ERR Error trying to load the AOF files, check server logs."
	}
	h.persist.ResetChanges()
	h.log.Warn("Append Only File loaded by DEBUG LOADAOF")
	return ""
}

func (h adminHost) SetActiveExpire(on bool) { h.engine.SetActiveExpire(on) }
func (h adminHost) SetCronPaused(on bool)   { h.engine.PauseCron(on) }
func (h adminHost) SetSkipChecksum(on bool) { h.persist.SetSkipChecksum(on) }
func (h adminHost) SetAOFDelay(us int64)    { h.persist.SetAOFDelay(time.Duration(us) * time.Microsecond) }
func (h adminHost) SkipChecksum() bool      { return h.persist.SkipChecksum() }
func (h adminHost) Verbose(msg string)      { h.log.Log(context.Background(), levelVerbose, msg) }
func (h adminHost) SetDenyScripts(on bool)  { h.engine.SetDenyScripts(on) }
func (h adminHost) Log(msg string)          { h.log.Warn(msg) }
func (h adminHost) Replicate(args [][]byte) { h.engine.Replicate(args) }

// Restart replaces the process by itself after a delay: gracefully after a save, or as a crash would.
func (h adminHost) Restart(delayMs int64, graceful bool) {
	again := func() {
		time.Sleep(time.Duration(delayMs) * time.Millisecond)
		err := syscall.Exec(absolute(h.opts.Executable), h.opts.Args, os.Environ())
		h.log.Warn("restart failed: " + err.Error())
		os.Exit(1)
	}
	if !graceful {
		again()
	}
	h.persist.Cancel()
	if len(h.cfg.SavePoints) > 0 {
		_ = h.persist.Save()
	}
	h.App.restart = again
	h.loop.Stop()
}

// Crash ends the process in the way that the test wants to see.
func (h adminHost) Crash(how string) {
	if how == "segfault" {
		_ = syscall.Kill(os.Getpid(), syscall.SIGSEGV)
		select {}
	}
	panic("DEBUG " + how + " was called")
}

// Leak keeps a copy that nobody frees.
func (h adminHost) Leak(b []byte) { h.App.leaked = append(h.App.leaked, bytes.Clone(b)) }

// ClientEviction describes the clients by what they take; not enabled without maxmemory-clients.
func (h adminHost) ClientEviction() (report string, enabled bool) { return h.engine.ClientEviction() }

// RDBOptions implements keys.Host.
func (h adminHost) RDBOptions() rdb.EncodeOptions {
	return rdb.EncodeOptions{Compress: h.cfg.RDBCompression}
}

// DeepCheck implements keys.Host: `clients` and `yes` both mean payloads of clients.
func (h adminHost) DeepCheck() bool { return h.cfg.SanitizeDumpPayload != "no" }
