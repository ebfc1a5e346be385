package app

import (
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/lockstep-db/lockstep/libs/netconn"
	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/commands/keys"
)

// keysHost implements keys.Host.
type keysHost struct {
	adminHost
	peers *peers
}

func (h keysHost) Exchange(addr [2]string, timeout time.Duration, requests []byte, n int) ([]resp.Value, error) {
	if _, err := strconv.Atoi(addr[1]); err != nil {
		addr[1] = "0" // nobody listens there
	}
	return h.peers.exchange(net.JoinHostPort(addr[0], addr[1]), timeout, requests, n)
}

// peers are the connections that MIGRATE keeps open for its next call.
type peers struct {
	mu   sync.Mutex // the engine uses connections, timers close them
	open map[string]*peer
}

type peer struct {
	conn  net.Conn
	r     *resp.Reader
	timer *time.Timer
}

const (
	peersMax  = 64
	peersIdle = 10 * time.Second
)

func newPeers() *peers { return &peers{open: map[string]*peer{}} }

// count returns the number of open connections, for INFO.
func (p *peers) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.open)
}

// take returns the connection to addr, which is then the caller's alone, or nil.
func (p *peers) take(addr string) *peer {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.open[addr]
	if c == nil {
		return nil
	}
	delete(p.open, addr)
	c.timer.Stop()
	return c
}

// keep gives a connection back, to be closed when nobody takes it for some time.
func (p *peers) keep(addr string, c *peer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open[addr] != nil || len(p.open) >= peersMax {
		c.conn.Close()
		return
	}
	p.open[addr] = c
	c.timer = time.AfterFunc(peersIdle, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.open[addr] == c {
			delete(p.open, addr)
			c.conn.Close()
		}
	})
}

func (p *peers) exchange(addr string, timeout time.Duration, requests []byte, n int) ([]resp.Value, error) {
	if c := p.take(addr); c != nil {
		replies, err := p.converse(addr, c, timeout, requests, n)
		// A connection that was kept may have been closed by the other side meanwhile: then nothing has happened yet.
		if err == nil || len(replies) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
			return replies, stage(err)
		}
	}
	conn, err := netconn.Dial(context.Background(), addr, netconn.DialOptions{Timeout: timeout})
	switch {
	case errors.Is(err, syscall.ECONNREFUSED): // Redis waits until the socket is writable, which a refused one is, and sees it at the first write
		return nil, keys.ErrWrite
	case err != nil:
		return nil, keys.ErrConnect
	}
	replies, err := p.converse(addr, &peer{conn: conn, r: resp.NewReader(conn)}, timeout, requests, n)
	return replies, stage(err)
}

// converse sends the requests and reads the replies. The connection is kept unless something went wrong.
func (p *peers) converse(addr string, c *peer, timeout time.Duration, requests []byte, n int) (replies []resp.Value, err error) {
	_ = c.conn.SetWriteDeadline(time.Now().Add(timeout))
	if _, err := c.conn.Write(requests); err != nil {
		c.conn.Close()
		return nil, errors.Join(keys.ErrWrite, err)
	}
	refused := false
	for range n {
		_ = c.conn.SetReadDeadline(time.Now().Add(timeout))
		v, err := c.r.Read()
		if err != nil {
			c.conn.Close()
			return replies, errors.Join(keys.ErrRead, err)
		}
		refused = refused || v.IsError()
		replies = append(replies, v)
	}
	if refused { // its state is in doubt: perhaps it is not authenticated
		c.conn.Close()
		return replies, nil
	}
	p.keep(addr, c)
	return replies, nil
}

// stage reduces an error to what MIGRATE tells its client.
func stage(err error) error {
	for _, s := range []error{keys.ErrWrite, keys.ErrRead} {
		if errors.Is(err, s) {
			return s
		}
	}
	return err
}
