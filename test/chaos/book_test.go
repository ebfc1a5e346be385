package chaos

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/lockstep-db/lockstep/test/rig"
)

// book holds the full syncs that masters tell of against those that the steps of a round have made necessary.
//
// A full sync is demanded by R4 when the replica has nothing to continue (killed without a file), is on another history or
// beyond what two histories share (the book has seen both offsets), lacks more than the backlog holds (which begins at the
// file of a node that was restarted), or is ahead of the node that it asks. One follows from another when the node that is
// asked was itself synced fully in this round: its backlog began anew (R13).
type book struct {
	tree *tree
	// lacks says why the next full sync of a node is necessary, ahead why it may be ahead of its master.
	lacks, ahead map[int]string
	restarted    map[int]bool // their backlog begins at their file, and they are behind it for a moment
	logs         []logReader  // one for each server
	made         []fullSync   // in this round
	total        int          // full syncs that were necessary
}

// fullSync is one that a master made.
type fullSync struct {
	master, replica int
	reason          string // the line of the log
}

func (f fullSync) String() string {
	return fmt.Sprintf("%s synced %s fully: %s", name(f.master), name(f.replica), f.reason)
}

// isAhead says that the replica asked for a byte that its master had not seen yet.
func (f fullSync) isAhead() bool {
	return strings.Contains(f.reason, "greater than the master replication offset")
}

// isLacking says that the master did not hold the byte.
func (f fullSync) isLacking() bool { return strings.Contains(f.reason, "for lack of backlog") }

// isAsked says that the replica had nothing to continue.
func (f fullSync) isAsked() bool { return strings.Contains(f.reason, "Full resync requested") }

func newBook(t *tree) *book {
	b := &book{tree: t, logs: make([]logReader, len(t.servers))}
	b.begin()
	return b
}

// begin opens the page of a round.
func (b *book) begin() {
	b.lacks, b.ahead, b.restarted, b.made = map[int]string{}, map[int]string{}, map[int]bool{}, nil
}

// demand notes that a node needs a full sync; what is below it needs one then, too.
func (b *book) demand(node int, why string) { b.lacks[node] = why }

// close reads the masters' logs and returns what was not necessary.
func (b *book) close() []string {
	var wrong []string
	for i := range b.logs {
		b.read(i)
		if s := b.tree.servers[i]; s.Counter("sync_full") != b.logs[i].counted {
			wrong = append(wrong, fmt.Sprintf("%s counts sync_full:%d, its log tells of %d", s.Name, s.Counter("sync_full"), b.logs[i].counted))
		}
	}
	anew := map[int]bool{} // their backlog began anew
	for n, why := range b.lacks {
		anew[n] = why != ""
	}
	for _, f := range b.made {
		anew[f.replica] = true
	}
	excused := map[int]bool{}
	for _, f := range b.made {
		excused[f.replica] = excused[f.replica] || b.necessary(f, anew)
	}
	for _, f := range b.made {
		if !excused[f.replica] {
			wrong = append(wrong, f.String())
		}
	}
	b.total += len(b.made)
	return wrong
}

// necessary says whether R4 demanded a full sync. A second one of the same replica in a round only shows that the first
// was broken.
func (b *book) necessary(f fullSync, anew map[int]bool) bool {
	if b.lacks[f.replica] != "" || anew[f.master] && !f.isAsked() || b.restarted[f.master] && f.isLacking() {
		return true
	}
	for n := f.replica; n >= 0; n = b.tree.plan.parent[n] {
		if (b.ahead[n] != "" || b.restarted[n]) && f.isAhead() {
			return true
		}
	}
	return false
}

// read takes what a server's log tells since it was last read.
func (b *book) read(server int) {
	for _, f := range b.logs[server].read(b.tree.servers[server]) {
		f.master, f.replica = server, b.tree.byPort(f.reason, f.replica)
		b.made = append(b.made, f)
	}
}

// logReader reads the log of a server as it grows.
type logReader struct {
	at      int    // what was read
	asking  int    // port of the replica that asked last
	counted int64  // full syncs of the running process
	rest    string // of a line that was not complete
}

var (
	asks    = regexp.MustCompile(`Replica \S+:(\d+) asks for synchronization`)
	refused = regexp.MustCompile(`Full resync requested by replica .*|Partial resynchronization not accepted: .*|Unable to partial resync with replica .*`)
	warning = regexp.MustCompile(`Warning: replica \S+ tried to PSYNC with an offset that is greater than the master replication offset.*`)
)

// read returns the full syncs in the new part of the log; replica is a port.
func (r *logReader) read(s *rig.Server) []fullSync {
	log := s.Log()
	text := r.rest + log[r.at:]
	r.at = len(log)
	var made []fullSync
	for line := range strings.Lines(text) {
		if r.rest = ""; !strings.HasSuffix(line, "\n") {
			r.rest = line
			break
		}
		switch {
		case asks.MatchString(line):
			fmt.Sscan(asks.FindStringSubmatch(line)[1], &r.asking)
		case refused.MatchString(line):
			made = append(made, fullSync{replica: r.asking, reason: refused.FindString(line)})
			r.counted++
		case warning.MatchString(line) && len(made) > 0: // Redis says it in a line of its own
			made[len(made)-1].reason += " " + warning.FindString(line)
		}
	}
	return made
}

// restarted notes that another process runs now; its counters begin anew.
func (r *logReader) restarted() { r.counted = 0 }
