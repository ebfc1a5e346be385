package interop

import (
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// node is a server and the proxy through which it reaches its master (nil for the master).
type node struct {
	*rig.Server
	link *rig.Proxy
}

// chain starts one server for each kind, each a replica of the one before, behind a proxy.
func chain(t *testing.T, config rig.Config, kinds ...rig.Kind) []node {
	t.Helper()
	var nodes []node
	for i, k := range kinds {
		n := node{Server: rig.Start(t, k, string(rune('A'+i)), config)}
		if i > 0 {
			n.link = rig.NewProxy(t, nodes[i-1].Server)
		}
		nodes = append(nodes, n)
	}
	return nodes
}

// attach makes every node but the first follow the one before, top down.
func attach(nodes []node) {
	for _, n := range nodes[1:] {
		n.Follow(n.link.Port)
		n.WaitLink()
	}
}

func servers(nodes []node) []*rig.Server {
	var list []*rig.Server
	for _, n := range nodes {
		list = append(list, n.Server)
	}
	return list
}

// cuts are the ways to break the link between a replica and its master at once.
var cuts = []struct {
	name string
	do   func(master, replica node)
}{
	{"proxy", func(master, replica node) { replica.link.Cut() }},
	{"CLIENT KILL TYPE replica", func(master, replica node) { master.Must("CLIENT", "KILL", "TYPE", "replica") }},
	{"CLIENT KILL TYPE master", func(master, replica node) { replica.Must("CLIENT", "KILL", "TYPE", "master") }},
}

// Guarantee (R4, E1, E5): whatever stands where in a chain, replicas attached under load have the master's data, and a
// link that breaks goes on partially.
func TestChainUnderLoad(t *testing.T) {
	for _, kinds := range [][]rig.Kind{
		{rig.Ours, rig.Peer},
		{rig.Peer, rig.Ours},
		{rig.Ours, rig.Ours},
		{rig.Peer, rig.Ours, rig.Peer},
		{rig.Ours, rig.Peer, rig.Ours},
	} {
		t.Run(chainName(kinds), func(t *testing.T) {
			nodes := chain(t, nil, kinds...)
			rig.Populate(t, nodes[0].Server, 150)
			load := rig.StartLoad(t, nodes[0].Server, 4, 1)
			load.WaitOps(500)
			attach(nodes)
			load.WaitOps(1000)
			for _, cut := range cuts {
				cutEveryLink(t, nodes, load, cut.name, cut.do)
			}
			load.Stop()
			rig.WaitSame(t, servers(nodes)...)
		})
	}
}

// cutEveryLink breaks each link once while writes go on; each one must come back partially.
func cutEveryLink(t *testing.T, nodes []node, load *rig.Load, name string, cut func(master, replica node)) {
	t.Helper()
	for i := 1; i < len(nodes); i++ {
		master, replica := nodes[i-1], nodes[i]
		before := master.Syncs()
		cut(master, replica)
		load.WaitOps(200)
		master.WaitPartial(before, 1)
		replica.WaitLink()
		if t.Failed() {
			t.Fatalf("link %s -> %s, cut by %s", master.Name, replica.Name, name)
		}
	}
}

func chainName(kinds []rig.Kind) string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.String())
	}
	return strings.Join(names, "-")
}

// Guarantee (R6): the stream is the same bytes down a chain, so that the end of a chain can be hung below the top
// and continue partially.
func TestEndOfChainMovesToTop(t *testing.T) {
	for _, kinds := range [][]rig.Kind{
		{rig.Peer, rig.Ours, rig.Peer},
		{rig.Ours, rig.Peer, rig.Ours},
		{rig.Ours, rig.Ours, rig.Peer},
	} {
		t.Run(chainName(kinds), func(t *testing.T) {
			nodes := chain(t, nil, kinds...)
			rig.Populate(t, nodes[0].Server, 50)
			attach(nodes)
			load := rig.StartLoad(t, nodes[0].Server, 2, 2)
			load.WaitOps(500)
			top, end := nodes[0], nodes[2]
			before := top.Syncs()
			end.Follow(top.Port)
			top.WaitPartial(before, 1)
			end.WaitLink()
			load.WaitOps(300)
			load.Stop()
			rig.WaitSame(t, servers(nodes)...)
		})
	}
}

// Guarantee: what one client does in several databases, transactions and with expiry arrives in order; a replica serves
// reads from it and refuses writes.
func TestReplicaServesReadsAndRefusesWrites(t *testing.T) {
	for _, kinds := range [][]rig.Kind{{rig.Ours, rig.Peer}, {rig.Peer, rig.Ours}} {
		t.Run(chainName(kinds), func(t *testing.T) {
			nodes := chain(t, nil, kinds...)
			attach(nodes)
			master, replica := nodes[0], nodes[1]
			master.Must("SET", "k", "v")
			master.Must("SELECT", 4)
			rig.WaitSame(t, servers(nodes)...)
			if got := replica.Must("GET", "k"); got != "v" {
				t.Errorf("replica: GET k = %v, want v", got)
			}
			err := replica.Do(t.Context(), "SET", "k", "w").Err()
			if err == nil || !strings.HasPrefix(err.Error(), "READONLY") {
				t.Errorf("replica: SET answers %v, want READONLY", err)
			}
			if n := master.Must("WAIT", 1, 5000); n != int64(1) {
				t.Errorf("WAIT 1 5000 = %v, want 1", n)
			}
		})
	}
}
