package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/lockstep-db/lockstep/libs/netconn"
	"github.com/lockstep-db/lockstep/libs/resp"
)

// connection is what netconn dials. The program knows no other way to the network.
type connection interface {
	io.ReadWriteCloser
	SetDeadline(time.Time) error
	SetReadDeadline(time.Time) error
}

// client is a connection to the server. It connects when it is first used, and
// again after the connection was lost.
type client struct {
	o    *options
	warn io.Writer

	conn   connection
	buffer *bufio.Reader // of conn, for what is no reply
	reader *resp.Reader
	out    []byte
	// refused tells that the server did not accept the password or the protocol.
	refused bool
}

// addr is the server's address as messages and the prompt show it.
func (o *options) addr() string {
	if o.socket != "" {
		return o.socket
	}
	if strings.Contains(o.host, ":") {
		return fmt.Sprintf("[%s]:%d", o.host, o.port)
	}
	return fmt.Sprintf("%s:%d", o.host, o.port)
}

// connect makes sure of a connection that has authenticated and chosen its
// protocol and database. A refused password is a warning, as in redis-cli: the
// server may ask for none. A refused database is an error, since the commands
// that follow would go to another one.
func (c *client) connect(ctx context.Context) error {
	if c.conn != nil {
		return nil
	}
	addr := c.o.addr()
	target := addr
	if c.o.socket != "" && !strings.Contains(target, "/") {
		target = "./" + target
	}
	conn, err := netconn.Dial(ctx, target, netconn.DialOptions{})
	if err != nil {
		return fmt.Errorf("Could not connect to Redis at %s: %s", addr, reason(err))
	}
	c.buffer = bufio.NewReader(conn)
	c.conn, c.reader = conn, resp.NewReader(c.buffer)
	defer c.guard(ctx)()
	if err := c.greet(); err != nil {
		return err
	}
	if c.o.verbose {
		fmt.Fprintf(c.warn, "connected to %s, database %d\n", addr, c.o.db)
	}
	return nil
}

// guard lets the end of ctx end the reads and writes that wait, until release.
func (c *client) guard(ctx context.Context) (release func() bool) {
	conn := c.conn
	return context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
}

func (c *client) greet() error {
	if c.o.auth {
		auth := []string{"AUTH", c.o.password}
		if c.o.user != "" {
			auth = []string{"AUTH", c.o.user, c.o.password}
		}
		if err := c.setUp("AUTH failed: %s", auth...); err != nil {
			return err
		}
	}
	if c.o.proto != 0 {
		if err := c.setUp("HELLO "+strconv.Itoa(c.o.proto)+" failed: %s", "HELLO", strconv.Itoa(c.o.proto)); err != nil {
			return err
		}
	}
	if c.o.db == 0 {
		return nil
	}
	v, err := c.do("SELECT", strconv.Itoa(c.o.db))
	if err == nil && v.IsError() {
		c.close()
		err = fmt.Errorf("SELECT %d failed: %s", c.o.db, v.Text)
	}
	return err
}

// setUp runs a command of the greeting; warning takes the error reply.
func (c *client) setUp(warning string, args ...string) error {
	v, err := c.do(args...)
	if err == nil && v.IsError() {
		fmt.Fprintf(c.warn, warning+"\n", v.Text)
		c.refused = true
	}
	return err
}

// do sends a command and reads the reply to it; out-of-band messages that come
// first are dropped.
func (c *client) do(args ...string) (resp.Value, error) {
	if err := c.send(args...); err != nil {
		return resp.Value{}, err
	}
	for {
		v, err := c.read()
		if err != nil || v.Kind != resp.KindPush {
			return v, err
		}
	}
}

func (c *client) send(args ...string) error {
	c.queue(args...)
	return c.flush()
}

// queue keeps a command for the next flush.
func (c *client) queue(args ...string) { c.out = resp.AppendCommand(c.out, args...) }

// flush sends what is queued.
func (c *client) flush() error {
	out := c.out
	c.out = c.out[:0]
	if _, err := c.conn.Write(out); err != nil {
		return c.lost(err)
	}
	return nil
}

func (c *client) read() (resp.Value, error) {
	v, err := c.reader.Read()
	if err != nil {
		return v, c.lost(err)
	}
	return v, nil
}

// lost closes the connection and says why.
func (c *client) lost(err error) error {
	c.close()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("Error: Server closed the connection")
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("Error: %w", os.ErrDeadlineExceeded)
	}
	return fmt.Errorf("Error: %s", reason(err))
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// reason is the innermost error of a chain: the system's own words. C begins
// them with a capital, and so do the messages that people search for.
func reason(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	text := err.Error()
	var system syscall.Errno
	if errors.As(err, &system) {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	return text
}
