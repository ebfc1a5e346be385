package interop

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// aclPair is both servers, with a connection of the default user to each.
type aclPair struct {
	servers [2]*rig.Server
	admin   [2]*rawConn
}

func startACLPair(t *testing.T, config rig.Config) *aclPair {
	p := &aclPair{}
	for i, kind := range []rig.Kind{rig.Ours, rig.Peer} {
		p.servers[i] = rig.Start(t, kind, fmt.Sprint("server", i), config)
		p.admin[i] = dialRaw(t, p.servers[i])
	}
	return p
}

// ask makes a call on both connections, and tells the replies where they differ.
func ask(on [2]*rawConn, call ...string) (reply, differ string) {
	var got [2]string
	for i := range on {
		got[i] = sameOrder(on[i].do(call...))
	}
	if got[0] != got[1] {
		a, b := strings.Split(got[0], "\r\n"), strings.Split(got[1], "\r\n")
		for len(a) > 1 && len(b) > 1 && a[0] == b[0] {
			a, b = a[1:], b[1:]
		}
		differ = fmt.Sprintf("%q\n  ours  %q\n  redis %q\n  of    %.300q", call, a[0], b[0], got[1])
	}
	return got[0], differ
}

// sameOrder sorts what redis-server lists in the order of a hash table, which is another one each time that it starts: rules about single
// commands. Those about categories are in order, because it counts. Commands that only we have are left out.
func sameOrder(reply string) string {
	lines := strings.Split(reply, "\r\n")
	for i, line := range lines {
		if !strings.Contains(line, "@all") || strings.HasPrefix(line, "-ERR") {
			continue
		}
		if i > 0 && length.MatchString(lines[i-1]) {
			lines[i-1] = "$" // that of other words
		}
		words := slices.DeleteFunc(strings.Split(line, " "), func(w string) bool { return onlyOurs.MatchString(w) })
		for from := 0; from < len(words); from++ {
			to := from
			for to < len(words) && single.MatchString(words[to]) && (to == from || !strings.HasSuffix(words[to-1], ")")) {
				to++
			}
			if to == from {
				continue
			}
			last, closed := strings.CutSuffix(words[to-1], ")")
			words[to-1] = last
			slices.Sort(words[from:to])
			if closed {
				words[to-1] += ")"
			}
			from = to - 1
		}
		lines[i] = strings.Join(words, " ")
	}
	return strings.Join(lines, "\r\n")
}

var length = regexp.MustCompile(`^\$\d+$`)

var onlyOurs = regexp.MustCompile(`^[+-](client\|no-touch|waitaof|replication(\|.*)?)$`)

var single = regexp.MustCompile(`^[+-][^@]`)

// aclRule draws a rule, or one that is slightly wrong. names are all commands and subcommands.
func aclRule(rnd *rand.Rand, names []string, depth int) string {
	pick := func(words ...string) string { return words[rnd.IntN(len(words))] }
	command := func() string {
		return pick(pick(names...), pick("get", "SET", "select", "config|get", "CONFIG|SET", "client", "acl", "debug", "memory|usage", "migrate", "eval", "xread", "publish", "subscribe", "psubscribe"))
	}
	sha := strings.Repeat("0123456789abcdef", 4)
	category := func() string {
		return pick("all", "read", "write", "string", "dangerous", "ADMIN", "keyspace", "fast", "slow", "blocking", "connection", "transaction", "scripting", "set", "sortedset", "list", "hash", "bitmap",
			"hyperloglog", "geo", "stream", "pubsub", "all", "nosuch", "")
	}
	switch n := rnd.IntN(40); {
	case n < 8:
		return pick("+", "-") + "@" + category()
	case n < 16:
		return pick("+", "-") + command()
	case n < 18:
		return pick("+", "+", "-") + pick("select|0", "SELECT|1", "select|", "select|0|1", "get|k1", "config|nosuch", "config|get|x", "client|", "|", "nosuch|x", "debug|sleep", "DEBUG|Sleep", "set|k1", "set|K1", "publish|ch1",
			"object|encoding|k", "@read|x", "migrate|127.0.0.1")
	case n < 24:
		return pick("~", "%R~", "%W~", "%RW~", "%WR~", "%r~", "%rw~", "~") + pick("k*", "k1", "*", "p:*", "l[0-9]", "\\*", "", "k?", "h", "src", "dst", "x", "**", "s*")
	case n < 25:
		return pick("%", "%R", "%~k", "%X~k", "%RR~k", "%RWR~k", "%R k", "~a b", "%RW", "%R~a b", "%R~~k", "% R~k", "%R%W~k", "~a\tb", "~\xff")
	case n < 28:
		return "&" + pick("ch*", "ch1", "*", "", "a b", "news.*", "ch?", "\\*", "**", "&x")
	case n < 31:
		return pick("on", "off", "ON", "nopass", "resetpass", "NoPass", "allkeys", "resetkeys", "allchannels", "resetchannels", "allcommands", "nocommands", "sanitize-payload", "skip-sanitize-payload", "AllKeys")
	case n < 34:
		return pick(">", "<", "#", "!") + pick("secret", "", "pass word", sha, strings.ToUpper(sha), sha[1:], sha+"0", "other", strings.Repeat("f", 64), "\xff")
	case n < 35:
		return pick("reset", "clearselectors", "RESET", "resetkeys", "resetchannels")
	case n < 36:
		return pick("", " ", "nosuch", "+", "-", "@read", "+@", "()", "(", ")", "((+get))", "(+get", "+get)", "( )", "(on)", "(>x)", "(reset)", "(+get ~k1) ", "( +get  ~k1 )", "(clearselectors)", "(\"+get\" '~k1')", "(\"+get)", "on ", "+get ", "(~a b)", "(+get\t~k1)", "*", "%", "(nopass)", "(allkeys ~k)", "(&* &c)", "(+select|0 -@all)")
	case depth == 0:
		words := []string{}
		for range rnd.IntN(4) {
			words = append(words, aclRule(rnd, names, 1))
		}
		return "(" + strings.Join(words, " ") + ")"
	default:
		return pick("+", "-") + "@" + category()
	}
}

// commandNames are all commands and subcommands of redis-server.
func commandNames(p *aclPair) []string {
	list, _ := p.servers[1].Must("COMMAND", "LIST").([]any)
	names := []string{}
	for _, n := range list {
		names = append(names, n.(string))
	}
	for _, n := range []string{"config|get", "config|set", "client|id", "client|kill", "acl|whoami", "object|freq", "xgroup|create", "function|load", "memory|usage", "script|load", "pubsub|channels", "command|docs", "command|getkeys"} {
		names = append(names, n, n)
	}
	slices.Sort(names)
	return names
}

// Guarantee: ACL SETUSER takes and refuses the rules that redis-server takes and refuses, in its words, and the users are the same afterwards:
// as ACL LIST and GETUSER show them, and when they are made anew from what LIST shows.
func TestSameUsers(t *testing.T) {
	for seed, config := range []rig.Config{{}, {"acl-pubsub-default": "allchannels"}} {
		p := startACLPair(t, config)
		names := commandNames(p)
		rnd := rand.New(rand.NewPCG(uint64(seed), 1))
		history := map[string][][]string{}
		for wrong := 0; wrong < 10 && !sameUsers(t, p, rnd, names, history); wrong++ {
			for _, c := range p.admin {
				c.do("ACL", "DELUSER", "u1", "u2", "u3", "u4", "copy")
			}
			clear(history)
		}
	}
}

// sameUsers changes users until something differs.
func sameUsers(t *testing.T, p *aclPair, rnd *rand.Rand, names []string, history map[string][][]string) bool {
	for range 1500 {
		user := []string{"u1", "u2", "u3", "u4", "u 5", "default"}[min(rnd.IntN(20)/4, rnd.IntN(6))]
		call := []string{"ACL", "SETUSER", user}
		for range rnd.IntN(5) {
			call = append(call, aclRule(rnd, names, 0))
		}
		if user == "default" {
			call = append(call, "on", "nopass", "allkeys", "allchannels", "+@all") // who asks
		}
		if rnd.IntN(12) == 0 {
			call = []string{"ACL", "DELUSER", user, "nosuch"}
			delete(history, user)
		}
		reply, differ := ask(p.admin, call...)
		history[user] = append(history[user], call)
		list := ""
		if differ == "" {
			list, differ = ask(p.admin, "ACL", "LIST")
		}
		if differ == "" {
			_, differ = ask(p.admin, "ACL", "GETUSER", user)
		}
		if differ == "" && strings.HasPrefix(reply, "+") {
			differ = rebuilt(p, list, user)
		}
		if differ != "" {
			t.Errorf("%s\n  after %q", differ, history[user])
			return false
		}
	}
	return true
}

// rebuilt makes a user of the rules that ACL LIST shows, and tells when it is another one.
func rebuilt(p *aclPair, list, user string) string {
	for _, line := range strings.Split(list, "\r\n") {
		rules, ok := strings.CutPrefix(line, "user "+user+" ")
		if !ok {
			continue
		}
		rules = strings.Split(rules, "\r\n")[0]
		call := append([]string{"ACL", "SETUSER", "copy", "reset"}, strings.Split(rules, " ")...)
		// What is not taken back is "~* ~x" of "%RW~*" and "~x".
		if reply, differ := ask(p.admin, call...); differ != "" || reply != "+OK\r\n" {
			return differ
		}
		a, differ := ask(p.admin, "ACL", "GETUSER", "copy")
		if b, _ := ask(p.admin, "ACL", "GETUSER", user); a != b && differ == "" && !strings.Contains(a, "sanitize-payload") {
			differ = fmt.Sprintf("the copy of %s is\n  %q and not\n  %q", user, a, b)
		}
		ask(p.admin, "ACL", "DELUSER", "copy")
		return differ
	}
	return ""
}
