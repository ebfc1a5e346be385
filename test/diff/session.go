package diff

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
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
}

type manner int

const (
	plainly manner = iota
	inTransaction
	inScript
	apart // on connections of their own
)

var wrappers = []string{"return redis.pcall(unpack(ARGV))", "return redis.pcall(unpack(ARGV))", "return redis.call(unpack(ARGV))", "redis.setresp(3) return redis.pcall(unpack(ARGV))"}

func (st *step) args() [][]string {
	var out [][]string
	for _, c := range st.calls {
		out = append(out, c.args)
	}
	return out
}

// lines are a step as it can be pasted at a prompt.
func (st *step) lines() []string {
	var out []string
	for _, c := range st.calls {
		if st.how == inScript {
			c.args = append([]string{"EVAL", st.extra, "0"}, c.args...)
		}
		out = append(out, shown(c.args))
	}
	switch st.how {
	case inTransaction:
		out = append(append([]string{"MULTI"}, out...), "EXEC")
	case apart:
		out = []string{"(on a connection of its own) " + strings.Join(out, " ; ")}
	}
	return out
}

func open(t testing.TB, seed uint64, proto int) *session {
	config := rig.Config{"hash-max-listpack-entries": "8", "zset-max-listpack-entries": "8", "list-max-listpack-size": "6", "set-max-intset-entries": "8", "stream-node-max-entries": "5",
		"proto-max-bulk-len": "1mb", "hz": "100", "slowlog-log-slower-than": "-1"}
	took := &span{}
	s := &session{t: t, proto: proto, rules: rules(took), span: took, ours: rig.Start(t, rig.Ours, "A", config), peer: rig.Start(t, rig.Peer, "B", config)}
	s.a, s.b = dial(t, s.ours, s.peer, proto), dial(t, s.peer, s.ours, proto)
	t.Cleanup(func() { s.a.Close(); s.b.Close() })
	s.grammar = grammarOf(t, s.peer)
	s.g = &generator{Rand: rand.New(rand.NewPCG(seed, uint64(proto))), rules: s.rules}
	for _, c := range s.grammar {
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
		times := 1
		if r := s.rules[c.name()]; r.rare {
			times = (4 - number%4) / 4
		} else if ofData(c) {
			times = 5
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
			st.calls = append(st.calls, call{c.name(), args})
		}
		if s.g.IntN(8) == 0 && !r.alone && c.group != "transactions" {
			st.calls = slices.Concat([]call{{c.name(), []string{"MULTI"}}}, st.calls, []call{{c.name(), []string{"EXEC"}}})
		}
		return st
	}
	st := step{calls: []call{{c.name(), s.g.call(c)}}}
	if r.alone {
		return st
	}
	switch s.g.IntN(12) {
	case 0:
		st.how = inTransaction
		for range s.g.IntN(3) {
			p := &s.g.plain[s.g.IntN(len(s.g.plain))]
			st.calls = append([]call{{p.name(), s.g.call(p)}}, st.calls...)
		}
	case 1:
		st.how, st.extra = inScript, pick(s.g, wrappers...)
	}
	return st
}

// play makes a step at both servers and says what differs.
func (s *session) play(st *step) []string {
	var wrong []string
	fault := func(args []string, what string) {
		if what != "" {
			wrong = append(wrong, shown(args)+"\n    ours and redis: "+what)
		}
	}
	switch st.how {
	case apart:
		fault(st.calls[len(st.calls)-1].args, s.converse(st))
	case inTransaction:
		for _, args := range slices.Concat([][]string{{"MULTI"}}, st.args()) {
			fault(args, s.compare(call{args: args}, args, ""))
		}
		fault([]string{"EXEC"}, s.execute(st.calls))
	case inScript:
		c := st.calls[0]
		fault(c.args, s.compare(c, append([]string{"EVAL", st.extra, "0"}, c.args...), st.extra))
	default:
		fault(st.calls[0].args, s.compare(st.calls[0], st.calls[0].args, ""))
	}
	for _, c := range st.calls {
		r := s.rules[c.name]
		if r.copy != nil && r.copy(c.args) {
			fault(c.args, s.copyKeys(c.args))
		}
		if r.settle {
			s.settle()
		}
		if r.after != nil {
			for _, args := range r.after(c.args) {
				fault(args, s.compare(call{"", args}, args, ""))
			}
		}
	}
	return wrong
}

// compare says a call, as args, to both.
func (s *session) compare(c call, args []string, script string) string {
	va, ra, vb, rb := s.both(args...)
	r := s.rules[c.name]
	if strings.Contains(script, "setresp") { // tables of Lua have no order
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
	if ra == rb {
		return ""
	}
	if len(va.Elems) != len(queued) || len(vb.Elems) != len(queued) {
		return fmt.Sprintf("%.300q and %.300q", ra, rb)
	}
	for i, c := range queued {
		r := s.rules[c.name]
		x := &exchange{call: c.args, ours: &va.Elems[i], peer: &vb.Elems[i]}
		if len(queued) == 1 {
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
	said := [2]*conversation{dial(s.t, s.ours, s.peer, s.proto), dial(s.t, s.peer, s.ours, s.proto)}
	calls := st.args()
	if !r.firstLine {
		calls = append(calls, []string{"PING", marker}, []string{"QUIT"})
	}
	for _, c := range said {
		c.say(calls...)
	}
	for i, c := range said {
		if r.firstLine {
			all[i] = c.firstLine()
		} else {
			all[i] = c.transcript()
		}
		c.Close()
		if r.pushesApart {
			slices.SortStableFunc(all[i].Elems, func(a, b resp.Value) int { return order(a) - order(b) })
		}
	}
	r.check = nil
	if d := s.look(&r, &exchange{call: st.calls[0].args, ours: &all[0], peer: &all[1]}); d != "" {
		return fmt.Sprintf("%s\n      ours  %.1500q\n      redis %.1500q", d, texts(&all[0]), texts(&all[1]))
	}
	return ""
}

// order puts pushes behind replies.
func order(v resp.Value) int {
	if v.Kind == resp.KindPush {
		return 1
	}
	return 0
}

var keyName = regexp.MustCompile(`^[sltzhpgxn][0-3]$`)

// copyKeys gives both servers the keys of a call as one of them has them, by turns.
func (s *session) copyKeys(args []string) string {
	s.copies++
	from := []*conversation{s.a, s.b}[s.copies%2]
	for i, key := range args {
		if i != 1 && !keyName.MatchString(key) {
			continue
		}
		payload, _ := from.ask("DUMP", key)
		until, _ := from.ask("PEXPIRETIME", key)
		again := []string{"RESTORE", key, fmt.Sprint(max(until.Int, 0)), string(payload.Text), "REPLACE", "ABSTTL"}
		if payload.IsNull() {
			again = []string{"DEL", key}
		}
		if d := s.compare(call{args: again}, again, ""); d != "" && !payload.IsNull() {
			return "copying " + key + ": " + d
		}
	}
	return ""
}

// sameData says in what differs what both hold, and goes on holding: DEBUG DIGEST sees a key whose time has come until it is deleted, which
// two servers do not do at the same moment.
func (s *session) sameData() string {
	for until := time.Now().Add(2 * time.Second); ; {
		d := s.dataNow()
		if d == "" || time.Now().After(until) {
			return d
		}
		s.both("KEYS", "*") // deletes what has expired
	}
}

func (s *session) dataNow() string {
	times := view{slack: map[string]slack{"#2": s.span.within(time.Millisecond)}}
	for _, of := range []struct {
		call []string
		view view
	}{{[]string{"DEBUG", "DIGEST"}, view{}}, {[]string{"FUNCTION", "LIST", "WITHCODE"}, noOrder}, {[]string{"EVAL", keysAsTheyAre, "0"}, times}} {
		va, _, vb, _ := s.both(of.call...)
		if d := of.view.differ(&va, &vb); d != "" {
			return d
		}
	}
	return ""
}

// keysAsTheyAre tells what DEBUG DIGEST leaves out: encodings and times to live.
const keysAsTheyAre = `local out, keys = {}, redis.call('KEYS', '*')
table.sort(keys)
for i, k in ipairs(keys) do out[i] = {k, redis.call('OBJECT', 'ENCODING', k), redis.call('PEXPIRETIME', k)} end
return out`

// settle waits until nothing goes on in the background.
func (s *session) settle() {
	for _, server := range []*rig.Server{s.ours, s.peer} {
		rig.Until(s.t, 30*time.Second, func() error {
			info, err := server.InfoMap(context.Background(), "persistence", "replication").Result()
			if err != nil {
				return err
			}
			p := info["Persistence"]
			if p["rdb_bgsave_in_progress"] != "0" || p["aof_rewrite_in_progress"] != "0" || p["aof_rewrite_scheduled"] != "0" || info["Replication"]["connected_slaves"] != "0" {
				return fmt.Errorf("%s is still busy: %v", server.Name, info)
			}
			return nil
		})
	}
}

// wipe makes both as they were at the start. Steps set back themselves what they configure, unless they were cut short.
func (s *session) wipe() {
	for _, call := range [][]string{{"FLUSHALL"}, {"FUNCTION", "FLUSH"}, {"SCRIPT", "FLUSH"}, {"ACL", "DELUSER", "u1", "u2", "u 3"}, {"ACL", "LOG", "RESET"}, {"CONFIG", "RESETSTAT"},
		{"CONFIG", "SET", "notify-keyspace-events", "", "slowlog-log-slower-than", "-1"}} {
		s.a.ask(call...)
		s.b.ask(call...)
	}
}
