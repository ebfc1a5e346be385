package interop

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// rewriteValues are directives that both servers know, each with values that both take. Behind "!" it cannot be changed by CONFIG SET, a
// "+" takes several arguments. Nothing here keeps a server from starting.
// Redis forgets the n of notify-keyspace-events beside A.
const rewriteValues = `
maxmemory: 0|100mb|1gb|2000000k|123456789|1GB
maxmemory-policy: noeviction|allkeys-lru|VOLATILE-TTL|allkeys-lfu
maxmemory-samples: 1|5|10
maxmemory-clients: 0|10%|100mb|0%
maxmemory-eviction-tenacity: 0|10|55
timeout: 0|7200
tcp-keepalive: 0|300|61
hz: 10|1|500|33
dynamic-hz: yes|no|NO
maxclients: 100|77|500
loglevel: notice|verbose|debug
pidfile!: a b.pid|x.pid
syslog-ident!: redis|some name
databases!: 16|3|100
save+: |900 1|3600 1 300 100 60 10000|10000 1 20000 2
stop-writes-on-bgsave-error: yes|no
rdbcompression: yes|no
rdbchecksum!: yes|no
sanitize-dump-payload: no|yes|clients
dbfilename!: dump.rdb|a b.rdb|"q".rdb
appendonly!: no|yes
appendfilename!: appendonly.aof|with space.aof
appenddirname!: appendonlydir|an other dir
appendfsync: everysec|no|ALWAYS
no-appendfsync-on-rewrite: yes|no
auto-aof-rewrite-percentage: 0|100|50
auto-aof-rewrite-min-size: 64mb|1kb|12345|0
aof-load-truncated: yes|no
aof-use-rdb-preamble: yes|no
aof-timestamp-enabled: yes|no
masteruser: |some user|x"y
masterauth: |a b|secret|\x01\xff|'single'
replica-serve-stale-data: yes
slave-read-only: yes|no
replica-priority: 100|0|7
slave-announce-ip: |10.0.0.1
replica-announce-port: 0|6380
replica-announced: yes|no
repl-diskless-sync: yes|no
repl-diskless-sync-delay: 5|0
repl-diskless-load: disabled|swapdb|on-empty-db
repl-ping-slave-period: 10|3
repl-timeout: 60|61
repl-disable-tcp-nodelay: yes|no
repl-backlog-size: 1mb|2mb|16384|12345678
repl-backlog-ttl: 3600|0
min-slaves-to-write: 0|0
min-replicas-max-lag: 10|11
propagation-error-behavior: ignore|panic-on-replicas
lfu-log-factor: 10|0|3
lfu-decay-time: 1|0
active-expire-effort: 1|10
lazyfree-lazy-eviction: yes|no
lazyfree-lazy-user-del: yes|no
activerehashing: yes|no
hash-max-ziplist-entries: 512|128|0
hash-max-listpack-value: 64|1kb|0
list-max-listpack-size: -2|-5|100
list-compress-depth: 0|1
set-max-intset-entries: 512|0
zset-max-ziplist-value: 64|65
hll-sparse-max-bytes: 3000|3kb
stream-node-max-bytes: 4096|4kb|0
stream-node-max-entries: 100|0
slowlog-log-slower-than: 10000|-1|0
slowlog-max-len: 128|1
latency-monitor-threshold: 0|100
latency-tracking: yes|no
latency-tracking-info-percentiles+: 50 99 99.9||0.1 100|12.5
notify-keyspace-events: |KEA|Kx|g$lshzxetdE|AKEm|Kn
lua-time-limit: 5000|0|77
tracking-table-max-keys: 1000000|0
acllog-max-len: 128|0
acl-pubsub-default: resetchannels|allchannels
proto-max-bulk-len: 512mb|1mb|1048577
client-query-buffer-limit: 1gb|1mb
client-output-buffer-limit+: normal 0 0 0|replica 256mb 64mb 60|pubsub 1mb 2k 3 normal 1gb 0 0|slave 0 0 0
oom-score-adj-values+: 0 200 800|1 2 3
shutdown-timeout: 10|0
shutdown-on-sigterm+: default|nosave|save now force
crash-log-enabled: yes|no
set-proc-title!: yes|no
proc-title-template: {title} {listen-addr} {server-mode}|{title} "x" {config-file}
cluster-announce-hostname: |a.b-c
cluster-node-timeout: 15000|1
io-threads!: 1|2
unixsocketperm!: 0|700|0770
replica-ignore-maxmemory: yes|no
busy-reply-threshold: 5000|1
protected-mode: yes|no
tcp-backlog!: 511|100
list-max-ziplist-entries!: 7
socket-mark-id!: 0
bind-source-addr: |127.0.0.1
`

// setting is a row of rewriteValues.
type setting struct {
	name         string
	fixed, multi bool
	values       []string
}

func settings() (list []setting) {
	for line := range strings.Lines(strings.TrimPrefix(rewriteValues, "\n")) {
		name, values, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		s := setting{values: strings.Split(values, "|")}
		name, s.fixed = strings.CutSuffix(name, "!")
		s.name, s.multi = strings.CutSuffix(name, "+")
		list = append(list, s)
	}
	return list
}

// deck is a random configuration and what is done with it.
type deck struct {
	*rand.Rand
	file     string
	included string // inc.conf, which the file may name
	options  []string
	stdin    string
	password string
	sets     [][]any  // commands
	renamed  []string // commands that are there still
	edit     string   // put at the end of the file while the server runs
}

func newDeck(seed uint64) *deck {
	d := &deck{Rand: rand.New(rand.NewPCG(seed, 8)), renamed: []string{"FLUSHALL", "flushdb", "LOLWUT", "Debug"}}
	all := settings()
	var lines []string
	for range 5 + d.IntN(25) {
		lines = append(lines, d.line(all))
	}
	lines = append(lines, d.users()...)
	if d.IntN(3) == 0 {
		lines = append(lines, d.spaced("include", "inc.conf"))
	}
	for range d.IntN(4) {
		d.included += d.directive(all) + "\n"
	}
	if d.IntN(3) == 0 {
		d.password = pick(d, "secret", "with space", `quo"te`, "\x01\xfe")
		lines = append(lines, d.spaced("requirepass", d.quoted(d.password)))
	}
	d.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	if d.IntN(4) == 0 { // as if it had been rewritten before
		lines = append(lines, "# Generated by CONFIG REWRITE", d.directive(all))
	}
	d.file = strings.Join(lines, pick(d, "\n", "\n", "\n", "\r\n")) + pick(d, "\n", "\n", "", "\n\n\n", "\n# the end")
	for range d.IntN(3) {
		s := all[d.IntN(len(all))]
		if v := pick(d, s.values...); v != "" && !s.multi {
			d.options = append(d.options, "--"+s.name, v)
		}
	}
	for range d.IntN(3) {
		d.file = strings.TrimRight(d.file, "\r\n") + "\n" // Redis takes the first line of stdin for the rest of the last one
		d.stdin += d.directive(all) + "\n"
	}
	for range d.IntN(8) {
		s := all[d.IntN(len(all))]
		call := []any{"CONFIG", "SET", s.name, pick(d, s.values...)}
		if o := all[d.IntN(len(all))]; d.IntN(4) == 0 && o.name != s.name {
			call = append(call, o.name, pick(d, o.values...))
		}
		d.sets = append(d.sets, call)
	}
	d.sets = append(d.sets, d.calls()...)
	if d.IntN(3) == 0 {
		d.edit = pick(d, "\nno-such-directive 1\n", "\nmaxmemory \"1gb\n", "\nio-backend auto\ntls-port 0\n", "\n   \n\n# added\n\n\nhz 50\n", "\nuser ghost on +@all\n")
	}
	return d
}

func pick[T any](d *deck, list ...T) T { return list[d.IntN(len(list))] }

// line is a line of a file: mostly a directive.
func (d *deck) line(all []setting) string {
	switch d.IntN(8) {
	case 0:
		return pick(d, "", "  ", "\t", "# a comment", "   # an indented comment  ", "#maxmemory 5gb", "# ??? old")
	case 1:
		if len(d.renamed) > 0 {
			from := d.renamed[0]
			d.renamed = d.renamed[1:]
			return d.spaced("rename-command", from, pick(d, `""`, "hidden"+from, `"hid den `+from+`"`))
		}
		return ""
	default:
		return d.directive(all)
	}
}

// directive is a line with a directive, its name and values written in one of the ways that there are.
func (d *deck) directive(all []setting) string {
	s := all[d.IntN(len(all))]
	v := pick(d, s.values...)
	name := pick(d, s.name, s.name, s.name, strings.ToUpper(s.name))
	switch {
	case !s.multi || v == "":
		return d.spaced(name, d.quoted(v))
	case d.IntN(4) == 0 && s.name != "save":
		return d.spaced(name, `"`+v+`"`)
	}
	words := []string{name}
	for _, w := range strings.Fields(v) {
		words = append(words, d.quoted(w))
	}
	return d.spaced(words...)
}

// spaced joins words as people do.
func (d *deck) spaced(words ...string) string {
	return pick(d, "", "", " ", "\t ") + strings.Join(words, pick(d, " ", " ", "  ", "\t")) + pick(d, "", "", " ", "\t")
}

// quoted writes a value so that it is read as it is.
func (d *deck) quoted(v string) string {
	plain := v != "" && strings.Trim(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-%:@/_$*") == ""
	switch d.IntN(4) {
	case 0:
		if !strings.ContainsAny(v, `'\`) {
			return "'" + v + "'"
		}
	case 1:
		b := []byte{'"'}
		for i := range len(v) {
			b = fmt.Appendf(b, "\\x%02x", v[i])
		}
		return string(append(b, '"'))
	case 2, 3:
		if plain {
			return v
		}
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(v) + `"`
}

// users are user lines.
func (d *deck) users() (lines []string) {
	for _, name := range []string{"alice", "bob", "zoë", "default"} {
		if d.IntN(3) > 0 {
			continue
		}
		rules := pick(d, "on >secret ~a:* +@read -get", "off nopass ~* &* +@all", "on (~b:* +set) +ping", "ON #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b %R~x +GET", "reset on")
		if name == "default" {
			rules = pick(d, "on nopass ~* &* +@all", "on nopass ~* +@all sanitize-payload")
		}
		lines = append(lines, d.spaced(append([]string{"user", name}, strings.Fields(rules)...)...))
	}
	return lines
}

// calls change what CONFIG REWRITE writes beside CONFIG SET.
func (d *deck) calls() [][]any {
	return pick(d,
		[][]any{},
		[][]any{{"REPLICAOF", "127.0.0.1", "1"}},
		[][]any{{"SLAVEOF", "127.0.0.1", "1"}, {"SLAVEOF", "NO", "ONE"}},
		[][]any{{"MULTI"}, {"SLAVEOF", "127.0.0.1", "2"}, {"CONFIG", "REWRITE"}, {"CLIENT", "KILL", "TYPE", "pubsub"}, {"EXEC"}}, // as Sentinel does
		[][]any{{"ACL", "SETUSER", "carol", "on", ">x", "~k", "+get"}, {"ACL", "DELUSER", "alice"}},
		[][]any{{"CONFIG", "REWRITE"}, {"CONFIG", "SET", "hz", "12"}},
	)
}
