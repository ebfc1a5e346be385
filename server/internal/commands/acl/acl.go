// Package acl is the command ACL: who may do what, seen and changed by administrators.
package acl

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"

	"github.com/lockstep-db/lockstep/server/internal/acl"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// Host is what these commands need of the server.
type Host interface {
	Now() int64
	ACL() *acl.List
	// Changed tells that the rules of a user have changed from before (nil: it is new).
	UserChanged(u, before *acl.User)
	LogOut(gone []*acl.User)
	// ACLFile is the file of the users, "" for none.
	ACLFile() string
	LoadACL() error
	SaveACL() error
	Table() *command.Table
}

type family struct{ h Host }

func (f family) setuser(c *command.Ctx) {
	rules := make([]string, 0, len(c.Args)-3)
	c.Redact(2)
	for i, a := range c.Args[3:] {
		rules = append(rules, string(a))
		c.Redact(3 + i) // a rule may be a password
	}
	u, before, err := f.h.ACL().Set(string(c.Args[2]), rules)
	if err != nil {
		c.Fail("ERR " + err.Error())
		return
	}
	f.h.UserChanged(u, before)
	c.Reply.OK()
}

func (f family) deluser(c *command.Ctx) {
	for _, name := range c.Args[2:] {
		if string(name) == acl.DefaultName {
			c.Fail("ERR The 'default' user cannot be removed")
			return
		}
	}
	var gone []*acl.User
	for _, name := range c.Args[2:] {
		if u := f.h.ACL().Remove(string(name)); u != nil {
			gone = append(gone, u)
		}
	}
	f.h.LogOut(gone)
	c.Reply.Int(int64(len(gone)))
}

func (f family) getuser(c *command.Ctx) {
	u := f.h.ACL().User(string(c.Args[2]))
	if u == nil {
		c.Reply.Null()
		return
	}
	w := c.Reply
	selectors := f.h.ACL().Selectors(u)
	w.Map(6)
	w.BulkString("flags")
	flags := u.Flags()
	w.Set(len(flags))
	for _, flag := range flags {
		w.BulkString(flag)
	}
	w.BulkString("passwords")
	bulks(c, u.Passwords())
	writeSelector(c, selectors[0])
	w.BulkString("selectors")
	w.Array(len(selectors) - 1)
	for _, s := range selectors[1:] {
		w.Map(3)
		writeSelector(c, s)
	}
}

func writeSelector(c *command.Ctx, s acl.Selector) {
	for _, text := range []string{"commands", s.Commands, "keys", s.Keys, "channels", s.Channels} {
		c.Reply.BulkString(text)
	}
}

func bulks(c *command.Ctx, list []string) {
	c.Reply.Array(len(list))
	for _, s := range list {
		c.Reply.BulkString(s)
	}
}

func (f family) list(c *command.Ctx) {
	var out []string
	for _, u := range f.h.ACL().Users() {
		out = append(out, "user "+u.Name+" "+f.h.ACL().Describe(u))
	}
	bulks(c, out)
}

func (f family) users(c *command.Ctx) {
	var out []string
	for _, u := range f.h.ACL().Users() {
		out = append(out, u.Name)
	}
	bulks(c, out)
}

func whoami(c *command.Ctx) {
	c.Reply.BulkString(c.Client.(*session.Session).UserName())
}

const errNoFile = "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE " +
	"(assuming you have a Redis configuration file set) in order to store users in the Redis configuration."

func (f family) load(c *command.Ctx) {
	if f.h.ACLFile() == "" {
		c.Fail(errNoFile)
		return
	}
	if err := f.h.LoadACL(); err != nil {
		c.Fail("ERR " + err.Error())
		return
	}
	c.Reply.OK()
}

func (f family) save(c *command.Ctx) {
	if f.h.ACLFile() == "" {
		c.Fail(errNoFile)
		return
	}
	if err := f.h.SaveACL(); err != nil {
		c.Fail("ERR There was an error trying to save the ACLs. Please check the server logs for more information")
		return
	}
	c.Reply.OK()
}

func (f family) cat(c *command.Ctx) {
	if len(c.Args) == 2 {
		bulks(c, command.CategoryNames())
		return
	}
	if len(c.Args) > 3 {
		c.FailTooMany()
		return
	}
	cat := command.ParseCategory(c.Args[2])
	if cat == 0 {
		c.Fail("ERR Unknown category '" + clip(c.Args[2]) + "'")
		return
	}
	var out []string
	for _, s := range f.h.Table().Specs() {
		if s.Categories()&cat != 0 {
			out = append(out, s.FullName())
		}
	}
	bulks(c, out)
}

func clip(b []byte) string { return string(b[:min(len(b), 128)]) }

const maxPassBits = 4096

func genpass(c *command.Ctx) {
	bits := int64(256)
	if len(c.Args) > 3 {
		c.FailTooMany()
		return
	}
	if len(c.Args) == 3 {
		var ok bool
		if bits, ok = command.ParseInt(c.Args[2]); !ok {
			c.Fail(command.ErrNotInteger)
			return
		}
	}
	if bits <= 0 || bits > maxPassBits {
		c.Fail("ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to " + strconv.Itoa(maxPassBits))
		return
	}
	raw := make([]byte, maxPassBits/8)
	_, _ = rand.Read(raw) // never fails
	c.Reply.BulkString(hex.EncodeToString(raw)[:(bits+3)/4])
}

func (f family) log(c *command.Ctx) {
	count := int64(10)
	switch {
	case len(c.Args) > 3:
		c.FailTooMany()
		return
	case len(c.Args) == 3 && command.Is(c.Args[2], "RESET"):
		f.h.ACL().Log.Reset()
		c.Reply.OK()
		return
	case len(c.Args) == 3:
		var ok bool
		if count, ok = command.ParseInt(c.Args[2]); !ok {
			c.Fail(command.ErrNotInteger)
			return
		}
	}
	entries := f.h.ACL().Log.Entries
	entries = entries[:min(max(count, 0), int64(len(entries)))]
	w := c.Reply
	w.Array(len(entries))
	for _, e := range entries {
		w.Map(7)
		w.BulkString("count")
		w.Int(e.Count)
		for _, text := range []string{"reason", e.Reason.String(), "context", string(e.Context), "object", e.Object, "username", e.User, "age-seconds"} {
			w.BulkString(text)
		}
		w.Double(float64(f.h.Now()-e.Time) / 1000)
		w.BulkString("client-info")
		w.BulkString(e.ClientID)
	}
}

func (f family) dryrun(c *command.Ctx) {
	u := f.h.ACL().User(string(c.Args[2]))
	if u == nil {
		c.Fail("ERR User '" + string(c.Args[2]) + "' not found")
		return
	}
	args := c.Args[3:]
	spec := f.h.Table().Lookup(args[0])
	if spec != nil && spec.Subs != nil && len(args) > 1 {
		spec = spec.Sub(args[1])
	}
	if spec == nil {
		c.Fail("ERR Command '" + string(args[0]) + "' not found")
		return
	}
	if !spec.ArityOK(len(args)) {
		c.Fail(spec.ArityError())
		return
	}
	const no = "This user has no permissions to "
	switch v := f.h.ACL().Check(u, spec, args); v.Denial {
	case acl.Allowed:
		c.Reply.OK()
	case acl.DeniedKey:
		c.Reply.BulkString(no + "access the '" + string(args[v.Arg]) + "' key")
	case acl.DeniedChannel:
		c.Reply.BulkString(no + "access the '" + string(args[v.Arg]) + "' channel")
	default:
		c.Reply.BulkString(no + "run the '" + spec.FullName() + "' command")
	}
}

func help(c *command.Ctx) {
	c.Help("ACL",
		"CAT [<category>]", "    List all commands that belong to <category>, or all command categories", "    when no category is specified.",
		"DELUSER <username> [<username> ...]", "    Delete a list of users.",
		"DRYRUN <username> <command> [<arg> ...]", "    Returns whether the user can execute the given command without executing the command.",
		"GETUSER <username>", "    Get the user's details.",
		"GENPASS [<bits>]", "    Generate a secure 256-bit user password. The optional `bits` argument can", "    be used to specify a different size.",
		"LIST", "    Show users details in config file format.",
		"LOAD", "    Reload users from the ACL file.",
		"LOG [<count> | RESET]", "    Show the ACL log entries.",
		"SAVE", "    Save the current config to the ACL file.",
		"SETUSER <username> <attribute> [<attribute> ...]", "    Create or modify a user with the specified attributes.",
		"USERS", "    List all the registered usernames.",
		"WHOAMI", "    Return the current connection username.")
}
