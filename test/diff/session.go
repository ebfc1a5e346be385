package diff

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/test/rig"
)

// session is a run: two servers that are told the same.
type session struct {
	t          testing.TB
	proto      int
	ours, peer *rig.Server
	a, b       *conversation
	rules      map[string]rule
	span       *span
	grammar    []command
	g          *generator
	copies     int
}

// step is what is said at once.
type step struct {
	how   manner
	calls []call
	extra string // the script
}

type call struct {
	name string // of the command: its rule
	args []string
	who  int // with several: on which connection; 0 is that of the run
}

type manner int

const (
	plainly manner = iota
	inTransaction
	inScript
	apart    // on connections of their own
	together // several connections, one call after the other
	reloaded // calls, and then the data are read again from a file
)

var wrappers = []string{"return redis.pcall(unpack(ARGV))", "return redis.pcall(unpack(ARGV))", "return redis.call(unpack(ARGV))", "redis.setresp(3) return redis.pcall(unpack(ARGV))"}

// several calls in a script, each behind the number of its words.
const (
	pcalls = "local out, i = {}, 1 while ARGV[i] do out[#out + 1] = redis.pcall(unpack(ARGV, i + 1, i + ARGV[i])) i = i + ARGV[i] + 1 end return out"
	calls  = "local out, i = {}, 1 while ARGV[i] do out[#out + 1] = redis.call(unpack(ARGV, i + 1, i + ARGV[i])) i = i + ARGV[i] + 1 end return out"
)

func (st *step) args() [][]string {
	var out [][]string
	for _, c := range st.calls {
		out = append(out, c.args)
	}
	return out
}

// scripted is the EVAL of a step.
func (st *step) scripted() []string {
	out := []string{"EVAL", st.extra, "0"}
	if st.extra != pcalls && st.extra != calls {
		return append(out, st.calls[0].args...)
	}
	for _, c := range st.calls {
		out = append(append(out, strconv.Itoa(len(c.args))), c.args...)
	}
	return out
}

// lines are a step as it can be pasted at a prompt.
func (st *step) lines() []string {
	if st.how == inScript {
		return []string{shown(st.scripted())}
	}
	var out []string
	for _, c := range st.calls {
		line := shown(c.args)
		if c.who > 0 {
			line = fmt.Sprintf("(connection %d) %s", c.who, line)
		}
		out = append(out, line)
	}
	switch st.how {
	case inTransaction:
		out = append(append([]string{"MULTI"}, out...), "EXEC")
	case apart:
		out = []string{"(on a connection of its own) " + strings.Join(out, " ; ")}
	case reloaded:
		if out = append(out, "DEBUG "+st.extra); st.extra == fromLog {
			out = slices.Concat([]string{"CONFIG SET appendonly yes"}, out, []string{"CONFIG SET appendonly no"})
		}
	}
	return out
}

// dataSettings are limits that small values cross.
var dataSettings = rig.Config{"hash-max-listpack-entries": "8", "hash-max-listpack-value": "64", "zset-max-listpack-entries": "8", "zset-max-listpack-value": "64", "list-max-listpack-size": "6", "list-compress-depth": "0",
	"set-max-intset-entries": "8", "stream-node-max-entries": "5", "hll-sparse-max-bytes": "100"}

func open(t testing.TB, seed uint64, proto int) *session {
	config := rig.Config{"proto-max-bulk-len": "1mb", "hz": "100", "slowlog-log-slower-than": "-1"}
	maps.Copy(config, dataSettings)
	took := &span{}
	s := &session{t: t, proto: proto, rules: rules(took), span: took, ours: rig.Start(t, rig.Ours, "A", config), peer: rig.Start(t, rig.Peer, "B", config)}
	s.a, s.b = dial(t, s.ours, s.peer, proto), dial(t, s.peer, s.ours, proto)
	t.Cleanup(func() { s.a.Close(); s.b.Close() })
	s.grammar = grammarOf(t, s.peer)
	s.g = &generator{Rand: rand.New(rand.NewPCG(seed, uint64(proto))), rules: s.rules}
	for _, c := range s.grammar {
		if r := s.rules[c.name()]; ofData(&c) && r.talk == nil && !r.alone && !r.waits && !r.rare {
			s.g.data = append(s.g.data, c)
		}
		if _, special := s.rules[c.name()]; !special && ofData(&c) {
			s.g.plain = append(s.g.plain, c)
		}
	}
	return s
}

func grammarOf(t testing.TB, server *rig.Server) []command {
	c := dial(t, server, server, 3)
	defer c.Close()
	docs, _ := c.ask("COMMAND", "DOCS")
	return commands(&docs)
}

// ofData reports whether a command belongs to the data; the others are called less often.
func ofData(c *command) bool {
	return slices.Contains([]string{"string", "list", "set", "sorted-set", "hash", "bitmap", "hyperloglog", "geo", "stream", "generic"}, c.group)
}

// deck is every command, those of the data more often, in random order. Rare ones are in each fourth deck.
func (s *session) deck(number int) []*command {
	var out []*command
	for i := range s.grammar {
		c := &s.grammar[i]
		r := s.rules[c.name()]
		times := max(r.often, 1)
		if r.rare {
			times = (4 - number%4) / 4
		} else if ofData(c) {
			times = 4
		}
		for range times {
			out = append(out, c)
		}
	}
	s.g.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// next makes a step of a command.
func (s *session) next(c *command) step {
	r := s.rules[c.name()]
	if r.talk != nil {
		st := step{how: apart}
		for _, args := range r.talk(s.g, c) {
			st.calls = append(st.calls, said(c.name(), args...))
		}
		if s.g.IntN(8) == 0 && !r.alone && c.group != "transactions" {
			st.calls = slices.Concat([]call{said(c.name(), "MULTI")}, st.calls, []call{said(c.name(), "EXEC")})
		}
		return st
	}
	st := step{calls: []call{said(c.name(), s.g.call(c)...)}}
	if r.alone {
		return st
	}
	switch s.g.IntN(14) {
	case 0:
		st.how = inTransaction
		st.calls = append(s.g.some(s.g.plain, s.g.IntN(4), ""), st.calls...)
		if s.g.IntN(10) == 0 {
			st.calls = append([]call{selection(s.g)}, st.calls...)
		}
	case 1:
		if r.waits {
			break
		}
		st.how, st.extra = inScript, pick(s.g, pcalls, pcalls, calls)
		st.calls = append(s.g.some(s.g.plain, 1+s.g.IntN(4), ""), st.calls...)
	case 2:
		st.how, st.extra = inScript, pick(s.g, wrappers...)
	}
	return st
}

// faults are what differed, with the calls.
type faults []string

func (f *faults) add(args []string, what string) {
	if what != "" {
		*f = append(*f, shown(args)+"\n    ours and redis: "+what)
	}
}

// play makes a step at both servers and says what differs.
func (s *session) play(st *step) []string {
	var wrong faults
	switch st.how {
	case apart:
		wrong.add(st.calls[len(st.calls)-1].args, s.converse(st))
	case inTransaction:
		for _, args := range slices.Concat([][]string{{"MULTI"}}, st.args()) {
			wrong.add(args, s.compare(call{args: args}, args, ""))
		}
		wrong.add([]string{"EXEC"}, s.execute(st.calls))
	case together:
		return s.act(st)
	case reloaded:
		return s.reload(st)
	case inScript:
		wrong.add(st.scripted()[:2], s.compareScript(st))
	default:
		wrong.add(st.calls[0].args, s.compare(st.calls[0], st.calls[0].args, ""))
	}
	for _, c := range st.calls {
		s.follow(c, &wrong)
	}
	return wrong
}

// follow does what the rule of a call wants to be done behind it.
func (s *session) follow(c call, wrong *faults) {
	r := s.rules[c.name]
	if r.copy != nil && r.copy(c.args) {
		wrong.add(c.args, s.copyKeys(c.args))
	}
	if r.settle {
		s.settle()
	}
	if r.after != nil {
		for _, args := range r.after(c.args) {
			wrong.add(args, s.compare(call{args: args}, args, ""))
		}
	}
}

// compare says a call, as args, to both.
func (s *session) compare(c call, args []string, script string) string {
	va, ra, vb, rb := s.both(args...)
	r := s.rules[c.name]
	if strings.Contains(script, "setresp") && !r.view.positional() { // tables of Lua have no order
		r.view.unordered = true
	}
	if d := s.look(&r, &exchange{c.args, &va, &vb, s.a, s.b}); d != "" {
		return fmt.Sprintf("%s\n      ours  %.300q\n      redis %.300q", d, ra, rb)
	}
	return ""
}

// both says a call to both, at the same time: but not where one server waits for the other.
func (s *session) both(args ...string) (va resp.Value, ra string, vb resp.Value, rb string) {
	defer s.spend(time.Now())
	if slices.Contains(args, otherPort) {
		va, ra = s.a.ask(args...)
		vb, rb = s.b.ask(args...)
		return va, ra, vb, rb
	}
	s.a.say(args)
	s.b.say(args)
	va, ra = s.a.hear(args)
	vb, rb = s.b.hear(args)
	return va, ra, vb, rb
}

// spend notes how long a call took.
func (s *session) spend(since time.Time) { s.span.longest = max(s.span.longest, time.Since(since)) }

func (s *session) look(r *rule, x *exchange) string {
	if d := r.view.differ(x.ours, x.peer); d != "" || x.ours.IsError() {
		return d
	}
	if strings.EqualFold(x.call[0], "DUMP") || len(x.call) == 2 && strings.EqualFold(x.call[1], "DUMP") {
		s.g.keep(x.call[0], string(x.ours.Text))
		s.g.keep(x.call[0], string(x.peer.Text)) // generated calls restore both
	}
	if r.check != nil {
		return r.check(x)
	}
	return ""
}

// execute compares the replies of a transaction, each by the rule of its call.
func (s *session) execute(queued []call) string {
	va, ra, vb, rb := s.both("EXEC")
	return s.eachAlike(queued, "", va, ra, vb, rb)
}

// compareScript compares what a script answers: the reply to its call, or to each of them.
func (s *session) compareScript(st *step) string {
	if st.extra != pcalls && st.extra != calls {
		return s.compare(st.calls[0], st.scripted(), st.extra)
	}
	va, ra, vb, rb := s.both(st.scripted()...)
	return s.eachAlike(st.calls, st.extra, va, ra, vb, rb)
}

// eachAlike compares the elements of two replies, each by the rule of its call.
func (s *session) eachAlike(said []call, script string, va resp.Value, ra string, vb resp.Value, rb string) string {
	if ra == rb {
		return ""
	}
	if len(va.Elems) != len(said) || len(vb.Elems) != len(said) {
		return fmt.Sprintf("%.300q and %.300q", ra, rb)
	}
	for i, c := range said {
		r := s.rules[c.name]
		x := &exchange{call: c.args, ours: &va.Elems[i], peer: &vb.Elems[i]}
		if len(said) == 1 && script == "" {
			x.a, x.b = s.a, s.b
		}
		if d := s.look(&r, x); d != "" {
			return fmt.Sprintf("%s\n    of %s\n      ours  %.300q\n      redis %.300q", d, shown(c.args), ra, rb)
		}
	}
	return ""
}

// converse says calls on new connections and compares all that comes back.
func (s *session) converse(st *step) string {
	defer s.spend(time.Now())
	var all [2]resp.Value
	r := s.rules[st.calls[0].name]
	two := [2]*conversation{dial(s.t, s.ours, s.peer, s.proto), dial(s.t, s.peer, s.ours, s.proto)}
	calls := st.args()
	if !r.firstLine {
		calls = append(calls, []string{"PING", marker}, []string{"QUIT"})
	}
	for _, c := range two {
		c.say(calls...)
	}
	for i, c := range two {
		if r.firstLine {
			all[i] = c.firstLine()
		} else {
			all[i] = c.transcript()
		}
		c.Close()
		if r.pushesApart {
			all[i].Elems = slices.Concat(leaves(&all[i], false), leaves(&all[i], true))
		}
	}
	r.check = nil
	if d := s.look(&r, &exchange{call: st.calls[0].args, ours: &all[0], peer: &all[1]}); d != "" {
		return fmt.Sprintf("%s\n      ours  %.1500q\n      redis %.1500q", d, texts(&all[0]), texts(&all[1]))
	}
	return ""
}

// leaves are the pushes of a transcript, wherever they stand, or what is left without them: one within an array takes the place of an element.
func leaves(v *resp.Value, pushes bool) []resp.Value {
	var out []resp.Value
	for i := range v.Elems {
		e := &v.Elems[i]
		switch {
		case e.Kind == resp.KindPush && pushes, len(e.Elems) == 0 && !pushes:
			out = append(out, *e)
		case e.Kind != resp.KindPush:
			out = append(out, leaves(e, pushes)...)
		}
	}
	return out
}
