package app

import (
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/acl"
	"github.com/lockstep-db/lockstep/server/internal/commands"
	"github.com/lockstep-db/lockstep/server/internal/commands/admin"
	"github.com/lockstep-db/lockstep/server/internal/debugger"
	"github.com/lockstep-db/lockstep/server/internal/engine"
	"github.com/lockstep-db/lockstep/server/internal/persist"
	"github.com/lockstep-db/lockstep/server/internal/pubsub"
	"github.com/lockstep-db/lockstep/server/internal/scripting"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// newDebugger makes what debugs scripts on copies of the data.
func (a *App) newDebugger() *debugger.Debugger {
	d := debugger.New(a.engine)
	d.Apart = a.completeApart
	d.Encode = func() persist.EncodeOptions {
		return persist.EncodeOptions{RDB: rdb.EncodeOptions{NoChecksum: true}, Policy: a.store.Limits.Policy, Workers: 1, Pace: &persist.Pace{}}
	}
	d.Load = func() persist.LoadOptions {
		return persist.LoadOptions{RDB: rdb.DecodeOptions{SkipChecksum: true}, KeepExpired: true, Now: time.Now().UnixMilli()}
	}
	return d
}

// apartHost is the server as the commands of an engine apart see it: that engine, and of the server itself what they may ask, which is asked
// on its own thread. Commands that are not for scripts are never called.
type apartHost struct {
	adminHost // with the engine apart
	server    *App
	peers     *peers
}

func (h apartHost) Exchange(addr [2]string, timeout time.Duration, requests []byte, n int) ([]resp.Value, error) {
	return keysHost{h.adminHost, h.peers}.Exchange(addr, timeout, requests, n)
}

func (h apartHost) Info(sections []string) (text string) {
	h.server.engine.Do(func() { text = h.server.info.Render(sections) })
	return text
}

func (h apartHost) LastSave() (at int64) {
	h.server.engine.Do(func() { at = h.server.persist.LastSave() })
	return at
}

func (h apartHost) Memory() (stats []admin.Stat) {
	h.server.engine.Do(func() { stats = adminHost{h.server}.Memory() })
	return stats
}

func (h apartHost) SkipChecksum() (skip bool) {
	h.server.engine.Do(func() { skip = h.server.persist.SkipChecksum() })
	return skip
}

// FlushAll has nothing to do: there are no files and no replicas.
func (h apartHost) FlushAll(bool) {}

// completeApart gives an engine apart its commands, with the names that they have here, and the client's user.
func (a *App) completeApart(e *engine.Engine, s *session.Session) (*session.Session, error) {
	hub := pubsub.New(e)
	e.SetSubscribers(hub)
	lua := scripting.New(e, a.cfg.LuaEnableDeprecatedAPI)
	e.SetScripting(lua)
	b := &App{opts: a.opts, cfg: e.Config(), handler: a.handler, log: a.log, store: e.Store(), engine: e}
	host := apartHost{adminHost{b}, a, newPeers()}
	table := commands.All(commands.Hosts{ACL: aclHost{e, b}, Conn: e, Command: e, Txn: e, Admin: host, Keys: host, Repl: replHost{b}, PubSub: hub, Tracking: hub, Script: lua, Debugger: debugger.New(e)})
	if err := a.renameCommands(table); err != nil {
		return nil, err
	}
	e.SetTable(table)
	everywhere := a.cfg.ACLPubSubDefault == "allchannels"
	users := acl.New(table, func() bool { return everywhere })
	e.SetACL(users)
	own := e.NewSession()
	own.Authenticated, own.Addr, own.LAddr, own.Name, own.DB, own.W.Proto = true, s.Addr, s.LAddr, s.Name, s.DB, s.W.Proto
	own.Flags |= s.Flags & session.NoTouch
	u, err := users.LoadLine(append([]string{s.User.Name}, strings.Fields(a.engine.ACL().Describe(s.User))...))
	own.User = u
	return own, err
}
