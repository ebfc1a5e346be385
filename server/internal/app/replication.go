package app

import (
	"context"
	"net"
	"time"

	"github.com/lockstep-db/lockstep/libs/netconn"
	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/libs/resp"
	replcommands "github.com/lockstep-db/lockstep/server/internal/commands/repl"
	"github.com/lockstep-db/lockstep/server/internal/info"
	"github.com/lockstep-db/lockstep/server/internal/persist"
	"github.com/lockstep-db/lockstep/server/internal/replication"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// connectReplication makes the replication driver.
func (a *App) connectReplication() {
	a.repl = replication.New(a.engine, a.persist, a.dialMaster)
	a.repl.SetFreeMemory(a.freeForData)
	a.repl.Info(a.info)
	a.info.Add("server", a.shutdownIn)
	a.cfg.OnChange(func() error { a.repl.Configured(); return nil },
		"repl-backlog-size", "repl-backlog-ttl", "repl-timeout", "key-load-delay", "rdb-key-save-delay", "repl-ping-replica-period", "repl-diskless-sync", "repl-diskless-sync-delay",
		"repl-diskless-sync-max-replicas", "min-replicas-to-write", "min-replicas-max-lag", "min-replicas-lag-by", "repl-accept-empty-master", "client-output-buffer-limit")
}

// dialMaster connects to a master from the node's own address (R30). It runs on any goroutine.
func (a *App) dialMaster(ctx context.Context, addr string) (net.Conn, error) {
	source := a.cfg.BindSourceAddr
	if source == "" && len(a.cfg.Bind) > 0 {
		source = trimOptional(a.cfg.Bind[0])
	}
	return netconn.Dial(ctx, addr, netconn.DialOptions{Source: source, Timeout: time.Duration(a.cfg.ReplTimeout) * time.Second,
		KeepAlive: time.Duration(a.cfg.TCPKeepalive) * time.Second})
}

// trimOptional cuts off the dash that makes an address optional.
func trimOptional(addr string) string {
	if len(addr) > 0 && addr[0] == '-' {
		return addr[1:]
	}
	return addr
}

// startReplication begins with what was loaded; nil is nothing.
func (a *App) startReplication(res *persist.Loaded) { a.repl.Start(res) }

// shutdownIn is INFO's shutdown_in_milliseconds.
func (a *App) shutdownIn(b *info.Builder) {
	if a.stop.active {
		b.Int("shutdown_in_milliseconds", a.stop.deadline-a.engine.Now())
	}
}

// ChangeReplID implements admin.Debug.
func (h adminHost) ChangeReplID() { h.repl.ChangeID() }

// replHost is the server as the replication family sees it. The driver is made after the table of commands.
type replHost struct{ *App }

func (h replHost) Replica() bool { return h.engine.Replica() }
func (h replHost) ReplicaOf(host string, port int, who string) bool {
	return h.repl.ReplicaOf(host, port, who)
}
func (h replHost) Promote(who string) { h.repl.Promote(who) }
func (h replHost) Replconf(s *session.Session, args [][]byte) (string, bool) {
	return h.repl.Replconf(s, args)
}
func (h replHost) PSync(s *session.Session, args [][]byte) string { return h.repl.PSync(s, args) }
func (h replHost) Wait(s *session.Session, replicas int, deadline int64, mayBlock bool) {
	h.repl.Wait(s, replicas, deadline, mayBlock)
}
func (h replHost) History(w *resp.Writer, n int) { h.repl.History(w, n) }
func (h replHost) ResetHistory()                 { h.repl.ResetHistory() }
func (h replHost) Failover(p replcommands.FailoverPlan) string {
	return h.repl.Failover(repl.FailoverPlan{Target: repl.Addr{Host: p.Host, Port: p.Port}, Timeout: p.Timeout, Force: p.Force})
}
func (h replHost) AbortFailover() string { return h.repl.AbortFailover() }
func (h replHost) FailingOver() bool     { return h.repl.FailingOver() }
func (h replHost) WaitAOF(s *session.Session, local, replicas int, deadline int64, mayBlock bool) {
	h.repl.WaitAOF(s, local, replicas, deadline, mayBlock)
}
func (h replHost) AOFEnabled() bool    { return h.persist.AOFEnabled() }
func (h replHost) Role(w *resp.Writer) { h.repl.Role(w) }
