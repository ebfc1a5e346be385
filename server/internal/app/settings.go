package app

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/lockstep-db/lockstep/libs/netconn"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/config"
	"github.com/lockstep-db/lockstep/server/internal/engine"
	"github.com/lockstep-db/lockstep/server/internal/session"
	"github.com/lockstep-db/lockstep/server/internal/store"
	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

func (h adminHost) ConfigGet(patterns []string) []string {
	return h.cfg.Get(patterns, func(p, name string) bool { return command.Match([]byte(p), []byte(name), true) })
}

func (h adminHost) ConfigSet(pairs []string) string {
	s := h.engine.Current()
	local := s == nil || s.Conn == nil || s.Has(session.Unix) || h.engine.Local(s)
	if err := h.cfg.Set(pairs, config.SetOptions{Loading: h.engine.Loading(), Local: local}); err != nil {
		if e := new(config.SetError); errors.As(err, &e) && e.Loading {
			return engine.ErrLoading
		}
		return "ERR " + err.Error()
	}
	return ""
}

func (h adminHost) ConfigRewrite() string { return h.rewriteConfig("CONFIG REWRITE", false) }
func (h adminHost) ConfigRewriteAll() string {
	return h.rewriteConfig("CONFIG-REWRITE-FORCE-ALL", true)
}

func (h adminHost) rewriteConfig(command string, all bool) string {
	files := h.persist.FS()
	err := h.cfg.Rewrite(all, func(name string) ([]byte, error) { return vfs.ReadPlain(files, name) },
		func(name string, data []byte) error { return vfs.WriteFile(files, name, data) })
	if err != nil {
		h.log.Warn(command + " failed: " + err.Error())
		return "ERR " + err.Error()
	}
	h.log.Info(command + " executed with success.")
	return ""
}

// watchConfig applies the configuration now and after each CONFIG SET.
func (a *App) watchConfig() {
	a.applyLimits()
	c := a.cfg
	limits := func() error { a.applyLimits(); return nil }
	c.OnChange(limits, "hash-max-listpack-entries", "hash-max-listpack-value", "list-max-listpack-size", "list-compress-depth", "set-max-intset-entries",
		"zset-max-listpack-entries", "zset-max-listpack-value", "stream-node-max-bytes", "stream-node-max-entries", "hll-sparse-max-bytes",
		"maxmemory-policy", "maxmemory-samples", "lfu-log-factor", "lfu-decay-time", "proto-max-bulk-len", "slowlog-max-len")
	c.OnChange(func() error { a.setLogLevel(c.LogLevel); return nil }, "loglevel")
	c.OnChange(func() error { a.loop.SetKeepAlive(time.Duration(c.TCPKeepalive) * time.Second); return nil }, "tcp-keepalive")
	c.OnChange(a.applyMaxClients, "maxclients")
	c.OnChange(a.applyPort, "port", "bind")
	c.OnChange(func() error {
		if err := os.Chdir(c.Dir); err != nil {
			return errors.New(errors.Unwrap(err).Error())
		}
		return nil
	}, "dir")
	c.OnChange(a.checkMaxMemory, "maxmemory")
	a.watchOOMScore()
	a.engine.ApplyMemoryLimits()
	c.OnChange(func() error { a.engine.ApplyMemoryLimits(); return nil }, "maxmemory", "maxmemory-clients")
	c.OnChange(a.switchAOF, "appendonly")
	c.OnChange(func() error { a.persist.ConfigureAOF(); return nil }, "appendfsync")
	c.OnChange(func() error { a.persist.CollectAOF(); return nil }, "aof-disable-auto-gc")
	a.applyNotify()
	c.OnChange(func() error { a.applyNotify(); return nil }, "notify-keyspace-events")
}

// applyLimits copies what shapes the data into the store.
func (a *App) applyLimits() {
	c, l := a.cfg, &a.store.Limits
	l.HashPackedEntries, l.HashPackedValue = c.HashMaxListpackEntries, int(c.HashMaxListpackValue)
	l.ListPackedSize, l.ListCompressDepth = c.ListMaxListpackSize, c.ListCompressDepth
	l.SetIntEntries = c.SetMaxIntsetEntries
	l.ZSetPackedEntries, l.ZSetPackedValue = c.ZsetMaxListpackEntries, int(c.ZsetMaxListpackValue)
	l.SketchSparseBytes = int(c.HLLSparseMaxBytes)
	l.StreamNodeBytes, l.StreamNodeEntries = int(c.StreamNodeMaxBytes), c.StreamNodeMaxEntries
	l.Samples, l.LFULogFactor, l.LFUDecayTime = c.MaxMemorySamples, c.LFULogFactor, c.LFUDecayTime
	l.MaxString = c.ProtoMaxBulkLen
	if p, ok := policies()[c.MaxMemoryPolicy]; ok {
		l.Policy = p
	}
	a.engine.SetMaxBulk(c.ProtoMaxBulkLen)
	a.engine.SlowLog.Trim(c.SlowlogMaxLen)
}

func policies() map[string]store.Policy {
	return map[string]store.Policy{"noeviction": store.NoEviction, "allkeys-lru": store.AllKeysLRU, "allkeys-lfu": store.AllKeysLFU, "allkeys-random": store.AllKeysRandom,
		"volatile-lru": store.VolatileLRU, "volatile-lfu": store.VolatileLFU, "volatile-random": store.VolatileRandom, "volatile-ttl": store.VolatileTTL}
}

func (a *App) applyMaxClients() error {
	want := a.cfg.MaxClients + fdReserve
	got, err := netconn.RaiseFileLimit(want)
	if err != nil && got < want {
		return fmt.Errorf("The operating system is not able to handle the specified number of clients, try with %d", got-fdReserve)
	}
	return nil
}

// applyPort listens on the new addresses before it closes the old ones; when that fails the old ones stay. A port that is
// unchanged cannot be listened on twice, so then the old listeners are closed first.
func (a *App) applyPort() error {
	why := "Unable to listen on this port. Check server logs."
	if a.cfg.Port == a.proc.Port {
		why = "Failed to bind to specified addresses."
		for _, l := range a.tcp {
			_ = l.Close()
		}
		a.tcp = nil
	}
	if a.cfg.Port == 0 {
		for _, l := range a.tcp {
			_ = l.Close()
		}
		a.tcp = nil
	} else if err := a.listenTCP(a.cfg.Bind, a.cfg.Port); err != nil {
		a.log.Warn("Unable to listen on port " + strconv.Itoa(a.cfg.Port) + ": " + err.Error())
		if len(a.tcp) == 0 && a.proc.Port != 0 {
			if err := a.listenTCP(a.bound, a.proc.Port); err != nil {
				a.log.Warn("Unable to listen again on port " + strconv.Itoa(a.proc.Port) + ": " + err.Error())
			}
		}
		return errors.New(why)
	}
	a.proc.Port = a.cfg.Port
	return nil
}

// switchAOF follows the directive appendonly.
func (a *App) switchAOF() error {
	if !a.cfg.AppendOnly {
		a.persist.StopAOF()
		return nil
	}
	if err := a.persist.StartAOF(); err != nil {
		return errors.New("Unable to turn on AOF. Check server logs.")
	}
	return nil
}

func (a *App) checkMaxMemory() error {
	if used := a.engine.UsedMemory(); a.cfg.MaxMemory > 0 && used > a.cfg.MaxMemory {
		a.log.Warn(fmt.Sprintf("WARNING: the new maxmemory value set via CONFIG SET (%d) is smaller than the current memory usage (%d). "+
			"This will result in key eviction and/or the inability to accept new write commands depending on the maxmemory-policy.", a.cfg.MaxMemory, used))
	}
	return nil
}

// applyNotify reads notify-keyspace-events.
func (a *App) applyNotify() { a.engine.SetNotify(command.ParseNotify(a.cfg.NotifyKeyspaceEvents)) }
