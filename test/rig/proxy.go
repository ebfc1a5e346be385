package rig

import (
	"net"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Proxy forwards TCP connections to a server and breaks them on demand: it cuts, delays, throttles, swallows, refuses, and
// leaves connections half-open.
type Proxy struct {
	Port     int
	target   string
	listener net.Listener

	mu     sync.Mutex
	conns  map[net.Conn]*pair // both ends of every connection
	refuse bool               // close new connections at once
	gate   chan struct{}      // closed while bytes may pass
	delay  time.Duration      // before each forwarded chunk
	rate   int                // bytes a second that pass from the server; 0: as many as come
	count  int                // connections forwarded so far
	bytes  int64              // bytes forwarded from the server
}

// pair is a forwarded connection: the client's and the server's.
type pair struct {
	client, server net.Conn
	lost           chan struct{} // closed when the network has forgotten the connection, without a word to its ends
}

// NewProxy starts a proxy in front of a server; it ends with the test.
func NewProxy(t testing.TB, s *Server) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	open := make(chan struct{})
	close(open)
	p := &Proxy{Port: l.Addr().(*net.TCPAddr).Port, target: s.Addr(), listener: l, conns: map[net.Conn]*pair{}, gate: open}
	go p.accept()
	t.Cleanup(func() {
		l.Close()
		p.Resume()
		p.Cut()
	})
	return p
}

// Addr is the proxy's address, host:port.
func (p *Proxy) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.Port)) }

// Cut resets every connection.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			tcp.SetLinger(0) // a reset, as from a peer that crashed
		}
		c.Close()
		delete(p.conns, c)
	}
}

// Refuse makes the proxy close new connections at once, or forward them again.
func (p *Proxy) Refuse(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = on
}

// Swallow leaves the connections open but lets no byte pass, as a network that lost its peer does; Resume ends it.
func (p *Proxy) Swallow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.gate:
		p.gate = make(chan struct{})
	default: // already closed to traffic
	}
}

// Resume lets bytes pass again.
func (p *Proxy) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.gate:
	default:
		close(p.gate)
	}
}

// Delay holds every forwarded chunk for d.
func (p *Proxy) Delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// Throttle lets only so many bytes a second pass from the server to its clients; 0 ends it.
func (p *Proxy) Throttle(rate int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rate = rate
}

// HalfOpen loses every connection without a word: both ends stay open, nothing ever passes again. New ones are forwarded.
func (p *Proxy) HalfOpen() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pr := range p.conns {
		select {
		case <-pr.lost:
		default:
			close(pr.lost)
		}
	}
}

// Heal ends all that is in the way of bytes, but leaves the connections as they are.
func (p *Proxy) Heal() {
	p.Refuse(false)
	p.Delay(0)
	p.Throttle(0)
	p.Resume()
}

// Connections returns how many connections the proxy has forwarded so far.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// Forwarded returns how many bytes have passed from the server to its clients so far.
func (p *Proxy) Forwarded() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bytes
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		refuse := p.refuse
		p.mu.Unlock()
		if refuse {
			client.Close()
			continue
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		pr := &pair{client, server, make(chan struct{})}
		p.conns[client], p.conns[server] = pr, pr
		p.count++
		p.mu.Unlock()
		go p.forward(pr, client, server, &p.bytes)
		go p.forward(pr, server, client, new(int64))
	}
}

// forward copies one direction until it breaks, then ends both. It adds to passed what it has forwarded.
func (p *Proxy) forward(pr *pair, dst, src net.Conn, passed *int64) {
	buf := make([]byte, 16<<10)
	for {
		n, err := src.Read(buf)
		if n > 0 {
			if werr := p.pass(pr, dst, buf[:n]); werr != nil {
				err = werr
			}
			p.mu.Lock()
			*passed += int64(n)
			p.mu.Unlock()
		}
		if err != nil {
			break
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	ends := []net.Conn{src, dst}
	select {
	case <-pr.lost:
		ends = ends[:1] // the other end learns nothing
	default:
	}
	for _, c := range ends {
		c.Close()
		delete(p.conns, c)
	}
}

// pass writes a chunk as fast as the link is, unless the connection is lost: then it stays open and silent.
func (p *Proxy) pass(pr *pair, dst net.Conn, chunk []byte) error {
	p.mu.Lock()
	gate, delay, rate := p.gate, p.delay, p.rate
	p.mu.Unlock()
	if rate > 0 && dst == pr.client {
		delay += time.Duration(len(chunk)) * time.Second / time.Duration(rate)
	}
	select {
	case <-gate:
	case <-pr.lost:
		return nil
	}
	time.Sleep(delay) // a slow link, not a wait for a state
	select {
	case <-pr.lost:
		return nil
	default:
	}
	_, err := dst.Write(chunk)
	return err
}
