// Package commands joins the families of commands into one table.
package commands

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/commands/acl"
	"github.com/lockstep-db/lockstep/server/internal/commands/admin"
	"github.com/lockstep-db/lockstep/server/internal/commands/bits"
	"github.com/lockstep-db/lockstep/server/internal/commands/cluster"
	commandfamily "github.com/lockstep-db/lockstep/server/internal/commands/command"
	"github.com/lockstep-db/lockstep/server/internal/commands/conn"
	"github.com/lockstep-db/lockstep/server/internal/commands/geo"
	"github.com/lockstep-db/lockstep/server/internal/commands/hashes"
	"github.com/lockstep-db/lockstep/server/internal/commands/hll"
	"github.com/lockstep-db/lockstep/server/internal/commands/keys"
	"github.com/lockstep-db/lockstep/server/internal/commands/lists"
	"github.com/lockstep-db/lockstep/server/internal/commands/pubsub"
	"github.com/lockstep-db/lockstep/server/internal/commands/repl"
	"github.com/lockstep-db/lockstep/server/internal/commands/script"
	"github.com/lockstep-db/lockstep/server/internal/commands/sets"
	"github.com/lockstep-db/lockstep/server/internal/commands/streams"
	"github.com/lockstep-db/lockstep/server/internal/commands/strings"
	"github.com/lockstep-db/lockstep/server/internal/commands/txn"
	"github.com/lockstep-db/lockstep/server/internal/commands/zsets"
	"github.com/lockstep-db/lockstep/server/internal/scripting"
)

// Hosts are what the families that manage the server need of it.
type Hosts struct {
	ACL     acl.Host
	Conn    conn.Host
	Command commandfamily.Host
	Txn     txn.Host
	Admin   admin.Host
	Keys    keys.Host
	Repl    repl.Host
	PubSub  pubsub.Host
	// Tracking is client-side caching, for CLIENT.
	Tracking conn.Tracking
	Script   *scripting.Lua
	Debugger script.Debugger
}

// All returns the table of all commands.
func All(h Hosts) *command.Table {
	return command.NewTable(
		strings.Commands(),
		bits.Commands(),
		geo.Commands(),
		hll.Commands(),
		keys.Commands(h.Keys),
		lists.Commands(),
		hashes.Commands(),
		sets.Commands(),
		zsets.Commands(),
		streams.Commands(),
		conn.Commands(h.Conn, h.Tracking),
		acl.Commands(h.ACL),
		commandfamily.Commands(h.Command),
		txn.Commands(h.Txn),
		admin.Commands(h.Admin),
		repl.Commands(h.Repl),
		cluster.Commands(),
		pubsub.Commands(h.PubSub),
		script.Commands(h.Script, h.Debugger),
	)
}
