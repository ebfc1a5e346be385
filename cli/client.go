package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/libs/netconn"
	"github.com/lockstep-db/lockstep/libs/resp"
)

// tlsOptions say how to encrypt a connection.
type tlsOptions struct {
	on            bool
	name          string // to expect in the server's certificate
	caFile, caDir string
	cert, key     string
	insecure      bool
}

// client is a connection to the server. It connects when it is first used, and
// again after the connection was lost.
type client struct {
	o    *options
	warn io.Writer

	conn   net.Conn
	reader *resp.Reader
	out    []byte
	// refused tells that the server did not accept the password or the protocol.
	refused bool
	unhook  func() bool // forgets the context that ends reads of conn
}

// addr is the server's address as messages and the prompt show it.
func (o *options) addr() string {
	if o.socket != "" {
		return o.socket
	}
	return net.JoinHostPort(o.host, strconv.Itoa(o.port))
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
	if err == nil && c.o.tls.on {
		conn, err = c.o.tls.client(ctx, conn, c.o.host)
	}
	if err != nil {
		return fmt.Errorf("Could not connect to Redis at %s: %s", addr, reason(err))
	}
	c.conn, c.reader = conn, resp.NewReader(conn)
	// An interrupt ends a read that waits.
	c.unhook = context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return c.greet()
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
	c.out = resp.AppendCommand(c.out[:0], args...)
	if _, err := c.conn.Write(c.out); err != nil {
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
	return fmt.Errorf("Error: %s", reason(err))
}

func (c *client) close() {
	if c.conn != nil {
		c.unhook()
		_ = c.conn.Close()
		c.conn = nil
	}
}

// reason is the last part of an error's chain: the system's own words, which
// begin with a capital in C and in messages that people search for.
func reason(err error) string {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return "Name or service not known"
	}
	var sys interface{ Is(error) bool }
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	text := err.Error()
	if errors.As(err, &sys) && text != "" {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	return text
}

// client speaks TLS over conn.
func (t *tlsOptions) client(ctx context.Context, conn net.Conn, host string) (net.Conn, error) {
	config := &tls.Config{ServerName: host, InsecureSkipVerify: t.insecure} // asked for by --insecure only
	if t.name != "" {
		config.ServerName = t.name
	}
	if t.cert != "" || t.key != "" {
		pair, err := tls.LoadX509KeyPair(t.cert, t.key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	files, err := t.authorities()
	if err != nil {
		return nil, err
	}
	if files != nil {
		config.RootCAs = x509.NewCertPool()
	}
	for _, name := range files {
		pem, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if !config.RootCAs.AppendCertsFromPEM(pem) && name == t.caFile {
			return nil, fmt.Errorf("%s holds no certificate", name)
		}
	}
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

// authorities are the files of certificates; nil means the system's.
func (t *tlsOptions) authorities() (files []string, err error) {
	if t.caDir != "" {
		if files, err = filepath.Glob(filepath.Join(t.caDir, "*")); err != nil {
			return nil, err
		}
	}
	if t.caFile != "" {
		files = append(files, t.caFile)
	}
	return files, nil
}
