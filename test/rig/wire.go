package rig

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Wire is a raw connection on which a test plays a replica or a master itself. Every read has a deadline.
type Wire struct {
	t testing.TB
	c net.Conn
	r *bufio.Reader
}

// wireTimeout bounds each read and write.
const wireTimeout = 20 * time.Second

// Dial opens a raw connection to a server; it is closed with the test.
func (s *Server) Dial() *Wire {
	s.t.Helper()
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		s.t.Fatal(err)
	}
	return newWire(s.t, c)
}

func newWire(t testing.TB, c net.Conn) *Wire {
	t.Cleanup(func() { c.Close() })
	return &Wire{t, c, bufio.NewReader(c)}
}

// Send writes bytes as they are.
func (w *Wire) Send(raw string) {
	w.t.Helper()
	w.c.SetWriteDeadline(time.Now().Add(wireTimeout))
	if _, err := io.WriteString(w.c, raw); err != nil {
		w.t.Fatalf("write to the wire: %v", err)
	}
}

// Command writes a command as a RESP array.
func (w *Wire) Command(args ...string) {
	w.t.Helper()
	w.Send(Encode(args...))
}

// Encode returns a command as a RESP array.
func Encode(args ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	return b.String()
}

// Offer writes bytes to a connection that the other side may have closed: what it has said is read with LineOrEnd.
func (w *Wire) Offer(raw string) {
	w.c.SetWriteDeadline(time.Now().Add(wireTimeout))
	_, _ = io.WriteString(w.c, raw)
}

// LineOrEnd is Line where the connection may end; ok is false then.
func (w *Wire) LineOrEnd() (line string, ok bool) {
	w.t.Helper()
	line, err := w.line(wireTimeout)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		w.t.Fatalf("read a line: %v", err)
	}
	return line, err == nil
}

// Local is our address of the connection, host:port.
func (w *Wire) Local() string { return w.c.LocalAddr().String() }

// Line reads one line without its end; empty lines, which keep a replication link alive, are passed over.
func (w *Wire) Line() string {
	w.t.Helper()
	line, err := w.line(wireTimeout)
	if err != nil {
		w.t.Fatalf("read a line: %v", err)
	}
	return line
}

func (w *Wire) line(limit time.Duration) (string, error) {
	w.c.SetReadDeadline(time.Now().Add(limit))
	for {
		line, err := w.r.ReadString('\n')
		if err != nil {
			return line, err
		}
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			return line, nil
		}
	}
}

// Bulk reads the n bytes of a bulk string, whose head was read.
func (w *Wire) Bulk(n int) string {
	w.t.Helper()
	buf := make([]byte, n+2)
	w.c.SetReadDeadline(time.Now().Add(wireTimeout))
	if _, err := io.ReadFull(w.r, buf); err != nil {
		w.t.Fatalf("read a bulk string of %d bytes: %v", n, err)
	}
	return string(buf[:n])
}

// Next reads a command from a replication stream or a handshake, in RESP or inline form, and the number of its bytes.
// PINGs of the stream are passed over (and counted) if skipPing is set.
func (w *Wire) Next(skipPing bool) (args []string, size int) {
	w.t.Helper()
	total := 0
	for {
		args, size, err := w.command(wireTimeout)
		if err != nil {
			w.t.Fatalf("read a command: %v", err)
		}
		total += size
		if !skipPing || !strings.EqualFold(args[0], "PING") {
			return args, total
		}
	}
}

func (w *Wire) command(limit time.Duration) ([]string, int, error) {
	head, err := w.line(limit)
	if err != nil {
		return nil, 0, err
	}
	if !strings.HasPrefix(head, "*") {
		return strings.Fields(head), len(head) + 2, nil
	}
	n, err := strconv.Atoi(head[1:])
	if err != nil {
		return nil, 0, fmt.Errorf("bad command %q", head)
	}
	size := len(head) + 2
	var args []string
	for range n {
		head, err := w.line(limit)
		if err != nil {
			return nil, 0, err
		}
		length, err := strconv.Atoi(strings.TrimPrefix(head, "$"))
		if err != nil {
			return nil, 0, fmt.Errorf("bad argument %q", head)
		}
		buf := make([]byte, length+2)
		if _, err := io.ReadFull(w.r, buf); err != nil {
			return nil, 0, err
		}
		args = append(args, string(buf[:length]))
		size += len(head) + 2 + len(buf)
	}
	return args, size, nil
}

// Silent fails the test if the other side sends anything but empty lines within d: what must not come cannot be polled for.
func (w *Wire) Silent(d time.Duration) {
	w.t.Helper()
	line, err := w.line(d)
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		w.t.Fatalf("want silence, got %q, %v", line, err)
	}
}

// Payload is a data set as it came over a wire.
type Payload struct {
	EOF bool // framed by a mark, not by a length
	RDB []byte
}

// Payload reads the bulk or EOF-framed data set that follows +FULLRESYNC.
func (w *Wire) Payload() Payload {
	w.t.Helper()
	head := w.Line()
	if mark, ok := strings.CutPrefix(head, "$EOF:"); ok {
		var b strings.Builder
		for !strings.HasSuffix(b.String(), mark) {
			c, err := w.r.ReadByte()
			if err != nil {
				w.t.Fatalf("read data set: %v after %d bytes", err, b.Len())
			}
			b.WriteByte(c)
		}
		return Payload{true, []byte(strings.TrimSuffix(b.String(), mark))}
	}
	n, err := strconv.Atoi(strings.TrimPrefix(head, "$"))
	if err != nil {
		w.t.Fatalf("want a data set, got %q", head)
	}
	buf := make([]byte, n)
	if _, err := io.ReadFull(w.r, buf); err != nil {
		w.t.Fatalf("read data set of %d bytes: %v", n, err)
	}
	return Payload{false, buf}
}

// Close ends the connection at once.
func (w *Wire) Close() { w.c.Close() }

// FakeMaster listens where a replica under test expects its master.
type FakeMaster struct {
	Port int
	t    testing.TB
	l    *net.TCPListener
}

// NewFakeMaster starts to listen; it ends with the test.
func NewFakeMaster(t testing.TB) *FakeMaster {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &FakeMaster{l.Addr().(*net.TCPAddr).Port, t, l.(*net.TCPListener)}
}

// Accept waits for the replica to connect.
func (m *FakeMaster) Accept() *Wire {
	m.t.Helper()
	m.l.SetDeadline(time.Now().Add(wireTimeout))
	c, err := m.l.Accept()
	if err != nil {
		m.t.Fatalf("the replica does not connect: %v", err)
	}
	return newWire(m.t, c)
}

// Handshake answers a replica until it sends PSYNC and returns everything it sent.
func (w *Wire) Handshake() [][]string {
	w.t.Helper()
	var sent [][]string
	for {
		args, _ := w.Next(false)
		sent = append(sent, args)
		switch strings.ToUpper(args[0]) {
		case "PING":
			w.Send("+PONG\r\n")
		case "PSYNC", "SYNC":
			return sent
		default:
			w.Send("+OK\r\n")
		}
	}
}
