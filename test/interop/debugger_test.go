package interop

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/test/rig"
)

// debugSession is a block of testdata/debugger.txt.
type debugSession struct {
	script   string
	commands [][]string
}

func debugSessions(t *testing.T) (out []debugSession) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "debugger.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range strings.Split(string(text), "\n===\n")[1:] {
		script, lines, _ := strings.Cut(block, "\n---\n")
		s := debugSession{script: script}
		for line := range strings.Lines(lines) {
			n, line := 1, strings.TrimSpace(line)
			if count, rest, ok := strings.Cut(line, "*"); ok {
				if c, err := strconv.Atoi(count); err == nil {
					n, line = c, rest
				}
			}
			command := strings.Split(line, " ")
			if strings.Contains(line, `"`) {
				words, _, err := resp.SplitArgs(nil, nil, []byte(line))
				if err != nil {
					t.Fatalf("%q: %v", line, err)
				}
				command = nil
				for _, w := range words {
					command = append(command, string(w))
				}
			}
			for range n {
				s.commands = append(s.commands, command)
			}
		}
		out = append(out, s)
	}
	return out
}

const endOfSession = "+<endsession>\r\n"

// addresses are where functions and coroutines live.
var addresses = regexp.MustCompile(`@0x[0-9a-f]+`)

// debugConn is a client of the debugger.
type debugConn struct {
	t *testing.T
	c net.Conn
	r *bufio.Reader
}

func dialDebug(t *testing.T, s *rig.Server) *debugConn {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &debugConn{t, c, bufio.NewReader(c)}
}

func (c *debugConn) line() string {
	c.t.Helper()
	line, err := c.r.ReadString('\n')
	if err != nil {
		c.t.Fatalf("%s: %v", c.c.RemoteAddr(), err)
	}
	return line
}

// do sends a command and returns the bytes of the reply: a line, or an array of lines.
func (c *debugConn) do(args ...string) string {
	c.t.Helper()
	_ = c.c.SetDeadline(time.Now().Add(timeout))
	if _, err := c.c.Write(resp.AppendCommand(nil, args...)); err != nil {
		c.t.Fatal(err)
	}
	reply := c.line()
	if n, err := strconv.Atoi(strings.TrimSpace(reply[1:])); err == nil && reply[0] == '*' {
		for range n {
			reply += c.line()
		}
	}
	return addresses.ReplaceAllString(reply, "@0x1")
}

// rest reads up to the end of the connection.
func (c *debugConn) rest() string {
	c.t.Helper()
	_ = c.c.SetDeadline(time.Now().Add(timeout))
	all, err := io.ReadAll(c.r)
	if err != nil && !strings.Contains(err.Error(), "reset") {
		c.t.Errorf("the connection is not closed: %v", err)
	}
	return string(all)
}

// debug runs a session and returns all that the server says, up to the end of the connection.
func debug(t *testing.T, s *rig.Server, mode string, d debugSession) (out []string) {
	t.Helper()
	c := dialDebug(t, s)
	c.do("SCRIPT", "DEBUG", mode)
	script := []string{"EVAL", d.script, "1", "k1", "a1"}
	answer := c.do(script...)
	out = append(out, answer)
	for _, command := range append(d.commands, []string{"abort"}) {
		if strings.HasSuffix(answer, endOfSession) {
			break
		}
		answer = c.do(command...)
		out = append(out, strings.Join(command, " ")+" -> "+answer)
	}
	if !strings.HasSuffix(answer, endOfSession) {
		t.Fatalf("%s: %q: no end of the session: %q", s.Addr(), d.script, answer)
	}
	return append(out, c.rest())
}

// Guarantee: a script that is debugged stops at the lines at which it stops in redis-server, and all that the debugger says there is the
// same, byte for byte.
func TestDebuggerAnswersAsRedis(t *testing.T) {
	config := rig.Config{"busy-reply-threshold": "300"}
	ours, peer := rig.Start(t, rig.Ours, "ours", config), rig.Start(t, rig.Peer, "peer", config)
	for _, mode := range []string{"yes", "sync"} {
		for _, d := range debugSessions(t) {
			got, want := debug(t, ours, mode, d), debug(t, peer, mode, d)
			for i := range min(len(got), len(want)) {
				if got[i] != want[i] {
					t.Errorf("%s: %s\nanswer %d\n  ours  %q\n  redis %q", mode, d.script, i, got[i], want[i])
					break
				}
			}
		}
		if da, db := ours.Digest(), peer.Digest(); da != db {
			t.Errorf("%s: digests differ: %s", mode, rig.Difference(ours, peer))
		}
	}
	if ours.Must("DBSIZE") == int64(0) {
		t.Error("a synchronous session has left no data")
	}
}

// stopped starts a session of a script and returns the connection when the script has stopped.
func stopped(t *testing.T, s *rig.Server, mode, script string) *debugConn {
	t.Helper()
	c := dialDebug(t, s)
	c.do("SCRIPT", "DEBUG", mode)
	if got := c.do("EVAL", script, "0"); !strings.Contains(got, "Stopped at 1") {
		t.Fatalf("no session: %q", got)
	}
	return c
}

// Guarantee: sessions see the data as it was at their start and change nothing of it, while others are served; neither replicas nor the
// append-only file nor subscribers hear of what they do.
func TestDebuggedChangesStayApart(t *testing.T) {
	ours := rig.Start(t, rig.Ours, "ours", rig.Config{"appendonly": "yes", "notify-keyspace-events": "KEA"})
	replica := rig.Start(t, rig.Ours, "replica", nil)
	ours.Must("SET", "n", "1")
	ours.Must("RPUSH", "list", "a", "b")
	ours.Must("XADD", "stream", "*", "f", "v")
	ours.Must("SET", "volatile", "x", "PX", "100000000")
	replica.Follow(ours.Port)
	replica.WaitLink()
	rig.WaitSame(t, ours, replica)
	before, offset := ours.Digest(), ours.Counter("master_repl_offset")
	listener := dialRaw(t, ours)
	listener.do("PSUBSCRIBE", "*")

	const script = "redis.call('flushall')\nredis.call('set', 'n', 'mine')\nredis.call('publish', 'news', 'x')\nredis.call('swapdb', 0, 1)\nreturn redis.call('dbsize')"
	a, b := stopped(t, ours, "yes", script), stopped(t, ours, "yes", "return redis.call('get', 'n')")
	for range 4 {
		a.do("step")
	}
	if got := b.do("redis", "get", "n"); !strings.Contains(got, `<reply> "1"`) {
		t.Errorf("another session sees %q", got)
	}
	if got := ours.Digest(); got != before {
		t.Error("a session has changed the data")
	}
	if now := ours.Counter("master_repl_offset"); now > offset+200 { // pings
		t.Errorf("the replication offset went from %d to %d", offset, now)
	}
	files, err := filepath.Glob(filepath.Join(ours.Dir, "appendonlydir", "*.aof"))
	if err != nil || len(files) != 1 {
		t.Fatalf("append-only files: %v, %v", files, err)
	}
	if log, err := os.ReadFile(files[0]); err != nil || !bytes.Contains(log, []byte("list")) || bytes.Contains(log, []byte("mine")) {
		t.Errorf("append-only file: %q, %v", log, err)
	}
	listener.came.Reset()
	ours.Must("PUBLISH", "mark", "1")
	if _, err := listener.r.Read(); err != nil || !bytes.Contains(listener.came.Bytes(), []byte("mark")) {
		t.Errorf("a subscriber heard %q, %v", listener.came.String(), err)
	}
	if got := a.do("continue"); !strings.HasSuffix(got, endOfSession) {
		t.Errorf("end of the session: %q", got)
	}
	rig.WaitSame(t, ours, replica)
}

// Guarantee: a synchronous session keeps its changes, which replicas get; others wait until it is over, and are all answered then.
func TestSynchronousSessionMakesOthersWait(t *testing.T) {
	ours, replica := rig.Start(t, rig.Ours, "ours", nil), rig.Start(t, rig.Ours, "replica", nil)
	replica.Follow(ours.Port)
	replica.WaitLink()
	other := dialDebug(t, ours)
	other.do("PING")
	c := stopped(t, ours, "sync", "redis.call('set', 'k', 'v')\nreturn 1")
	_ = other.c.SetDeadline(time.Now().Add(timeout))
	if _, err := other.c.Write(resp.AppendCommand(resp.AppendCommand(nil, "GET", "k"), "INCR", "n")); err != nil {
		t.Fatal(err)
	}
	if got := c.do("redis", "exists", "n"); !strings.Contains(got, "<reply> 0") {
		t.Errorf("another client was served meanwhile: %q", got)
	}
	if got := c.do("continue"); !strings.HasSuffix(got, endOfSession) {
		t.Fatalf("end of the session: %q", got)
	}
	if got := other.line() + other.line() + other.line(); got != "$1\r\nv\r\n:1\r\n" {
		t.Errorf("after the session another client gets %q", got)
	}
	rig.WaitSame(t, ours, replica)
}

// Guarantee: a session ends with its client, whether the script stands still or runs in a loop, and with the server.
func TestSessionEndsWithItsClient(t *testing.T) {
	ours := rig.Start(t, rig.Ours, "ours", rig.Config{"busy-reply-threshold": "200"})
	ended := func(n int) {
		t.Helper()
		rig.Until(t, timeout, func() error {
			if got := strings.Count(ours.Log(), " ended\n"); got < n {
				return errors.New(strconv.Itoa(got) + " sessions have ended")
			}
			return nil
		})
	}
	const endless = "local n = 0\nwhile true do pcall(function() n = n + 1 end) end"
	killed := stopped(t, ours, "yes", endless)
	if got := ours.Must("CLIENT", "KILL", "ADDR", killed.c.LocalAddr().String()); got != int64(1) {
		t.Fatalf("CLIENT KILL: %v", got)
	}
	killed.rest()
	ended(1)
	runs := stopped(t, ours, "yes", endless)
	if _, err := runs.c.Write(resp.AppendCommand(nil, "continue")); err != nil {
		t.Fatal(err)
	}
	runs.c.Close()
	ended(2)
	direct := stopped(t, ours, "sync", "redis.call('set', 'k', '1')\nredis.breakpoint()\nredis.call('set', 'k', '2')\n"+endless)
	direct.do("continue")
	direct.c.Close() // it goes on without stops, as in Redis, until it has run for too long
	ended(3)
	if got := ours.Must("GET", "k"); got != "2" {
		t.Errorf("k is %v", got)
	}
	last := stopped(t, ours, "yes", endless)
	ours.Shutdown("NOSAVE")
	last.rest()
}

// Guarantee: neither a script that takes memory without end nor one that never ends, given to the debugger or debugged, harms the server.
func TestDebuggerIsBounded(t *testing.T) {
	ours := rig.Start(t, rig.Ours, "ours", rig.Config{"busy-reply-threshold": "200"})
	c := stopped(t, ours, "yes", "local t = {}\nreturn 1")
	for _, tc := range []struct{ code, want string }{
		{"while true do end", "<error> ldb_eval:1: timeout reached, infinite loop?"},
		{"string.rep('x', 1e9)", "not enough memory"},
		{"os.exit()", "Script attempted to access nonexistent global variable 'os'"},
		{"loadfile('x')", "Script attempted to access nonexistent global variable 'loadfile'"},
		{"redis.call('shutdown')", "This Redis command is not allowed from script"},
		{"redis.call('script', 'kill')", "This Redis command is not allowed from script"},
		{"rawset(redis, 'call', 1)", "Attempt to modify a readonly table"},
		{"(function() x = 1 end)()", "Attempt to modify a readonly table"},
		{"1 + 1", "<retval> 2"},
	} {
		if got := c.do("eval", tc.code); !strings.Contains(got, tc.want) {
			t.Errorf("eval %s: %q, want %q", tc.code, got, tc.want)
		}
	}
	if got := c.do("step"); !strings.Contains(got, "Stopped at 2") {
		t.Errorf("the script goes on with %q", got)
	}
	flood := stopped(t, ours, "yes", "local a = 1\nreturn a")
	if _, err := flood.c.Write(append([]byte("*2\r\n$5\r\n"), bytes.Repeat([]byte("x"), 1<<20)...)); err != nil {
		t.Fatal(err)
	}
	if got := flood.rest(); !strings.Contains(got, "-ERR max client buffer reached") && !strings.Contains(got, "-ERR protocol error") {
		t.Errorf("after too much input: %q", got)
	}
	ours.Must("PING")
}
