package app

import (
	"errors"
	"fmt"
	"strings"

	"github.com/lockstep-db/lockstep/server/internal/acl"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/config"
	"github.com/lockstep-db/lockstep/server/internal/engine"
	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// aclHost is the server as the command ACL sees it.
type aclHost struct {
	*engine.Engine
	app *App
}

func (h aclHost) ACLFile() string { return h.app.cfg.ACLFile }

func (h aclHost) LoadACL() error {
	gone, err := h.app.loadACLFile()
	h.LogOut(gone)
	return err
}

func (h aclHost) SaveACL() error {
	err := vfs.WriteFile(h.app.persist.FS(), h.app.cfg.ACLFile, h.ACL().Text())
	if err != nil {
		h.app.log.Warn("Writing ACL file for ACL SAVE: " + err.Error())
	}
	return err
}

// loadUsers makes the users of the configuration, which come either from its own lines or from a file.
func (a *App) loadUsers(t *command.Table) error {
	users := acl.New(t, func() bool { return a.cfg.ACLPubSubDefault == "allchannels" })
	a.engine.SetACL(users)
	users.SetDefaultPassword(a.cfg.RequirePass)
	a.cfg.OnChange(func() error { users.SetDefaultPassword(a.cfg.RequirePass); return nil }, "requirepass")
	a.cfg.OnRewrite(a.userLines)
	seen := map[string]bool{}
	for _, line := range a.cfg.Users {
		u, err := users.LoadLine(line.Words)
		if seen[line.Words[0]] {
			err = acl.ErrDuplicate
		}
		seen[line.Words[0]] = true
		if err != nil {
			return a.fail("%v", &config.LineError{Line: line.Line, Text: "user " + strings.Join(line.Words, " "),
				Reason: "Error in user declaration '" + line.Words[0] + "': " + err.Error()})
		}
		if !u.On {
			a.log.Info(fmt.Sprintf("The user '%s' is disabled (there is no 'on' modifier in the user description). Make sure this is not a configuration error.", u.Name))
		}
	}
	if a.cfg.ACLFile == "" {
		return nil
	}
	if len(a.cfg.Users) > 0 {
		return a.fail("Configuring Redis with users defined in redis.conf and at the same setting an ACL file path is invalid. This setup is very likely to lead to " +
			"configuration errors and security holes, please define either an ACL file or declare users directly in your redis.conf, but not both.")
	}
	if _, err := a.loadACLFile(); err != nil {
		return a.fail("Aborting Redis startup because of ACL errors: %v", err)
	}
	return nil
}

func (a *App) loadACLFile() ([]*acl.User, error) {
	data, err := vfs.ReadPlain(vfs.OS{}, a.cfg.ACLFile)
	if err != nil {
		if in := errors.Unwrap(err); in != nil {
			err = in
		}
		return nil, fmt.Errorf("Error loading ACLs, opening file '%s': %w", a.cfg.ACLFile, err)
	}
	return a.engine.ACL().Load(string(data), a.cfg.ACLFile)
}

// userLines are the users for CONFIG REWRITE; nil leaves them to the ACL file.
func (a *App) userLines() []string {
	if a.cfg.ACLFile != "" {
		return nil
	}
	out := []string{}
	for _, u := range a.engine.ACL().Users() {
		out = append(out, u.Name+" "+a.engine.ACL().Describe(u))
	}
	return out
}
