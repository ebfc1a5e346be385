package interop

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/test/rig"
)

// rawConn sends commands and returns replies as they came.
type rawConn struct {
	t    *testing.T
	c    net.Conn
	r    *resp.Reader
	came bytes.Buffer
}

func dialRaw(t *testing.T, s *rig.Server) *rawConn {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	rc := &rawConn{t: t, c: c}
	rc.r = resp.NewReader(io.TeeReader(c, &rc.came))
	rc.r.MaxDepth = 10000
	return rc
}

func (c *rawConn) do(args ...string) string {
	c.t.Helper()
	c.came.Reset()
	_ = c.c.SetDeadline(time.Now().Add(timeout))
	if _, err := c.c.Write(resp.AppendCommand(nil, args...)); err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.r.Read(); err != nil {
		c.t.Fatalf("%q: %v", args, err)
	}
	return c.came.String()
}

// scripts reads testdata/scripts.lua: a script a line, and those between lines of dashes.
func scripts(t *testing.T) (out []string) {
	b, err := os.ReadFile(filepath.Join("testdata", "scripts.lua"))
	if err != nil {
		t.Fatal(err)
	}
	lines, long, _ := strings.Cut(string(b), "\n---\n")
	for line := range strings.Lines(lines) {
		if line = strings.TrimSuffix(line, "\n"); !strings.HasPrefix(line, "--") {
			out = append(out, line)
		}
	}
	return append(out, strings.Split(strings.TrimSuffix(long, "\n"), "\n---\n")...)
}

// knownDifferences are scripts that we answer otherwise, with the reason.
var knownDifferences = map[string]string{
	"local t = setmetatable({},{__len=function() return 7 end}); return #t": "the virtual machine asks tables for __len, as Lua 5.2 does",
	"return '010' + 0":                                  "text in arithmetic is read as Go reads numbers: a leading zero means octal",
	"return next({},'nosuch')":                          "the virtual machine does not tell a key that was never there from one that is gone",
	"local t = {1,2,3}; table.insert(t,5,0); return #t": "a table with holes has more than one border; another one is found",
	"return 1 & 2":                                      "the parser says otherwise what it does not understand",
}

// Guarantee: a script has the reply that redis-server gives it, byte for byte, over RESP2 and RESP3: values of all types, errors with
// their places, and every function of the libraries.
func TestScriptsAnswerAsRedis(t *testing.T) {
	ours, peer := rig.Start(t, rig.Ours, "ours", nil), rig.Start(t, rig.Peer, "peer", nil)
	used := map[string]bool{}
	for _, protocol := range []string{"2", "3"} {
		a, b := dialRaw(t, ours), dialRaw(t, peer)
		a.do("HELLO", protocol)
		b.do("HELLO", protocol)
		for _, s := range scripts(t) {
			args := []string{"EVAL", s, "2", "k1", "k2", "a", "10", "", "x\x00y"}
			got, want := a.do(args...), b.do(args...)
			if got == want {
				continue
			}
			if knownDifferences[s] == "" {
				t.Errorf("RESP%s: %s\n  ours  %q\n  redis %q", protocol, s, got, want)
			}
			used[s] = true
		}
	}
	for s := range knownDifferences {
		if !used[s] {
			t.Errorf("no difference any more: %s", s)
		}
	}
	if da, db := ours.Digest(), peer.Digest(); da != db {
		t.Errorf("digests differ: %s", rig.Difference(ours, peer))
	}
}

// Guarantee: libraries of functions go both ways: as payloads of FUNCTION DUMP, and as commands and snapshots to replicas.
func TestFunctionsCrossOver(t *testing.T) {
	const lib = "#!lua name=lib\nredis.register_function{function_name='f', callback=function(keys, args) return redis.call('incrby', keys[1], args[1]) end, description='adds'}\n" +
		"redis.register_function('g', function() return 'a library long enough to be compressed, compressed, compressed, compressed' end)"
	for _, tc := range []struct{ from, to rig.Kind }{{rig.Ours, rig.Peer}, {rig.Peer, rig.Ours}, {rig.Ours, rig.Ours}} {
		t.Run(tc.from.String()+" to "+tc.to.String(), func(t *testing.T) {
			from, to := rig.Start(t, tc.from, "from", rig.Config{"repl-diskless-sync-delay": "0"}), rig.Start(t, tc.to, "to", nil)
			a, b := dialRaw(t, from), dialRaw(t, to)
			empty := a.text(t, "FUNCTION", "DUMP")
			if got := b.do("FUNCTION", "RESTORE", empty, "FLUSH"); got != "+OK\r\n" {
				t.Errorf("restore of nothing: %q", got)
			}
			a.do("FUNCTION", "LOAD", lib)
			if got := b.do("FUNCTION", "RESTORE", a.text(t, "FUNCTION", "DUMP")); got != "+OK\r\n" {
				t.Fatalf("restore: %q", got)
			}
			if got := b.do("FCALL", "f", "1", "n", "5"); got != ":5\r\n" {
				t.Errorf("fcall: %q", got)
			}
			to.Follow(from.Port)
			to.WaitLink()
			a.do("FUNCTION", "LOAD", "#!lua name=later\nredis.register_function('h', function() return 1 end)")
			a.do("FCALL", "f", "1", "n", "7")
			a.do("FUNCTION", "DELETE", "lib")
			rig.WaitSame(t, from, to)
			c := dialRaw(t, to)
			if got, want := c.do("FUNCTION", "LIST", "WITHCODE"), a.do("FUNCTION", "LIST", "WITHCODE"); got != want {
				t.Errorf("libraries of the replica:\n%q\nwant\n%q", got, want)
			}
		})
	}
}

// Guarantee (R32): functions follow the data. A replica that gives up its data for a full sync gives up its functions; if the sync fails
// it has neither, and with swapdb both.
func TestFunctionsFollowData(t *testing.T) {
	for _, tc := range []struct{ load, left string }{{"disabled", "0"}, {"on-empty-db", "0"}, {"swapdb", "1"}} {
		t.Run(tc.load, func(t *testing.T) {
			if tc.load == "disabled" && strings.Contains(os.Getenv("LOCKSTEP_SERVER"), "redis") {
				t.Skip("redis-server exits when a file ends early")
			}
			m, s := rig.NewFakeMaster(t), rig.Start(t, rig.Ours, "replica", rig.Config{"repl-diskless-load": tc.load})
			s.Must("FUNCTION", "LOAD", "#!lua name=old\nredis.register_function('f', function() return 1 end)")
			if tc.load != "on-empty-db" {
				s.Must("SET", "old", "1")
			}
			s.Follow(m.Port)
			w, _ := asked(t, m)
			half := "REDIS0010\x00\x03key\x05va"
			w.Send(fmt.Sprintf("+FULLRESYNC %s 1\r\n$%d\r\n%s", fakeID, len(half), half))
			rig.Until(t, timeout, func() error {
				if strings.Contains(s.Log(), "Failed trying to load the MASTER synchronization DB") {
					return nil
				}
				return errors.New("the sync has not failed yet")
			})
			if got := fmt.Sprint(s.Must("DBSIZE")); got != tc.left {
				t.Errorf("%s keys are left, want %s", got, tc.left)
			}
			if list, _ := s.Must("FUNCTION", "LIST").([]any); fmt.Sprint(len(list)) != tc.left {
				t.Errorf("libraries: %v, want %s", list, tc.left)
			}
		})
	}
}

// text returns the text of a reply that is a string.
func (c *rawConn) text(t *testing.T, args ...string) string {
	t.Helper()
	_, text, _ := strings.Cut(c.do(args...), "\r\n")
	return strings.TrimSuffix(text, "\r\n")
}
