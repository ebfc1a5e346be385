package repl

import "fmt"

// ActionKind says what an [Action] asks for.
type ActionKind uint8

// What a caller is asked to do. Those of a [Master]:
const (
	ActNone ActionKind = iota
	// ActPing: append a PING to the stream.
	ActPing
	// ActGetAck: append REPLCONF GETACK * to the stream.
	ActGetAck
	// ActNewline: send Feed a newline outside of the stream (R25).
	ActNewline
	// ActSnapshot: take Snapshot now, call Taken, and answer each of its feeds with +FULLRESYNC; or call Failed.
	ActSnapshot
	// ActJoin: Feed joins Snapshot, which others are getting; answer it with +FULLRESYNC of the snapshot's offset.
	ActJoin
	// ActRelease: nobody needs Snapshot any more; stop writing it, free its file or view.
	ActRelease
	// ActDrop: disconnect Feed, log Drop, and give it to Remove.
	ActDrop
	// ActFreeBacklog: nobody has followed for repl-backlog-ttl; call FreeBacklog of the stream with a fresh ID.
	ActFreeBacklog

	// Those of a [Link]:

	// ActDial: connect to Addr and report with Connection's number.
	ActDial
	// ActHangUp: close the connection to the master, and forget what was read from it but not applied (R7).
	ActHangUp
	// ActAck: send REPLCONF ACK with the stream's offset.
	ActAck
	// ActPingMaster: send a newline to the master, which shows that a loading replica lives (R34).
	ActPingMaster
	// ActLinkUp: the link to the master is up: the stream goes on from the stream's offset.
	ActLinkUp
	// ActLinkDown: a link that was up is lost.
	ActLinkDown
	// ActReceive: a full sync begins: receive the snapshot and load it, between BeginLoad and Loaded or LoadFailed.
	ActReceive
	// ActDropReplicas: disconnect all sub-replicas, because the history they follow has another name now, or ended.
	ActDropReplicas
)

// Action is something that the caller has to do.
type Action struct {
	Kind       ActionKind
	Feed       *Feed
	Snapshot   *Snapshot
	Drop       DropReason
	Addr       Addr
	Connection uint64
	// Late, of ActHangUp, is the state in which the master was silent for too long; LinkNone: there was another reason.
	Late LinkState
}

// String returns the action in words, for logs of tests.
func (a Action) String() string {
	switch a.Kind {
	case ActPing:
		return "ping"
	case ActGetAck:
		return "getack"
	case ActNewline:
		return "newline to " + a.Feed.Name
	case ActSnapshot:
		return fmt.Sprintf("snapshot to %v for %d", a.Snapshot.Target, len(a.Snapshot.Feeds))
	case ActJoin:
		return fmt.Sprintf("%s joins the snapshot to %v", a.Feed.Name, a.Snapshot.Target)
	case ActRelease:
		return fmt.Sprintf("release the snapshot to %v", a.Snapshot.Target)
	case ActDrop:
		return fmt.Sprintf("drop %s: %v", a.Feed.Name, a.Drop)
	case ActFreeBacklog:
		return "free backlog"
	case ActDial:
		return "dial " + a.Addr.String()
	case ActHangUp:
		return "hang up"
	case ActAck:
		return "ack"
	case ActPingMaster:
		return "newline to master"
	case ActLinkUp:
		return "link up"
	case ActLinkDown:
		return "link down"
	case ActReceive:
		return "receive snapshot"
	case ActDropReplicas:
		return "drop replicas"
	default:
		panic("BUG: action out of range")
	}
}

// DropReason says why a master disconnects a replica.
type DropReason uint8

// The reasons.
const (
	DropNone DropReason = iota
	DropSilent
	DropStuck
	DropOutputLimit
	DropSnapshotFailed
)

// String returns the reason in the words of Redis's log lines.
func (r DropReason) String() string {
	switch r {
	case DropNone:
		return "none"
	case DropSilent:
		return "Disconnecting timedout replica (streaming sync)"
	case DropStuck:
		return "Disconnecting timedout replica (full sync)"
	case DropOutputLimit:
		return "Closed for overcoming of output buffer limits"
	case DropSnapshotFailed:
		return "SYNC failed. BGSAVE failed"
	default:
		panic("BUG: drop reason out of range")
	}
}
