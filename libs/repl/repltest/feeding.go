package repltest

import (
	"bytes"
	"io"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/libs/repl/wire"
	"github.com/lockstep-db/lockstep/libs/resp"
)

// feedConn is a replica's connection, seen by its master.
type feedConn struct {
	conn   *conn
	feed   *repl.Feed
	sender *proc
}

// view is the data of a snapshot at the instant that it was taken.
type view struct {
	data *store
	aux  []repl.Aux
}

// serve answers what comes over a connection that somebody made to us.
func (l *life) serve(c *conn) {
	f := &feedConn{conn: c, feed: &repl.Feed{Name: c.peer.here.name}}
	defer func() {
		c.Close()
		l.master.Remove(f.feed, l.w.now)
		delete(l.feeds, f.feed)
	}()
	var parser resp.Parser
	buf := make([]byte, 512)
	for {
		n, err := c.Read(buf)
		if err != nil || l.dead {
			return
		}
		parser.Feed(buf[:n])
		for more := true; more; {
			args, status := parser.Next()
			switch status {
			case resp.Request:
				l.answer(f, args)
			case resp.Blank:
				f.feed.Heard(l.w.now)
			case resp.Broken:
				l.w.failf("%s: a replica sent %v", l.n.name, parser.Err())
				return
			default:
				more = false
			}
		}
	}
}

func (l *life) answer(f *feedConn, args [][]byte) {
	now := l.w.now
	switch cmd := strings.ToLower(string(args[0])); cmd {
	case "ping":
		f.conn.post([]byte("+PONG\r\n"))
	case "replconf":
		c, err := wire.ParseReplconf(args)
		switch {
		case err != nil:
			l.w.failf("%s: REPLCONF: %v", l.n.name, err)
		case c.Ack:
			f.feed.Ack(c.Offset, now)
			l.w.oracle.acked(l, f)
			f.sender.wake()
			l.tickHandover()
		default:
			if f.conn.peer.here.cfg.NoEOF {
				c.Capa &^= repl.CapaEOF
			}
			f.feed.Capa |= c.Capa
			f.conn.post([]byte("+OK\r\n"))
		}
	case "psync":
		req, failover, err := wire.ParsePSYNC(args)
		if err != nil {
			l.w.failf("%s: PSYNC: %v", l.n.name, err)
			return
		}
		if failover {
			if refusal := l.takeOver(req); refusal != "" {
				f.conn.post([]byte(refusal))
				return
			}
		}
		l.psync(f, req)
	default:
		l.w.failf("%s: a replica sent %q", l.n.name, cmd)
	}
}

func (l *life) psync(f *feedConn, req repl.Request) {
	switch {
	case l.link.Loading():
		f.conn.post([]byte("-LOADING Redis is loading the dataset in memory\r\n"))
		return
	case l.failover.State() != repl.FailoverNone:
		f.conn.post([]byte("-NOMASTERLINK Can't SYNC while failing over\r\n"))
		return
	case l.link.State() != repl.LinkNone && l.link.State() != repl.LinkUp:
		f.conn.post([]byte("-NOMASTERLINK Can't SYNC while not connected with my master\r\n"))
		return
	}
	l.w.oracle.probe(l)
	before := l.stream.Window()
	v := l.master.Sync(f.feed, req, l.w.freshID(), l.w.now)
	l.feeds[f.feed] = f
	l.w.reach("verdict " + v.Reason.String())
	l.w.oracle.judged(l, f, req, before, v)
	if v.Partial {
		l.w.logf("%s: partial sync of %s from %d: %v", l.n.name, f.feed.Name, v.From, v.Reason)
		f.conn.post(wire.AppendContinue(nil, l.stream.ID(), f.feed.Capa))
		f.sender = l.spawn(func() { l.feedStream(f) })
		return
	}
	l.w.logf("%s: full sync of %s: %v", l.n.name, f.feed.Name, v.Reason)
	l.note()
	l.tend()
}

func (l *life) chance(percent int) bool { return l.w.rng.IntN(100) < percent }

// takeSnapshot takes a snapshot for replicas, or fails to.
func (l *life) takeSnapshot(s *repl.Snapshot) {
	if l.chance(l.n.cfg.SnapshotFails) {
		l.w.reach("snapshot fails to start")
		l.w.logf("%s: snapshot to %v failed to start", l.n.name, s.Target)
		l.master.Failed(s)
		return
	}
	l.master.Taken(s, l.w.now)
	saved, ok := l.saved()
	if !ok {
		l.w.failf("%s: a snapshot for replicas says nothing of the stream", l.n.name)
	}
	aux := saved.Aux()
	if l.link.State() == repl.LinkNone {
		aux = append(aux, repl.Aux{Key: auxOfMaster})
	}
	l.views[s] = &view{l.data.clone(), aux}
	l.w.reach("snapshot to " + s.Target.String())
	if len(s.Feeds) > 1 {
		l.w.reach("snapshot for several")
	}
	l.w.logf("%s: snapshot to %v at %s:%d for %d", l.n.name, s.Target, l.w.idName(s.ID), s.Offset, len(s.Feeds))
	for _, feed := range s.Feeds {
		l.feeds[feed].conn.post(wire.AppendFullResync(nil, s.ID, s.Offset))
		if s.Target == repl.TargetSocket {
			l.sendBulk(feed, s)
		}
	}
	if s.Target == repl.TargetDisk {
		took := time.Duration(l.w.rng.IntN(2000)) * time.Millisecond
		l.w.after(took, func() { l.written(s) })
	}
}

// written ends the writing of a snapshot's file.
func (l *life) written(s *repl.Snapshot) {
	if l.dead || l.views[s] == nil {
		return
	}
	if l.chance(l.n.cfg.SnapshotFails) {
		l.w.reach("snapshot fails")
		l.w.logf("%s: snapshot to disk failed", l.n.name)
		l.master.Failed(s)
		return
	}
	l.master.Written(s, l.w.now)
	for _, feed := range s.Feeds {
		l.sendBulk(feed, s)
	}
}

// join answers a replica that gets a snapshot which others are getting.
func (l *life) join(feed *repl.Feed, s *repl.Snapshot) {
	l.w.reach("join " + s.Target.String())
	l.w.logf("%s: %s joins the snapshot to %v at %s:%d", l.n.name, feed.Name, s.Target, l.w.idName(s.ID), s.Offset)
	l.feeds[feed].conn.post(wire.AppendFullResync(nil, s.ID, s.Offset))
	if feed.State() == repl.FeedSendBulk {
		l.sendBulk(feed, s)
	}
}

// sendBulk sends a replica its snapshot, then the stream.
func (l *life) sendBulk(feed *repl.Feed, s *repl.Snapshot) {
	f, v := l.feeds[feed], l.views[s]
	f.sender = l.spawn(func() {
		out := progress{l, f}
		var err error
		if s.Target == repl.TargetSocket {
			err = wire.SendMarked(out, l.w.freshID(), func(w io.Writer) error { return v.data.encode(w, v.aux) })
		} else {
			var file bytes.Buffer
			if err = v.data.encode(&file, v.aux); err == nil {
				err = wire.SendSized(out, &file, int64(file.Len()))
			}
		}
		if err != nil || l.dead || feed.State() != repl.FeedSendBulk {
			f.conn.Close()
			return
		}
		feed.BulkSent(l.w.now)
		l.feedStream(f)
	})
}

// progress tells the feed that its replica takes bytes.
type progress struct {
	l *life
	f *feedConn
}

func (p progress) Write(b []byte) (int, error) {
	n, err := p.f.conn.Write(b)
	p.f.feed.BulkProgress(p.l.w.now)
	return n, err
}

// feedStream sends a replica what its cursor has.
func (l *life) feedStream(f *feedConn) {
	for !f.conn.closed && !l.dead {
		if f.feed.Streaming() {
			if p := f.feed.Cursor().Next(); len(p) > 0 {
				p = p[:min(len(p), 1+l.w.rng.IntN(8192))]
				if _, err := f.conn.Write(p); err != nil {
					f.conn.Close()
					return
				}
				f.feed.Cursor().Advance(len(p))
				continue
			}
		}
		if !l.w.park() {
			return
		}
	}
}

// kick tells all senders that there is more, and drops replicas for which too much is held.
func (l *life) kick() {
	l.do(l.master.CheckLimits(l.w.now))
	for _, feed := range l.master.Feeds() {
		if f := l.feeds[feed]; f.sender != nil {
			f.sender.wake()
		}
	}
}

func (l *life) dropFeed(feed *repl.Feed) {
	if f := l.feeds[feed]; f != nil {
		f.conn.Close()
		f.sender.wake()
		delete(l.feeds, feed)
	}
	l.master.Remove(feed, l.w.now)
}

func (l *life) dropFeeds() {
	for len(l.master.Feeds()) > 0 {
		l.dropFeed(l.master.Feeds()[0])
	}
}
