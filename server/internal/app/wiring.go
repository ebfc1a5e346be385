package app

import (
	"errors"
	"os"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/commands"
	"github.com/lockstep-db/lockstep/server/internal/config"
	"github.com/lockstep-db/lockstep/server/internal/persist"
	"github.com/lockstep-db/lockstep/server/internal/pubsub"
	"github.com/lockstep-db/lockstep/server/internal/scripting"
)

// commands builds the table of all families.
func (a *App) commands() *command.Table {
	peers := newPeers()
	a.engine.SetMigrateSockets(peers.count)
	hub := pubsub.New(a.engine)
	a.engine.SetSubscribers(hub)
	a.engine.OnTurn(func(int64) { hub.Broadcast() })
	lua := scripting.New(a.engine, a.cfg.LuaEnableDeprecatedAPI)
	a.engine.SetScripting(lua)
	return commands.All(commands.Hosts{ACL: aclHost{a.engine, a}, Conn: a.engine, Command: a.engine, Txn: a.engine, Admin: adminHost{a}, Keys: keysHost{adminHost{a}, peers}, Repl: replHost{a}, PubSub: hub, Tracking: hub, Script: lua, Debugger: a.newDebugger()})
}

// renameCommands applies rename-command.
func (a *App) renameCommands(t *command.Table) error {
	for _, r := range a.cfg.RenameCommands {
		if err := t.Rename(r.From, r.To); err != nil {
			return &config.LineError{Line: r.Line, Text: "rename-command " + r.From + " " + r.To, Reason: err.Error()}
		}
	}
	return nil
}

// connect joins the drivers that know of each other.
func (a *App) connect() {
	a.engine.OnCron(a.checkShutdown)
	a.persist.Functions, a.persist.TakeFunctions = a.functions, a.takeFunctions
	a.engine.OnFatal(func(why string) {
		a.log.Warn(why)
		os.Exit(1)
	})
}

// functions are the sources of all libraries, for a file.
func (a *App) functions() (sources [][]byte) {
	for _, lib := range a.engine.Scripting().Libraries().All() {
		sources = append(sources, lib.Source)
	}
	return sources
}

// takeFunctions makes libraries of the sources in a file.
func (a *App) takeFunctions(sources [][]byte, onto persist.Onto) error {
	lua := a.engine.Scripting()
	set := scripting.NewLibraries()
	for _, src := range sources {
		if _, errText := lua.LoadLibrary(set, src, false, 0); errText != "" {
			return errors.New("failed creating the library: " + errText)
		}
	}
	if onto == persist.OntoNothing {
		lua.SetLibraries(set)
		return nil
	}
	if errText := lua.Libraries().Join(set, onto == persist.OntoWhatever); errText != "" {
		return errors.New("failed creating the library: " + errText)
	}
	return nil
}
