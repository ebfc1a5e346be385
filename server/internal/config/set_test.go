package config

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// The answers of these tables are those of redis-server 7.0.15.
func TestSet(t *testing.T) {
	for _, c := range []struct{ name, value, shown string }{
		{"maxmemory", "1k", "1000"}, {"maxmemory", "1KB", "1024"}, {"maxmemory", "1Gb", "1073741824"}, {"maxmemory", "", "0"}, {"maxmemory", "9223372036854775808", "9223372036854775807"}, {"hash-max-listpack-value", "9223372036854775807", "9223372036854775807"},
		{"maxmemory-clients", "50%", "50%"}, {"maxmemory-clients", "0%", "0"}, {"maxmemory-clients", "1m", "1000000"},
		{"HZ", "11", "11"}, {"hz", "1000", "500"}, {"hz", "0", "1"}, {"appendonly", "Yes", "yes"}, {"loglevel", "VERBOSE", "verbose"},
		{"save", "3600 1 60 10", "3600 1 60 10"}, {"save", "60 1 60 2", "60 1 60 2"}, {"save", "", ""},
		{"client-output-buffer-limit", "normal 1mb 2mb 3", "normal 1048576 2097152 3 slave 268435456 67108864 60 pubsub 33554432 8388608 60"},
		{"client-output-buffer-limit", "replica 1 2 3 pubsub 4 5 6", "normal 0 0 0 slave 1 2 3 pubsub 4 5 6"},
		{"client-output-buffer-limit", "normal 1 2 007 pubsub 4 5 +6 replica 0 0 ", "normal 1 2 7 slave 0 0 0 pubsub 4 5 6"},
		{"client-output-buffer-limit", "", "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"},
		{"notify-keyspace-events", "KEA", "AKE"}, {"notify-keyspace-events", "gxK", "gxK"}, {"notify-keyspace-events", "Am", "Am"},
		{"notify-keyspace-events", "Kmn", "nKm"}, {"notify-keyspace-events", "KEg$lshzxetdm", "AKEm"},
		{"oom-score-adj-values", "0 100 -100", "0 100 -100"}, {"shutdown-on-sigterm", "now save", "save now"}, {"shutdown-on-sigterm", "default", "default"},
		{"latency-tracking-info-percentiles", "50 99.99 0.001", "50 99.99 0.001"}, {"latency-tracking-info-percentiles", "1e1", "10"}, {"latency-tracking-info-percentiles", "", ""},
		{"bind", "127.0.0.1 -::1", "127.0.0.1 -::1"}, {"bind", "", ""}, {"repl-backlog-size", "1", "16384"}, {"slave-priority", "7", "7"},
		{"replica-announce-ip", "a b", "a b"},
	} {
		cfg := New()
		if err := cfg.Set([]string{c.name, c.value}, SetOptions{}); err != nil {
			t.Errorf("%s %q: %v", c.name, c.value, err)
			continue
		}
		if got := cfg.Get([]string{c.name}, glob); len(got) != 2 || got[0] != c.name || got[1] != c.shown {
			t.Errorf("%s %q: got %q, want %q", c.name, c.value, got, c.shown)
		}
	}
}

func TestSetRefuses(t *testing.T) {
	failed := func(name, reason string) string {
		return "CONFIG SET failed (possibly related to argument '" + name + "') - " + reason
	}
	for _, c := range []struct{ pairs, want string }{
		{"Nope|1", "Unknown option or number of arguments for CONFIG SET - 'Nope'"},
		{"nope|1|databases|3", "Unknown option or number of arguments for CONFIG SET - 'nope'"},
		{"hz|5|databases|3|nope|1", failed("databases", "can't set immutable config")},
		{"hz|5|hz|6", failed("hz", "duplicate parameter")},
		{"hz|5|port|x", failed("port", "argument couldn't be parsed into an integer")},
		{"dir|/", failed("dir", "can't set protected config")},
		{"timeout| 5", failed("timeout", "argument couldn't be parsed into an integer")},
		{"timeout|+5", failed("timeout", "argument couldn't be parsed into an integer")},
		{"timeout|05", failed("timeout", "argument couldn't be parsed into an integer")},
		{"save|3600  1", failed("save", "Invalid save parameters")},
		{"save|\"1 1\"", failed("save", "Invalid save parameters")},
		{"repl-backlog-size|0", failed("repl-backlog-size", "argument must be between 1 and 9223372036854775807 inclusive")},
		{"hash-max-listpack-value|9223372036854775808", failed("hash-max-listpack-value", "argument must be between 0 and 9223372036854775807 inclusive")},
		{"stream-node-max-bytes|9007199254740993kb", failed("stream-node-max-bytes", "argument must be between 0 and 9223372036854775807 inclusive")},
		{"auto-aof-rewrite-min-size|18446744073709551616", failed("auto-aof-rewrite-min-size", "argument must be between 0 and 9223372036854775807 inclusive")},
		{"proc-title-template|", failed("proc-title-template", "template format is invalid or contains unknown variables")},
		{"proc-title-template| ", failed("proc-title-template", "template format is invalid or contains unknown variables")},
		{"maxmemory-policy|x", failed("maxmemory-policy", "argument(s) must be one of the following: volatile-lru, volatile-lfu, volatile-random, volatile-ttl, allkeys-lru, allkeys-lfu, allkeys-random, noeviction")},
	} {
		cfg := New()
		before := cfg.Get([]string{"*"}, glob)
		err := cfg.Set(strings.Split(c.pairs, "|"), SetOptions{})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.pairs, err, c.want)
		}
		if !reflect.DeepEqual(cfg.Get([]string{"*"}, glob), before) {
			t.Errorf("%s: refused, yet something changed", c.pairs)
		}
	}
}

func TestSetProtected(t *testing.T) {
	c := New()
	c.EnableProtectedConfigs = "local"
	if err := c.Set([]string{"dbfilename", "x"}, SetOptions{}); err == nil {
		t.Error("a remote client set dbfilename")
	}
	if err := c.Set([]string{"dbfilename", "x"}, SetOptions{Local: true}); err != nil {
		t.Error(err)
	}
	if err := c.Set([]string{"appendonly", "yes"}, SetOptions{Loading: true}); err == nil {
		t.Error("appendonly was set during loading")
	}
	if err := c.Set([]string{"slave-priority", "7", "replica-priority", "8"}, SetOptions{}); err != nil || c.ReplicaPriority != 8 {
		t.Errorf("alias and name: %v, %d", err, c.ReplicaPriority)
	}
}

func TestHooks(t *testing.T) {
	c := New()
	var calls []string
	c.OnChange(func() error { calls = append(calls, "both "+c.MasterUser+c.ReplicaAnnounceIP); return nil }, "masteruser", "replica-announce-ip")
	c.OnChange(func() error {
		calls = append(calls, "port")
		if c.Port == 1 {
			return errors.New("Unable to listen on this port. Check server logs.")
		}
		return nil
	}, "port")
	if err := c.Set([]string{"masteruser", "C", "replica-announce-ip", "K", "timeout", "0"}, SetOptions{}); err != nil {
		t.Fatal(err)
	}
	err := c.Set([]string{"masteruser", "D", "port", "1"}, SetOptions{})
	if err == nil || err.Error() != "CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs." {
		t.Errorf("got %v", err)
	}
	if c.Port != 6379 || c.MasterUser != "C" {
		t.Errorf("not taken back: port %d, user %s", c.Port, c.MasterUser)
	}
	if want := []string{"both CK", "both DK", "port", "both CK"}; !reflect.DeepEqual(calls, want) {
		t.Errorf("calls: %q", calls)
	}
}

func TestGet(t *testing.T) {
	c := New()
	for _, q := range []struct{ patterns, want string }{
		{"HZ|nope", "HZ 10"},
		{"hz|hz|h?", "hz 10"},
		{"slave-p*|replica-p*", "slave-priority 100 replica-priority 100"},
		{"p[o]rt", "port 6379"},
		{"key-load-delay", "key-load-delay 0"},
		{"key-load*", ""},
	} {
		if got := strings.Join(c.Get(strings.Split(q.patterns, "|"), glob), " "); got != q.want {
			t.Errorf("%s: got %q, want %q", q.patterns, got, q.want)
		}
	}
}

// TestRewrite has the shape of what redis-server 7.0.15 makes of the same file and the same changes.
func TestRewrite(t *testing.T) {
	const old = `# my config
port 7956

# saves
save 900 1
save 300 10
include inc/ok.conf
  maxmemory   1gb
client-output-buffer-limit normal 0 0 0
client-output-buffer-limit slave 1mb 2mb 3
user alice on >pw ~* +@all
rename-command FLUSHALL ""
slave-priority 50
lua-time-limit 5
hz 10
hz 20
loglevel notice
notify-keyspace-events ""
requirepass "a b"
masterauth ""
list-max-ziplist-entries 3
unixsocketperm 700
# tail
`
	f := files{"main": old, "inc/ok.conf": "timeout 77\n"}
	c := New()
	if err := c.Load(ParseArgs([]string{"main", "--tcp-backlog", "100"}), f.source("")); err != nil {
		t.Fatal(err)
	}
	if err := c.Set([]string{"maxmemory", "2000000000", "save", "100 1 200 2 300 3", "slowlog-max-len", "64"}, SetOptions{}); err != nil {
		t.Fatal(err)
	}
	c.OnRewrite(func() []string { return []string{"alice on #30c9 ~* -@all", "default on nopass ~* &* +@all"} })
	write := func(name string, data []byte) error { f[name] = string(data); return nil }
	if err := c.Rewrite(false, f.source("").ReadFile, write); err != nil {
		t.Fatal(err)
	}
	const want = `# my config
port 7956

# saves
save 100 1
save 200 2
include inc/ok.conf
maxmemory 1953125kb
client-output-buffer-limit normal 0 0 0
client-output-buffer-limit replica 1mb 2mb 3
user alice on #30c9 ~* -@all
rename-command FLUSHALL ""
replica-priority 50
busy-reply-threshold 5
hz 20

loglevel notice
notify-keyspace-events ""
requirepass "a b"

# ??? list-max-ziplist-entries 3
unixsocketperm 700
# tail

# Generated by CONFIG REWRITE
tcp-backlog 100
timeout 77
save 300 3
slowlog-max-len 64
latency-tracking-info-percentiles 50 99 99.9
user default on nopass ~* &* +@all
`
	if sorted(f["main"]) != sorted(want) {
		t.Errorf("got\n%s", f["main"])
	}
	again := New()
	if err := again.Load(CommandLine{File: "main"}, f.source("")); err != nil {
		t.Fatal(err)
	}
	if got, want := again.Get([]string{"*"}, glob), c.Get([]string{"*"}, glob); !reflect.DeepEqual(got, want) {
		t.Error("the rewritten file holds other values")
	}
	if err := again.Set([]string{"save", "", "requirepass", ""}, SetOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := again.Rewrite(false, f.source("").ReadFile, write); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(f["main"], signature); n != 1 || strings.Contains(f["main"], "requirepass") || !strings.Contains(f["main"], "# saves\nsave \"\"\n\ninclude") {
		t.Errorf("rewritten twice:\n%s", f["main"])
	}
}

// sorted puts the appended lines, whose order is free, into one order.
func sorted(file string) string {
	head, tail, _ := strings.Cut(file, signature+"\n")
	lines := strings.Split(tail, "\n")
	for i := range lines {
		for j := range i {
			if lines[i] < lines[j] {
				lines[i], lines[j] = lines[j], lines[i]
			}
		}
	}
	return head + signature + strings.Join(lines, "\n")
}

// DEBUG CONFIG-REWRITE-FORCE-ALL writes directives that have their defaults too, and what it wrote is read.
func TestRewriteOfAll(t *testing.T) {
	f := files{"main": "port 7000\n"}
	c := New()
	if err := c.Load(ParseArgs([]string{"main"}), f.source("")); err != nil {
		t.Fatal(err)
	}
	if err := c.Rewrite(true, f.source("").ReadFile, func(name string, data []byte) error { f[name] = string(data); return nil }); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"port 7000\n", "\ntimeout 0\n", "\nappendonly no\n"} {
		if !strings.Contains(f["main"], line) {
			t.Errorf("no %q in\n%s", line, f["main"])
		}
	}
	if err := New().Load(ParseArgs([]string{"main"}), f.source("")); err != nil {
		t.Error(err)
	}
}

func TestRewriteWithoutFile(t *testing.T) {
	c := New()
	if err := c.Rewrite(false, nil, nil); err != ErrNoConfigFile {
		t.Errorf("got %v", err)
	}
	f := files{}
	c.ConfigFile = "new"
	c.Port = 1
	if err := c.Rewrite(false, f.source("").ReadFile, func(name string, data []byte) error { f[name] = string(data); return nil }); err != nil {
		t.Fatal(err)
	}
	// Redis writes two that have their defaults, too.
	if f["new"] != signature+"\nport 1\nsave 3600 1\nsave 300 100\nsave 60 10000\nlatency-tracking-info-percentiles 50 99 99.9\n" {
		t.Errorf("got %q", f["new"])
	}
	if err := c.Rewrite(false, f.source("").ReadFile, func(string, []byte) error { return errors.New("disk full") }); err == nil || err.Error() != "Rewriting config file: disk full" {
		t.Errorf("got %v", err)
	}
}

func TestMaxMemoryClientsBytes(t *testing.T) {
	c := New()
	c.MaxMemory, c.MaxMemoryClients = 12345, -10
	if got := c.MaxMemoryClientsBytes(); got != 1234 {
		t.Errorf("got %d", got)
	}
}
