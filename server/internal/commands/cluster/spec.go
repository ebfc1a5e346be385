package cluster

import "github.com/lockstep-db/lockstep/server/internal/command"

const (
	reads   = command.Stale
	looks   = command.Admin | command.Stale
	changes = command.Admin | command.Stale | command.NoAsyncLoading
)

func sub(name string, arity int, since, summary string, flags command.Flags, args ...command.Arg) *command.Spec {
	return &command.Spec{Name: name, Arity: arity, Flags: flags, Since: since, Summary: summary, Complexity: "O(1)", Group: group, Args: args, Run: disabled}
}

// varies marks a subcommand whose replies differ from node to node and from call to call.
func varies(s *command.Spec) *command.Spec {
	s.Tips = []string{"nondeterministic_output"}
	return s
}

func integer(name string) command.Arg { return command.Arg{Name: name, Type: "integer"} }
func text(name string) command.Arg    { return command.Arg{Name: name, Type: "string"} }

func token(name, word string) command.Arg {
	return command.Arg{Name: name, Type: "pure-token", Token: word}
}

func slots() command.Arg { return command.Arg{Name: "slot", Type: "integer", Multiple: true} }

func slotRanges() command.Arg {
	return command.Arg{Name: "start-slot_end-slot", Type: "block", Multiple: true, Args: []command.Arg{integer("start-slot"), integer("end-slot")}}
}

// readSpecs declares what asks the node for its view of the cluster.
func readSpecs() []*command.Spec {
	slots := varies(sub("slots", 2, "3.0.0", "Tells which nodes serve which slots", reads))
	slots.Deprecated = "7.0.0|`CLUSTER SHARDS`"
	slots.History = []string{"4.0.0|Nodes are told with their IDs.", "7.0.0|Nodes are told with more about their network."}
	slaves := varies(sub("slaves", 3, "3.0.0", "Lists the replicas of a master", looks, text("node-id")))
	slaves.Deprecated = "5.0.0|`CLUSTER REPLICAS`"
	return []*command.Spec{
		varies(sub("count-failure-reports", 3, "3.0.0", "Tells how many nodes report that a node fails", looks, text("node-id"))),
		sub("countkeysinslot", 3, "3.0.0", "Counts the keys of a slot", reads, integer("slot")),
		varies(sub("getkeysinslot", 4, "3.0.0", "Returns keys of a slot", reads, integer("slot"), integer("count"))),
		sub("help", 2, "5.0.0", "Lists the subcommands", command.Loading|command.Stale),
		varies(sub("info", 2, "3.0.0", "Describes the state of the cluster", reads)),
		sub("keyslot", 3, "3.0.0", "Tells the slot of a key", reads, text("key")),
		varies(sub("links", 2, "7.0.0", "Lists the connections to other nodes", reads)),
		sub("myid", 2, "3.0.0", "Returns the ID of the node", reads),
		varies(sub("nodes", 2, "3.0.0", "Lists the nodes as the node knows them", reads)),
		varies(sub("replicas", 3, "5.0.0", "Lists the replicas of a master", looks, text("node-id"))),
		varies(sub("shards", 2, "7.0.0", "Tells which shards serve which slots", reads)),
		slaves,
		slots,
	}
}

// nodeSpecs declares what changes nodes: who belongs to the cluster, in which role, with which epoch.
func nodeSpecs() []*command.Spec {
	return []*command.Spec{
		varies(sub("bumpepoch", 2, "3.0.0", "Raises the configuration epoch of the node", changes)),
		sub("failover", -2, "3.0.0", "Makes a replica the master of its shard", changes, command.Arg{Name: "options", Type: "oneof", Optional: true,
			Args: []command.Arg{token("force", "FORCE"), token("takeover", "TAKEOVER")}}),
		sub("forget", 3, "3.0.0", "Takes a node out of the node's list", changes, text("node-id")),
		sub("meet", -4, "3.0.0", "Introduces another node", changes, text("ip"), integer("port"),
			command.Arg{Name: "cluster_bus_port", Type: "integer", Optional: true, Since: "4.0.0"}),
		sub("replicate", 3, "3.0.0", "Makes the node a replica of a master", changes, text("node-id")),
		sub("reset", -2, "3.0.0", "Makes the node forget its cluster", command.Admin|command.NoScript|command.Stale, command.Arg{Name: "hard_soft", Type: "oneof", Optional: true,
			Args: []command.Arg{token("hard", "HARD"), token("soft", "SOFT")}}),
		sub("saveconfig", 2, "3.0.0", "Writes the state of the cluster to the node's disk", changes),
		sub("set-config-epoch", 3, "3.0.0", "Gives a new node its configuration epoch", changes, integer("config-epoch")),
	}
}

// slotSpecs declares what moves slots from node to node.
func slotSpecs() []*command.Spec {
	return []*command.Spec{
		sub("addslots", -3, "3.0.0", "Gives slots to the node", changes, slots()),
		sub("addslotsrange", -4, "7.0.0", "Gives ranges of slots to the node", changes, slotRanges()),
		sub("delslots", -3, "3.0.0", "Takes slots from the node", changes, slots()),
		sub("delslotsrange", -4, "7.0.0", "Takes ranges of slots from the node", changes, slotRanges()),
		sub("flushslots", 2, "3.0.0", "Takes all slots from the node", changes),
		sub("setslot", -4, "3.0.0", "Says who serves a slot, or where it is moving", changes, integer("slot"), command.Arg{Name: "subcommand", Type: "oneof", Args: []command.Arg{
			{Name: "node-id", Type: "string", Token: "IMPORTING"}, {Name: "node-id", Type: "string", Token: "MIGRATING"},
			{Name: "node-id", Type: "string", Token: "NODE"}, token("stable", "STABLE")}}),
	}
}
