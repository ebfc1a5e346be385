package acl

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// newList returns a list over a few commands of every kind.
func newList() *List {
	run := func(*command.Ctx) {}
	read, write := command.KeyRO|command.KeyAccessData, command.KeyRW|command.KeyAccessData|command.KeyUpdate
	t := command.NewTable([]*command.Spec{
		{Name: "get", Arity: 2, Flags: command.ReadOnly | command.Fast, Group: "string", Keys: command.OneKey(read), Run: run},
		{Name: "mget", Arity: -2, Flags: command.ReadOnly | command.Fast, Group: "string", Keys: command.AllKeys(read, 1), Run: run},
		{Name: "set", Arity: -3, Flags: command.Write, Group: "string", Keys: command.OneKey(command.KeyOW | command.KeyUpdate), Run: run},
		{Name: "incr", Arity: 2, Flags: command.Write | command.Fast, Group: "string", Keys: command.OneKey(write), Run: run},
		{Name: "copy", Arity: -3, Flags: command.Write, Group: "generic", Keys: command.TwoKeys(read, command.KeyOW|command.KeyUpdate), Run: run},
		{Name: "exists", Arity: -2, Flags: command.ReadOnly | command.Fast, Group: "generic", Keys: command.AllKeys(command.KeyRO, 1), Run: run},
		{Name: "zdiffstore", Arity: -4, Flags: command.Write, Group: "sorted-set", Keys: append(command.OneKey(command.KeyOW|command.KeyUpdate), command.NumKeys(read, 2)), Run: run},
		{Name: "select", Arity: 2, Flags: command.Fast, Group: "connection", Run: run},
		{Name: "auth", Arity: -2, Flags: command.Fast | command.NoAuth, Group: "connection", Run: run},
		{Name: "publish", Arity: 3, Flags: command.PubSub | command.Fast, Group: "pubsub", Run: run},
		{Name: "subscribe", Arity: -2, Flags: command.PubSub, Group: "pubsub", Run: run},
		{Name: "psubscribe", Arity: -2, Flags: command.PubSub, Group: "pubsub", Run: run},
		{Name: "config", Arity: -2, Group: "server", Subs: []*command.Spec{
			{Name: "get", Arity: -3, Flags: command.Admin, Run: run}, {Name: "set", Arity: -4, Flags: command.Admin, Run: run}}},
	})
	return New(t, func() bool { return false })
}

func words(s string) [][]byte {
	var out [][]byte
	for _, w := range strings.Fields(s) {
		out = append(out, []byte(w))
	}
	return out
}

func (l *List) verdict(u *User, call string) Verdict {
	args := words(call)
	spec := l.byName[string(args[0])]
	if len(args) > 1 && spec.Sub(args[1]) != nil {
		spec = spec.Sub(args[1])
	}
	return l.Check(u, spec, args)
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		rules, call string
		want        Verdict
	}{
		{"on", "get a", Verdict{DeniedCommand, 0}},
		{"+get", "get a", Verdict{DeniedKey, 1}},
		{"+get ~a*", "get abc", Verdict{}},
		{"+get ~a*", "get b", Verdict{DeniedKey, 1}},
		{"+@read ~a ~b", "mget a b c", Verdict{DeniedKey, 3}},
		{"+@all -@write ~*", "set a b", Verdict{DeniedCommand, 0}},
		{"+@all -@write ~*", "get a", Verdict{}},
		{"-@all", "auth x", Verdict{}}, // whoever has no permission may still log in
		{"+@all %R~r* %W~w*", "copy r w", Verdict{}},
		{"+@all %R~r* %W~w*", "copy w r", Verdict{DeniedKey, 1}},
		{"+@all %R~r* %W~w*", "incr w", Verdict{DeniedKey, 1}}, // reads and writes
		{"+@all %R~x %W~x", "incr x", Verdict{}},
		{"+@all %W~w", "exists w", Verdict{}}, // needs neither data nor change
		{"+config|get", "config get x", Verdict{}},
		{"+config|get", "config set x y", Verdict{DeniedCommand, 0}},
		{"+config -config|set", "config get x", Verdict{}},
		{"+select|0", "select 0", Verdict{}},
		{"+select|0", "select 1", Verdict{DeniedCommand, 0}},
		{"+select|0 -select", "select 0", Verdict{DeniedCommand, 0}},
		{"+publish &n*", "publish news x", Verdict{}},
		{"+publish &n*", "publish olds x", Verdict{DeniedChannel, 1}},
		{"+@pubsub &n*", "subscribe n1 m1", Verdict{DeniedChannel, 2}},
		{"+@write ~a", "zdiffstore b 1 a", Verdict{DeniedKey, 1}},
		{"+@write ~a", "zdiffstore b 0 a", Verdict{}}, // no keys to be told from such a count: the command's own error is the answer
		{"+@pubsub &n*", "psubscribe n*", Verdict{}},
		{"+@pubsub &n*", "psubscribe n1*", Verdict{DeniedChannel, 1}}, // a pattern must be listed as it is
		{"+get ~a (+set ~b)", "set b x", Verdict{}},
		{"+get ~a (+set ~b)", "get b", Verdict{DeniedKey, 1}},
		{"+get ~a (+set ~b)", "set a x", Verdict{DeniedKey, 1}}, // the furthest refusal counts
		{"+get ~a (+set ~b)", "incr b", Verdict{DeniedCommand, 0}},
		{"(~b +get) clearselectors", "get b", Verdict{DeniedCommand, 0}},
	} {
		l := newList()
		u, _, err := l.Set("u", strings.Fields(tt.rules))
		if err != nil {
			t.Errorf("%s: %v", tt.rules, err)
		} else if got := l.verdict(u, tt.call); got != tt.want {
			t.Errorf("%s: %s: got %v, want %v", tt.rules, tt.call, got, tt.want)
		}
	}
}

// SORT may read other keys only for who may read all: by a selector that lets the call itself through.
func TestReadsEveryKey(t *testing.T) {
	for rules, want := range map[string]bool{
		"+@all ~*": true, "+@all %R~*": true, "+@all %R~a %R~*": true, "+@all %RW~*": true,
		"+@all %R~a %W~*": false, "+@all ~a*": false, "+@all %R~a": false,
		"+@all ~a (+@all ~*)": true, "+@all ~a (+get ~*)": false,
	} {
		l := newList()
		u, _, err := l.Set("u", strings.Fields(rules))
		if err != nil {
			t.Errorf("%s: %v", rules, err)
			continue
		}
		args := words("exists a")
		if got := l.ReadsEveryKey(u, l.byName["exists"], args); got != want {
			t.Errorf("%s: got %v", rules, got)
		}
	}
}

func TestRulesRefused(t *testing.T) {
	l := newList()
	if _, _, err := l.Set("u", []string{"on", "+get", "~k"}); err != nil {
		t.Fatal(err)
	}
	before := l.Describe(l.User("u"))
	for rule, want := range map[string]error{
		"foo": errSyntax, "%~x": errSyntax, "%RR~x": errSyntax, "~a b": errSyntax, ")": errSyntax,
		"+nosuch": errUnknown, "-nosuch": errUnknown, "+@nosuch": errUnknown, "+config|nosuch": errUnknown, "+": errUnknown,
		"+config|get|x": errFirstArg, "+select|": errSyntax, "<nopass": errNoPass, "#abc": errHash, "#" + strings.Repeat("G", 64): errHash,
		"(foo)": errSyntax, "(~* ~x)": errAllKeys, "(&* &x)": errAllChans,
	} {
		_, _, err := l.Set("u", []string{"off", "+set", rule})
		if err == nil || !strings.HasSuffix(err.Error(), want.Error()) {
			t.Errorf("%s: got %v, want %v", rule, err, want)
		}
	}
	if _, _, err := l.Set("u", []string{"(~a", "+get"}); err == nil || !strings.Contains(err.Error(), "Unmatched parenthesis") {
		t.Error(err)
	}
	if after := l.Describe(l.User("u")); after != before {
		t.Errorf("a refused change left something: %s", after)
	}
}

// An argon2id hash is refused for what would make a login unaffordable, and for anything that it would not be written as again.
func TestArgonHashesRefused(t *testing.T) {
	l := newList()
	const good = "$argon2id$v=19$m=1024,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA"
	for _, change := range [][2]string{{"", ""}, {"m=1024", "m=1048577"}, {"m=1024", "m=-1"}, {"m=1024", "m=99999999999"}, {"t=1", "t=0"}, {"t=1", "t=101"}, {"p=1", "p=0"}, {"p=1", "p=256"}, {"p=1", "p=1x"},
		{"m=1024", "m=+1024"}, {"m=1024", "m=01024"}, {"v=19", "v=16"}, {"m=1024,t=1,p=1", "t=1,m=1024,p=1"}, {"argon2id$", "argon2id$$"}, {"c2FsdHNhbHQ", "c2Fs"}, {"c2FsdHNhbHQ", "c2Fs\ndHNhbHQ"},
		{"AAAAAAAAAAAAAAAAAAAAAA", "AAAA"}, {"AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA=="}, {"AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA\n"}, {"AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAB"}} {
		hash := strings.Replace(good, change[0], change[1], 1)
		if _, _, err := l.Set("u", []string{"#" + hash}); (err == nil) != (hash == good) {
			t.Errorf("%q: %v", hash, err)
		}
	}
}

// Rules that describe a user make the same user again.
func TestDescribeRoundTrip(t *testing.T) {
	l := newList()
	r := rand.New(rand.NewPCG(1, 2))
	var rules []string
	for _, s := range l.specs {
		rules = append(rules, "+"+s.FullName(), "-"+s.FullName())
	}
	for _, c := range command.CategoryNames() {
		rules = append(rules, "+@"+c, "-@"+c)
	}
	rules = append(rules, "+@all", "-@all", "+select|0", "+select|1", "+get|x", "on", "off", ">a", ">b", "<a", "nopass", "~k*", "%R~r", "%W~r", "&c", "allkeys",
		"resetkeys", "&*", "resetchannels", "(+get ~x)", "(%W~y &z +@write)", "clearselectors", "sanitize-payload", "skip-sanitize-payload")
	for range 3000 {
		u := l.newUser("u")
		for range r.IntN(15) {
			_ = l.apply(u, rules[r.IntN(len(rules))]) // some are refused, which must not matter
		}
		text := l.Describe(u)
		again := newList()
		if _, err := again.Load("user u "+text, "f"); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		v := again.User("u")
		if got := again.Describe(v); got != text {
			t.Fatalf("%s\nbecame\n%s", text, got)
		}
		for i := range u.selectors {
			for _, s := range l.specs {
				if u.selectors[i].has(s.ID) != v.selectors[i].has(s.ID) {
					t.Fatalf("%s: %s differs", text, s.FullName())
				}
			}
		}
	}
}

func TestLoadIsAllOrNothing(t *testing.T) {
	l := newList()
	if _, err := l.Load("user a on nopass +@all\n\nuser b off\n", "f"); err != nil || l.User("a") == nil {
		t.Fatal(err)
	}
	bad := "user c on\nuser d +nosuch foo\nnonsense\nuser c off\nuser e (~x\n"
	_, err := l.Load(bad, "users.acl")
	for _, want := range []string{"users.acl:2: Error in applying operation '+nosuch'", "users.acl:2: Syntax error", "users.acl:3 should start with user", "Duplicate user 'c' found on line 4",
		"users.acl:5: Unmatched"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q in %v", want, err)
		}
	}
	if l.User("c") != nil || l.User("a") == nil {
		t.Error("a file with faults changed something")
	}
	def := l.Default
	gone, err := l.Load("user default on >secret ~* +@all\n", "f")
	if err != nil || len(gone) != 2 || l.Default != def || def.NoPass {
		t.Errorf("got %v, %v, default %q", gone, err, l.Describe(l.Default))
	}
}

func TestLogin(t *testing.T) {
	l := newList()
	salt := []byte("saltsalt")
	hash := fmt.Sprintf("$argon2id$v=19$m=64,t=1,p=1$%s$%s", base64.RawStdEncoding.EncodeToString(salt),
		base64.RawStdEncoding.EncodeToString(argon2.IDKey([]byte("slow"), salt, 1, 64, 1, 32)))
	if _, _, err := l.Set("u", []string{"on", ">fast", "#" + hash}); err != nil {
		t.Fatal(err)
	}
	if !l.Login("u", []byte("fast")).OK || l.Login("u", []byte("wrong")).OK || l.Login("nobody", []byte("fast")).OK {
		t.Error("fast passwords")
	}
	try := l.Login("u", []byte("slow"))
	if try.OK || len(try.Slow) != 1 || CheckSlow(try.Slow, []byte("other")) != "" || CheckSlow(try.Slow, []byte("slow")) != hash {
		t.Fatalf("slow password: %+v", try)
	}
	l.Verified(hash, []byte("slow"))
	if !l.Login("u", []byte("slow")).OK || l.Login("u", []byte("other")).OK {
		t.Error("a verified password is not known, or another is")
	}
	if _, _, err := l.Set("u", []string{"!" + hash}); err != nil || l.Login("u", []byte("slow")).OK {
		t.Errorf("a removed hash still lets in: %v", err)
	}
	if _, _, err := l.Set("u", []string{"off"}); err != nil || l.Login("u", []byte("fast")).OK {
		t.Error("a user that is off gets in")
	}
}

func TestLogGroups(t *testing.T) {
	var l Log
	for i := range 5 {
		l.Add(Entry{Reason: DeniedKey, Object: "a", User: "u", Time: int64(i)}, 3)
	}
	for i := range 4 {
		l.Add(Entry{Reason: DeniedCommand, Object: fmt.Sprint(i), User: "u", Time: 10}, 3)
	}
	if len(l.Entries) != 3 || l.Entries[0].Object != "3" {
		t.Errorf("got %+v", l.Entries)
	}
	l.Reset()
	l.Add(Entry{Object: "a", Time: 0}, 3)
	l.Add(Entry{Object: "a", Time: groupWithin + 1}, 3)
	l.Add(Entry{Object: "a", Time: groupWithin + 2}, 3)
	if len(l.Entries) != 2 || l.Entries[0].Count != 2 {
		t.Errorf("got %+v", l.Entries)
	}
}

// Rules from outside never panic, and what is accepted can be described and taken back.
func FuzzRule(f *testing.F) {
	for _, s := range []string{"+get", "-@all", "%RW~k", "(~a +get)", "#$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", ">", "&", "~", "%", "(", ""} {
		f.Add(s, "+set")
	}
	l := newList()
	f.Fuzz(func(t *testing.T, a, b string) {
		u := l.newUser("u")
		for _, rule := range []string{a, b} {
			_ = l.apply(u, rule)
		}
		text := l.Describe(u)
		if strings.ContainsAny(a+b, " \t\r\n\v\f\x00\"'") {
			return // selectors with blanks and quotes are cut up again by who reads the file
		}
		again := newList()
		if _, err := again.Load("user u "+text, "f"); err != nil {
			t.Fatalf("%q from %q, %q: %v", text, a, b, err)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	l := newList()
	u, _, _ := l.Set("u", strings.Fields("on nopass +@read ~cached:* ~other:* &x"))
	spec, args := l.byName["get"], words("get other:1")
	b.ReportAllocs()
	for b.Loop() {
		if l.Check(u, spec, args).Denial != Allowed {
			b.Fatal("denied")
		}
	}
}
