// Package cluster holds the commands of Redis Cluster as a server answers them whose cluster mode is off, as ours always is
// (CONFIG GET cluster-enabled: no): each call that is well formed is an error that says so. Clients rely on it: that is how they
// find out that they need not ask for slots. Arity, flags and the documentation are those of Redis, so that ACL rules and
// command tables written for clusters mean the same here.
package cluster

import "github.com/lockstep-db/lockstep/server/internal/command"

const errDisabled = "ERR This instance has cluster support disabled"

func disabled(c *command.Ctx) { c.Fail(errDisabled) }

const group = "cluster"

// Commands returns the family.
func Commands() []*command.Spec {
	container := &command.Spec{Name: "cluster", Arity: -2, Group: group, Since: "3.0.0", Summary: "Commands about the cluster", Complexity: "Depends on subcommand."}
	container.Subs = append(container.Subs, readSpecs()...)
	container.Subs = append(container.Subs, nodeSpecs()...)
	container.Subs = append(container.Subs, slotSpecs()...)
	return []*command.Spec{
		container,
		ofClient("asking", command.Fast, "Lets the next command of the connection use a slot that is being imported"),
		ofClient("readonly", command.Fast|command.Loading|command.Stale, "Lets a connection read from a replica of a cluster"),
		ofClient("readwrite", command.Fast|command.Loading|command.Stale, "Takes READONLY back"),
	}
}

// ofClient declares a command about the connection that calls it.
func ofClient(name string, flags command.Flags, summary string) *command.Spec {
	return &command.Spec{Name: name, Arity: 1, Flags: flags, Cats: command.CatConnection, Group: group, Since: "3.0.0", Summary: summary, Complexity: "O(1)", Run: disabled}
}
