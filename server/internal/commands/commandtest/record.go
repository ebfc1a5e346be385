package commandtest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// marker is published after each command: what comes before it on the other connections belongs to the command.
const marker = "commandtest"

// recordSteps runs the commands against a redis-server and rewrites the file.
func recordSteps(t *testing.T, path string, steps []step) {
	addr := StartPeer(t)
	client, events, replica := dial(t, addr), dial(t, addr), dial(t, addr)
	client.do("CONFIG", "SET", "notify-keyspace-events", "KEA")
	events.do("PSUBSCRIBE", "__keyevent@0__:*")
	events.do("SUBSCRIBE", marker)
	replica.sync()
	var out strings.Builder
	for i := range steps {
		st := &steps[i]
		fmt.Fprintln(&out, st.line)
		if st.config != nil {
			client.do("CONFIG", "SET", st.config[0], st.config[1])
		}
		if len(st.args) == 0 {
			continue
		}
		reply := client.do(st.args...)
		if strings.EqualFold(st.args[0], "HELLO") {
			continue
		}
		fmt.Fprintln(&out, "<", strconv.Quote(reply))
		client.do("PUBLISH", marker, "")
		for {
			v, _ := parseReply(events.read())
			parts := v.flat()
			if parts[0] == "message" {
				break
			}
			name := strings.TrimPrefix(parts[2], "__keyevent@0__:")
			if name != "new" {
				fmt.Fprintln(&out, "!", name, parts[3])
			}
		}
		for {
			v, _ := parseReply(replica.read())
			parts := v.flat()
			if parts[0] == "PUBLISH" {
				break
			}
			if word := strings.ToUpper(parts[0]); word != "SELECT" && word != "PING" && word != "MULTI" && word != "EXEC" {
				fmt.Fprintln(&out, "~", quote(parts))
			}
		}
	}
	if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// StartPeer runs a redis-server without data until the test ends and returns its address.
func StartPeer(t *testing.T) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir(), "--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "3600")
	if err := cmd.Start(); err != nil {
		t.Fatal("this test needs Debian's redis-server (make peers installs it): ", err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			return addr
		}
	}
	t.Fatal("redis-server does not answer")
	return ""
}

type peer struct {
	t *testing.T
	c net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, addr string) *peer {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &peer{t, c, bufio.NewReader(c)}
}

func (p *peer) do(args ...string) string {
	b := []byte(fmt.Sprintf("*%d\r\n", len(args)))
	for _, a := range args {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(a), a)
	}
	if _, err := p.c.Write(b); err != nil {
		p.t.Fatal(err)
	}
	return p.read()
}

// read reads one reply in its raw form.
func (p *peer) read() string {
	p.c.SetReadDeadline(time.Now().Add(10 * time.Second))
	line, err := p.r.ReadString('\n')
	if err != nil {
		p.t.Fatal("peer: ", err)
	}
	n, _ := strconv.Atoi(strings.TrimSpace(line[1:]))
	switch line[0] {
	case '$', '=', '!':
		if n >= 0 {
			b := make([]byte, n+2)
			if _, err := io.ReadFull(p.r, b); err != nil {
				p.t.Fatal(err)
			}
			line += string(b)
		}
	case '*', '~', '>', '%':
		if line[0] == '%' {
			n *= 2
		}
		for range n {
			line += p.read()
		}
	}
	return line
}

// sync makes the connection a replica's, past the snapshot of an empty data set.
func (p *peer) sync() {
	p.do("REPLCONF", "capa", "psync2")
	if head := p.do("PSYNC", "?", "-1"); !strings.HasPrefix(head, "+FULLRESYNC") {
		p.t.Fatalf("PSYNC: %q", head)
	}
	line := "\n"
	for line == "\n" {
		var err error
		if line, err = p.r.ReadString('\n'); err != nil {
			p.t.Fatal(err)
		}
	}
	n, _ := strconv.Atoi(strings.TrimSpace(line[1:]))
	if _, err := io.CopyN(io.Discard, p.r, int64(n)); err != nil {
		p.t.Fatal(err)
	}
	fmt.Fprintf(p.c, "*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$1\r\n0\r\n")
}
