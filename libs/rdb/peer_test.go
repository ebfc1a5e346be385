package rdb

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// peer is a redis-server of its own folder and port, for tests that hold our files against the original.
type peer struct {
	t    *testing.T
	dir  string
	conn net.Conn
	in   *bufio.Reader
}

// startPeer skips where there is no redis-server, except in CI, which has to have one.
func startPeer(t *testing.T) *peer {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is missing: install Debian's redis-server 7.0")
		}
		t.Skip("redis-server is not installed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	l.Close()
	p := &peer{t: t, dir: t.TempDir()}
	var log bytes.Buffer
	cmd := exec.Command(program, "--port", port, "--bind", "127.0.0.1", "--dir", p.dir, "--save", "",
		"--enable-debug-command", "yes", "--set-max-intset-entries", "512", "--logfile", "")
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.conn != nil {
			p.conn.Close()
		}
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("redis-server's log:\n%s", log.Bytes())
		}
	})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if p.conn, err = net.Dial("tcp", address); err == nil {
			p.in = bufio.NewReader(p.conn)
			return p
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// do returns a reply: string, int64, nil, []any or error.
func (p *peer) do(args ...any) any {
	p.t.Helper()
	var out bytes.Buffer
	fmt.Fprintf(&out, "*%d\r\n", len(args))
	for _, a := range args {
		s := fmt.Sprint(a)
		if b, ok := a.([]byte); ok {
			s = string(b)
		}
		fmt.Fprintf(&out, "$%d\r\n%s\r\n", len(s), s)
	}
	if _, err := p.conn.Write(out.Bytes()); err != nil {
		p.t.Fatal(err)
	}
	v, err := p.reply()
	if err != nil {
		p.t.Fatalf("%v: %v", args[:min(3, len(args))], err)
	}
	return v
}

// ok is do for commands that must not fail.
func (p *peer) ok(args ...any) any {
	p.t.Helper()
	v := p.do(args...)
	if err, failed := v.(error); failed {
		p.t.Fatalf("%v: %v", args[:min(3, len(args))], err)
	}
	return v
}

func (p *peer) reply() (any, error) {
	line, err := p.in.ReadString('\n')
	if err != nil {
		return nil, err
	}
	rest := line[1 : len(line)-2]
	n, _ := strconv.ParseInt(rest, 10, 64)
	switch line[0] {
	case '+':
		return rest, nil
	case '-':
		return fmt.Errorf("%s", rest), nil
	case ':':
		return n, nil
	case '$':
		if n < 0 {
			return nil, nil
		}
		b := make([]byte, n+2)
		_, err := io.ReadFull(p.in, b)
		return string(b[:n]), err
	case '*':
		list := make([]any, max(n, 0))
		for i := range list {
			if list[i], err = p.reply(); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	return nil, fmt.Errorf("reply %q", line)
}

// load replaces the data set by a file.
func (p *peer) load(file []byte) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, "dump.rdb"), file, 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.ok("DEBUG", "RELOAD", "NOSAVE")
}

// save returns the file that the peer writes.
func (p *peer) save() []byte {
	p.t.Helper()
	p.ok("SAVE")
	b, err := os.ReadFile(filepath.Join(p.dir, "dump.rdb"))
	if err != nil {
		p.t.Fatal(err)
	}
	return b
}

// value reads a key in the form of contents.
func (p *peer) value(key string) any {
	p.t.Helper()
	switch p.ok("TYPE", key) {
	case "string":
		return p.ok("GET", key)
	case "list":
		return p.ok("LRANGE", key, 0, -1)
	case "set":
		list := p.ok("SMEMBERS", key).([]any)
		sortAny(list)
		return list
	case "hash":
		return pairs(p.ok("HGETALL", key), false)
	case "zset":
		return pairs(p.ok("ZRANGE", key, 0, -1, "WITHSCORES"), true)
	}
	return nil
}

func pairs(reply any, scores bool) map[string]any {
	m := map[string]any{}
	list := reply.([]any)
	for i := 0; i < len(list); i += 2 {
		v := list[i+1].(string)
		if scores {
			f, _ := strconv.ParseFloat(v, 64)
			v = strconv.FormatFloat(f+0, 'g', -1, 64) // as contents
		}
		m[list[i].(string)] = v
	}
	return m
}

// equals holds every key of the peer's selected databases against c.
func (p *peer) equals(name string, c *contents) {
	p.t.Helper()
	for db, keys := range c.dbs {
		p.ok("SELECT", db)
		if n := p.ok("DBSIZE").(int64); int(n) != len(keys) {
			p.t.Errorf("%s db %d: the peer has %d keys, we read %d", name, db, n, len(keys))
		}
		for key, want := range keys {
			if o := c.types[key].Object(); o == Stream || o == Module {
				continue
			}
			if got := p.value(key); fmt.Sprint(got) != fmt.Sprint(want) {
				p.t.Errorf("%s db %d: %q is %.300v in the peer, %.300v read by us", name, db, key, got, want)
			}
			if at, ok := c.expires[key]; ok && p.ok("PEXPIRETIME", key) != at {
				p.t.Errorf("%s db %d: %q expires at %v, want %d", name, db, key, p.ok("PEXPIRETIME", key), at)
			}
		}
	}
	p.ok("SELECT", 0)
}
