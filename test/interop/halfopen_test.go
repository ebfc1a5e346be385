package interop

import (
	"fmt"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee: a link that dies without a word is noticed by both ends after repl-timeout, and continues partially once
// the network is back.
func TestHalfOpenLink(t *testing.T) {
	for _, kinds := range [][]rig.Kind{{rig.Ours, rig.Peer}, {rig.Peer, rig.Ours}} {
		t.Run(chainName(kinds), func(t *testing.T) {
			nodes := chain(t, rig.Config{"repl-timeout": "3"}, kinds...)
			attach(nodes)
			master, replica := nodes[0], nodes[1]
			load := rig.StartLoad(t, master.Server, 2, 8)
			load.WaitOps(100)
			before := master.Syncs()
			replica.link.Swallow()
			replica.WaitLinkDown(15 * time.Second)
			replica.link.Refuse(true)
			replica.link.Cut()
			replica.link.Resume()
			replica.link.Refuse(false)
			master.WaitPartial(before, 1)
			replica.WaitLink()
			load.WaitOps(100)
			load.Stop()
			rig.WaitSame(t, servers(nodes)...)
		})
	}
}

// Guarantee: a slow link delays a replica, it does not break it.
func TestSlowLink(t *testing.T) {
	for _, kinds := range [][]rig.Kind{{rig.Ours, rig.Peer}, {rig.Peer, rig.Ours}} {
		t.Run(chainName(kinds), func(t *testing.T) {
			nodes := chain(t, nil, kinds...)
			attach(nodes)
			nodes[1].link.Delay(5 * time.Millisecond)
			load := rig.StartLoad(t, nodes[0].Server, 2, 9)
			load.WaitOps(1000)
			load.Stop()
			rig.WaitSame(t, servers(nodes)...)
			if n := nodes[1].link.Connections(); n != 1 {
				t.Errorf("the replica connected %d times, want once", n)
			}
		})
	}
}

// slowChunk makes a transfer last long enough to be cut half way.
const slowChunk = 2 * time.Millisecond

// waitTransfer waits until a good part of a data set has passed through the replica's link.
func waitTransfer(t *testing.T, replica node) {
	t.Helper()
	rig.Until(t, 20*time.Second, func() error {
		if n := replica.link.Forwarded(); n < transferPart {
			return fmt.Errorf("%d bytes have passed the proxy, want %d", n, transferPart)
		}
		return nil
	})
}

// transferPart is less than the file that Populate(400) makes and more than a handshake.
const transferPart = 300 << 10
