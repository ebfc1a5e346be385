package repl

import (
	"fmt"
	"strconv"
	"strings"
)

// HandshakeConfig is what a replica tells its master, and what it asks for.
type HandshakeConfig struct {
	User      string   // masteruser; empty: the default user
	Passwords []string // masterauth, tried in order (B7); none: no AUTH
	Port      int      // what to announce: the listening port or replica-announce-port
	IP        string   // replica-announce-ip; empty: the master sees it
	Request   Request
	// Failover asks the master, a replica of ours so far, to become master and then answer (FAILOVER).
	Failover bool
}

// OutcomeKind says how a handshake ended.
type OutcomeKind uint8

// The outcomes.
const (
	OutcomeNone     OutcomeKind = iota
	OutcomeContinue             // the stream goes on from where we asked
	OutcomeFull                 // a snapshot comes; it is of ID and Offset
	OutcomeSync                 // an old master: SYNC was sent, a snapshot of an unknown history comes
	OutcomeLater                // not now, but likely later: the master is loading, or has no master itself (R12)
	OutcomeFailed               // the master refused or made no sense
)

// Outcome is the result of a handshake.
type Outcome struct {
	Kind OutcomeKind
	// ID is the master's history. Zero with OutcomeContinue: the master does not tell, it is the one we asked for.
	ID ID
	// Offset of a full sync is the next byte after the snapshot.
	Offset Offset
	// Err says what happened when the outcome is OutcomeLater or OutcomeFailed.
	Err error
	// PeerIsMaster: the peer refused to take the mastership because it is a master.
	PeerIsMaster bool
}

// HandshakeStep is what a replica has sent and waits to be answered.
type HandshakeStep uint8

// The steps, in their order.
const (
	StepPing HandshakeStep = iota
	StepAuth
	StepAnnounce // REPLCONF listening-port, ip-address, capa, sent together
	StepPSYNC
	StepSync // PSYNC is unknown to the master: SYNC
	StepDone
)

// String returns a word for logs.
func (s HandshakeStep) String() string {
	return [...]string{"PING", "AUTH", "REPLCONF", "PSYNC", "SYNC", "done"}[s]
}

// Handshake is what a replica says to its master before the stream or the snapshot (R29), and what the replies mean:
//
//	replica                                              master
//	PING                                                 +PONG, or -NOAUTH or -NOPERM: it lives
//	AUTH [user] password       if there is one           +OK; -...: the next password, or give up
//	REPLCONF listening-port p                            +OK; -...: not critical
//	REPLCONF ip-address a      if one is announced       +OK; -...: not critical
//	REPLCONF capa eof capa psync2                        +OK; -...: not critical
//	PSYNC id n | PSYNC ? -1    then wait for             "\n" any number of times, then
//	                                                     +CONTINUE [id] | +FULLRESYNC id n | -error
//	SYNC                       after -ERR unknown command
//
// The caller sends what Next returns, and gives each line of reply to Reply until that has an outcome or Next has more
// to send. There is no state of the connection in here.
type Handshake struct {
	cfg      HandshakeConfig
	step     HandshakeStep
	sent     bool
	replies  int // how many the present step still waits for
	password int // index of the one being tried

	// Notes are replies that were refused but are not critical, for the log.
	Notes []string
}

// NewHandshake begins a handshake.
func NewHandshake(cfg HandshakeConfig) *Handshake { return &Handshake{cfg: cfg} }

// Step returns what is waited for.
func (h *Handshake) Step() HandshakeStep { return h.step }

// Next returns the commands to send now. It is empty when a reply is waited for, or all is said.
func (h *Handshake) Next() [][]string {
	if h.sent || h.step == StepDone {
		return nil
	}
	h.sent = true
	cmds := h.commands()
	h.replies = len(cmds)
	if h.step == StepSync {
		// The snapshot is the reply.
		h.step = StepDone
	}
	return cmds
}

func (h *Handshake) commands() [][]string {
	switch h.step {
	case StepPing:
		return [][]string{{"PING"}}
	case StepAuth:
		if h.cfg.User != "" {
			return [][]string{{"AUTH", h.cfg.User, h.cfg.Passwords[h.password]}}
		}
		return [][]string{{"AUTH", h.cfg.Passwords[h.password]}}
	case StepAnnounce:
		cmds := [][]string{{"REPLCONF", "listening-port", strconv.Itoa(h.cfg.Port)}}
		if h.cfg.IP != "" {
			cmds = append(cmds, []string{"REPLCONF", "ip-address", h.cfg.IP})
		}
		return append(cmds, []string{"REPLCONF", "capa", "eof", "capa", "psync2"})
	case StepPSYNC:
		cmd := []string{"PSYNC", "?", "-1"}
		if req := h.cfg.Request; !req.ID.IsZero() {
			cmd = []string{"PSYNC", req.ID.String(), strconv.FormatInt(req.From.PSYNC(), 10)}
		}
		if h.cfg.Failover {
			cmd = append(cmd, "FAILOVER")
		}
		return [][]string{cmd}
	case StepSync:
		return [][]string{{"SYNC"}}
	default:
		panic("BUG: handshake step out of range")
	}
}

func (h *Handshake) advance(to HandshakeStep) Outcome {
	h.step, h.sent = to, false
	return Outcome{}
}

// Reply takes one line that the master sent, without its line end. The outcome is OutcomeNone as long as the handshake
// goes on.
func (h *Handshake) Reply(line string) Outcome {
	switch h.step {
	case StepPing:
		return h.pinged(line)
	case StepAuth:
		return h.authed(line)
	case StepAnnounce:
		if strings.HasPrefix(line, "-") {
			h.Notes = append(h.Notes, "(Non critical) Master does not understand REPLCONF: "+clip(line))
		}
		if h.replies--; h.replies == 0 {
			return h.advance(StepPSYNC)
		}
		return Outcome{}
	case StepPSYNC:
		return h.answered(line)
	default:
		return h.fail("a reply while none is waited for: %s", line)
	}
}

// pinged takes the reply to PING. An error about permissions shows a master that lives as well as a PONG does.
func (h *Handshake) pinged(line string) Outcome {
	switch {
	case strings.HasPrefix(line, "+"),
		strings.HasPrefix(line, "-NOAUTH"),
		strings.HasPrefix(line, "-NOPERM"),
		strings.HasPrefix(line, "-ERR operation not permitted"):
	case transient(line):
		return h.later(line)
	default:
		return h.fail("Error reply to PING from master: '%s'", line)
	}
	if len(h.cfg.Passwords) > 0 {
		return h.advance(StepAuth)
	}
	return h.advance(StepAnnounce)
}

func (h *Handshake) authed(line string) Outcome {
	if strings.HasPrefix(line, "+") {
		return h.advance(StepAnnounce)
	}
	if h.password++; h.password < len(h.cfg.Passwords) {
		h.Notes = append(h.Notes, "Master refused a password, trying the next: "+clip(line))
		return h.advance(StepAuth)
	}
	return h.fail("Unable to AUTH to MASTER: %s", line)
}

// answered takes the reply to PSYNC.
func (h *Handshake) answered(line string) Outcome {
	word, rest, _ := strings.Cut(line, " ")
	switch {
	case line == "":
		return Outcome{} // a newline that keeps the link alive
	case word == "+CONTINUE":
		h.step = StepDone
		if rest == "" {
			return Outcome{Kind: OutcomeContinue}
		}
		id, ok := ParseID(rest)
		if !ok || id.IsZero() {
			return h.fail("Master replied with wrong +CONTINUE syntax: %s", line)
		}
		return Outcome{Kind: OutcomeContinue, ID: id}
	case word == "+FULLRESYNC":
		h.step = StepDone
		name, num, _ := strings.Cut(rest, " ")
		id, ok := ParseID(name)
		n, err := strconv.ParseInt(num, 10, 64)
		if !ok || id.IsZero() || err != nil || n < 0 {
			return h.fail("Master replied with wrong +FULLRESYNC syntax: %s", line)
		}
		return Outcome{Kind: OutcomeFull, ID: id, Offset: Offset(n)}
	case strings.HasPrefix(strings.ToLower(line), "-err unknown command") && !h.cfg.Failover:
		h.Notes = append(h.Notes, "Master does not support PSYNC, retrying with SYNC: "+clip(line))
		return h.advance(StepSync)
	case transient(line):
		return h.later(line)
	default:
		o := h.fail("Unexpected reply to PSYNC from master: %s", line)
		o.PeerIsMaster = strings.Contains(line, toMaster)
		return o
	}
}

// toMaster is in the reply to a FAILOVER request that reached a master.
const toMaster = "can't be sent to a master"

// Finish returns the outcome of a handshake that ended with SYNC, to which no line is the reply.
func (h *Handshake) Finish() (Outcome, bool) {
	return Outcome{Kind: OutcomeSync}, h.step == StepDone
}

// transient says whether an error will likely go away by itself.
func transient(line string) bool {
	for _, p := range [...]string{"-LOADING", "-MASTERDOWN", "-NOMASTERLINK", "-BUSY", "-TRYAGAIN", "-CLUSTERDOWN"} {
		if strings.HasPrefix(line, p) {
			return true
		}
	}
	return false
}

func (h *Handshake) later(line string) Outcome {
	return Outcome{Kind: OutcomeLater, Err: fmt.Errorf("Master is currently unable to %v but should be in the future: %s", h.step, clip(line))}
}

func (h *Handshake) fail(format, line string) Outcome {
	return Outcome{Kind: OutcomeFailed, Err: fmt.Errorf(format, clip(line))}
}

// clip bounds what a peer can put into our log.
func clip(s string) string {
	if len(s) > 256 {
		return s[:256] + "..."
	}
	return s
}
