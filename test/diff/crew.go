package diff

import (
	"fmt"
	"maps"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/test/rig"
)

// Several connections, of which one acts at a time: what wakes those that wait, and what fails those that watch.

// member is a connection besides that of the run, to both servers.
type member struct {
	two     [2]*conversation
	waiting *call // what it has not been answered yet
}

// act makes the calls of a step. Who still waits at the end is unblocked, at both servers alike.
func (s *session) act(st *step) []string {
	var wrong faults
	crew := map[int]*member{}
	eyes := s.join() // sees who waits
	defer func() {
		eyes.leave()
		for _, m := range crew {
			m.leave()
		}
	}()
	for i := range st.calls {
		c := &st.calls[i]
		if c.who == 0 {
			wrong.add(c.args, s.compare(*c, c.args, ""))
			s.follow(*c, &wrong)
			continue
		}
		m := crew[c.who]
		if m == nil {
			m = s.join()
			crew[c.who] = m
		}
		if m.waiting != nil {
			continue
		}
		wrong.add(c.args, s.bySide(m, eyes, c))
	}
	for _, who := range slices.Sorted(maps.Keys(crew)) {
		if m := crew[who]; m.waiting != nil {
			wrong.add(m.waiting.args, s.unblock(m))
		}
	}
	if m := crew[listener]; m != nil {
		wrong.add([]string{"PSUBSCRIBE"}, s.told(m))
	}
	return wrong
}

// listener is the connection that hears what happens to keys.
const listener = 9

// told compares what a listener has heard.
func (s *session) told(m *member) string {
	defer s.spend(time.Now())
	var all [2]resp.Value
	for i, c := range m.two {
		c.say([]string{"PING", marker})
		all[i] = c.transcript()
	}
	var w view
	if d := w.differ(&all[0], &all[1]); d != "" {
		return fmt.Sprintf("%s\n      ours  %.1500q\n      redis %.1500q", d, texts(&all[0]), texts(&all[1]))
	}
	return ""
}

// join adds a connection to each server, in the database of the run.
func (s *session) join() *member {
	m := &member{}
	for i, c := range []*conversation{s.a, s.b} {
		info, _ := c.ask("CLIENT", "INFO")
		m.two[i] = dial(s.t, []*rig.Server{s.ours, s.peer}[i], []*rig.Server{s.peer, s.ours}[i], s.proto)
		if db := databaseOf.FindStringSubmatch(string(info.Text)); db != nil {
			m.two[i].ask("SELECT", db[1])
		}
	}
	return m
}

func (m *member) leave() {
	for _, c := range m.two {
		c.Close()
	}
}

var (
	databaseOf = regexp.MustCompile(` db=(\d+) `)
	flagsOf    = regexp.MustCompile(` flags=(\w+) `)
)

// bySide makes a call on a connection of a member: both answer it, or both let it wait.
func (s *session) bySide(m, eyes *member, c *call) string {
	defer s.spend(time.Now())
	for _, c2 := range m.two {
		c2.say(c.args)
	}
	var waits [2]bool
	for i, side := range m.two {
		waits[i] = side.waits(eyes.two[i])
	}
	if waits[0] || waits[1] {
		m.waiting = c
		if waits[0] != waits[1] {
			return "only " + map[bool]string{true: "ours", false: "redis"}[waits[0]] + " waits"
		}
		return ""
	}
	return s.heard(m, c)
}

// heard compares the replies to a member's call.
func (s *session) heard(m *member, c *call) string {
	va, ra := m.two[0].hear(c.args)
	vb, rb := m.two[1].hear(c.args)
	r := s.rules[c.name]
	if d := s.look(&r, &exchange{call: c.args, ours: &va, peer: &vb}); d != "" {
		return d + "\n      ours  " + quoted(ra) + "\n      redis " + quoted(rb)
	}
	return ""
}

// unblock ends a member's wait, if it was not over, and compares what the member got.
func (s *session) unblock(m *member) string {
	var left [2]bool
	for i, c := range []*conversation{s.a, s.b} {
		n, raw := c.ask("CLIENT", "UNBLOCK", strconv.FormatInt(m.two[i].id, 10))
		if left[i] = n.Int == 1; n.Kind != resp.KindInt {
			return "CLIENT UNBLOCK: " + raw
		}
	}
	d := s.heard(m, m.waiting)
	if left[0] != left[1] {
		return "only " + map[bool]string{true: "ours", false: "redis"}[left[0]] + " waited till the end; " + d
	}
	return d
}

// waits reports that the call is not answered and that the server says that the client is blocked; false as soon as it is answered.
func (c *conversation) waits(eyes *conversation) bool {
	for until := time.Now().Add(patience); time.Now().Before(until); {
		_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
		_, err := c.ahead.Peek(1)
		_ = c.SetReadDeadline(time.Now().Add(patience))
		if ne, ok := err.(net.Error); err == nil || !ok || !ne.Timeout() {
			return false
		}
		line, _ := eyes.ask("CLIENT", "LIST", "ID", strconv.FormatInt(c.id, 10))
		if flags := flagsOf.FindStringSubmatch(string(line.Text)); flags != nil && strings.Contains(flags[1], "b") {
			return true
		}
	}
	return false
}
