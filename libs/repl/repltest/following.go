package repltest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/libs/repl/wire"
	"github.com/lockstep-db/lockstep/libs/resp"
)

// dial makes a connection to a master and follows it until the connection ends.
func (l *life) dial(to *Node, num uint64) {
	c, far := l.w.newConn(l.n, to)
	l.mconn = c
	l.spawn(func() {
		err := l.connect(c, far, to)
		if err == nil {
			err = l.follow(c, num)
		} else {
			far.Close()
		}
		c.Close()
		if !l.dead && !errors.Is(err, errEnd) {
			l.do(l.link.Lost(num, l.w.now))
		}
	})
}

// connect waits until the connection is made.
func (l *life) connect(c, far *conn, to *Node) error {
	for wait := 2 * c.path.latency; wait > 0 || c.path.frozen; wait = 0 {
		if !l.w.sleep(max(wait, 50*time.Millisecond)) {
			return errEnd
		}
		if c.closed || l.dead {
			return errClosed
		}
	}
	if c.path.down || to.life == nil {
		return errRefused
	}
	theirs := to.life
	theirs.spawn(func() { theirs.serve(far) })
	return nil
}

// follow is a replica's side of a connection: handshake, snapshot if need be, stream.
func (l *life) follow(c *conn, num uint64) error {
	w := l.w
	l.link.Connected(num, w.now)
	heard := func() { l.link.Heard(num, w.now) }
	r := bufio.NewReaderSize(c, 1024)
	asks := l.failover.State() == repl.FailoverRequesting
	h := repl.NewHandshake(repl.HandshakeConfig{Port: 6379, Request: l.link.Request(), Failover: asks})
	outcome, err := wire.Handshake(r, c, h, heard)
	if l.dead {
		return err
	}
	l.asked(h, outcome, err)
	if err != nil || c.closed {
		return err
	}
	if outcome.Kind == repl.OutcomeFailed && !asks {
		w.failf("%s: handshake failed: %v", l.n.name, outcome.Err)
	}
	l.do(l.link.Answered(num, outcome, w.now))
	l.note()
	if l.link.State() == repl.LinkReceiving {
		if err := l.receive(r, c, num); err != nil {
			return err
		}
	}
	if l.dead || c.closed || l.link.State() != repl.LinkUp {
		return errClosed
	}
	return l.readStream(r, c, num)
}

// receive takes a snapshot and puts it in the place of the data.
func (l *life) receive(r *bufio.Reader, c *conn, num uint64) error {
	heard := func() { l.link.Heard(num, l.w.now) }
	frame, err := wire.ReadFrame(r, heard)
	if err != nil {
		return err
	}
	how := repl.Load{Direct: l.n.cfg.Direct, KeepsOld: l.n.cfg.SwapDB}
	var src io.Reader = hearing{frame, func(n int) bool { heard(); return l.readSlowly(n) }}
	if !how.Direct {
		file, err := io.ReadAll(src)
		if err != nil {
			return err
		}
		src = bytes.NewReader(file)
	}
	gone := func() bool { return l.dead || c.closed }
	if gone() {
		return errClosed
	}
	l.w.reach("load " + loadName(how))
	l.do(l.link.BeginLoad(how, l.w.freshID(), l.w.now))
	if !how.KeepsOld {
		l.data = newStore()
	}
	l.note()
	entries := 0
	data, saved, err := decode(src, func() bool {
		if entries++; entries%50 == 0 {
			return l.w.sleep(time.Duration(l.w.rng.IntN(300))*time.Millisecond) && !gone()
		}
		return true
	})
	if err == nil && how.Direct {
		err = frame.Finish()
	}
	if gone() {
		l.w.reach("load given up " + loadName(how))
		return errClosed
	}
	if err != nil {
		l.w.reach("load fails " + loadName(how))
		l.w.logf("%s: load failed: %v", l.n.name, err)
		l.do(l.link.LoadFailed(l.w.now))
		l.note()
		return err
	}
	v, ok := saved.Saved()
	if id, at := l.link.SyncTarget(); !ok || v.ID != id || v.Offset != at {
		l.w.failf("%s: R16: the snapshot is of %s:%d, announced was %s:%d", l.n.name, l.w.idName(v.ID), v.Offset, l.w.idName(id), at)
	}
	if l.data, l.db = data, v.DB; saved.ofMaster {
		l.db = noDB
	}
	l.do(l.link.Loaded(v.DB, l.w.freshID(), l.w.now))
	l.w.oracle.begin(l)
	l.note()
	return nil
}

func loadName(how repl.Load) string {
	switch {
	case how.KeepsOld:
		return "beside the old data"
	case how.Direct:
		return "from the connection"
	default:
		return "from a file"
	}
}

// hearing tells of each read that brought something.
type hearing struct {
	r     io.Reader
	heard func(n int) bool
}

func (h hearing) Read(p []byte) (int, error) {
	n, err := h.r.Read(p)
	if n > 0 && !h.heard(n) {
		return n, errEnd
	}
	return n, err
}

// readSlowly takes the time that reading n bytes takes. It reports false when the world ends.
func (l *life) readSlowly(n int) bool {
	rate := l.n.cfg.ReadRate
	return rate == 0 || l.w.sleep(time.Duration(n)*time.Second/time.Duration(rate))
}

// readStream applies what the master sends. A command counts, and goes to our own replicas, when it is applied; those of
// a transaction when their EXEC is (R6).
func (l *life) readStream(r io.Reader, c *conn, num uint64) error {
	var parser resp.Parser
	var multi *transaction
	buf := make([]byte, 2048)
	for {
		n, err := r.Read(buf)
		if err != nil || c.closed || l.dead {
			if multi != nil {
				l.w.reach("cut inside a transaction")
			}
			if parser.Buffered() > 0 {
				l.w.reach("cut inside a command")
			}
			return err
		}
		l.link.Heard(num, l.w.now)
		parser.Feed(buf[:n])
		for more := true; more; {
			args, status := parser.Next()
			switch status {
			case resp.Request:
				multi = l.apply(args, parser.Raw(), multi)
			case resp.Blank: // a sign of life, no part of the stream
			case resp.Broken:
				l.w.failf("%s: the stream is broken: %v", l.n.name, parser.Err())
				return parser.Err()
			default:
				more = false
			}
		}
		if !l.readSlowly(n) {
			return errEnd
		}
	}
}

// transaction is what came since a MULTI.
type transaction struct {
	raw  []byte
	cmds [][][]byte
}

func (l *life) apply(args [][]byte, raw []byte, multi *transaction) *transaction {
	cmd := strings.ToLower(string(args[0]))
	switch {
	case multi != nil && cmd == "exec":
		for _, queued := range multi.cmds {
			l.exec(queued)
		}
		l.emit(append(multi.raw, raw...))
		return nil
	case multi != nil:
		multi.raw = append(multi.raw, raw...)
		var own [][]byte
		for _, a := range args {
			own = append(own, bytes.Clone(a))
		}
		multi.cmds = append(multi.cmds, own)
		return multi
	case cmd == "multi":
		return &transaction{raw: bytes.Clone(raw)}
	case cmd == "replconf":
		l.emit(raw)
		l.do(l.link.AckNow(l.w.now))
	default:
		l.exec(args)
		l.emit(raw)
	}
	return nil
}

// noDB is the database of a stream that must say it first.
const noDB = -1

func (l *life) exec(args [][]byte) {
	switch cmd := strings.ToLower(string(args[0])); cmd {
	case "ping":
	case "select":
		db, err := strconv.Atoi(string(args[1]))
		if err != nil {
			l.w.failf("%s: select %q in the stream", l.n.name, args[1])
		}
		l.db = db
		l.stream.Select(db)
	default:
		if l.db == noDB {
			l.w.failf("R17: the stream behind a snapshot goes to %s without a SELECT", l.n.name)
		}
		if err := l.data.exec(l.db, args); err != nil {
			l.w.failf("%s: the stream says %v", l.n.name, err)
		}
	}
}
