// Program kv is a GET and SET server with next to nothing around the event loop, to measure the loop:
//
//	go run ./testdata/kv -io uring -port 7015 &
//	redis-benchmark -p 7015 -c 50 -t set,get -n 300000
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"strconv"
	"time"

	"github.com/lockstep-db/lockstep/libs/netconn/loop"
)

type server struct {
	items map[string][]byte
	args  [][]byte
}

func (s *server) Accept(c *loop.Conn) { c.Session = &session{} }

func (s *server) Closed(*loop.Conn, error) {}

func (s *server) Turn() time.Duration { return 100 * time.Millisecond }

type session struct{ rest []byte }

func (s *server) Data(c *loop.Conn, p []byte) {
	sess := c.Session.(*session)
	if len(sess.rest) > 0 {
		sess.rest = append(sess.rest, p...)
		p = sess.rest
	}
	for {
		n := s.parse(p)
		if n == 0 {
			break
		}
		p = p[n:]
		c.Out = s.run(c.Out)
	}
	sess.rest = append(sess.rest[:0], p...)
}

func (s *server) run(out []byte) []byte {
	switch string(s.args[0]) {
	case "GET":
		v, ok := s.items[string(s.args[1])]
		if !ok {
			return append(out, "$-1\r\n"...)
		}
		out = append(out, '$')
		out = strconv.AppendInt(out, int64(len(v)), 10)
		out = append(out, "\r\n"...)
		out = append(out, v...)
		return append(out, "\r\n"...)
	case "SET":
		v := s.items[string(s.args[1])]
		if len(v) == len(s.args[2]) {
			copy(v, s.args[2])
		} else {
			s.items[string(s.args[1])] = append([]byte(nil), s.args[2]...)
		}
	}
	return append(out, "+OK\r\n"...)
}

// parse splits the first request of p into s.args and returns its length, 0 if it is incomplete.
func (s *server) parse(p []byte) int {
	count, at := number(p, 0, '*')
	if at == 0 {
		return 0
	}
	s.args = s.args[:0]
	for range count {
		n, next := number(p, at, '$')
		if next == 0 || next+n+2 > len(p) {
			return 0
		}
		s.args = append(s.args, p[next:next+n])
		at = next + n + 2
	}
	return at
}

func number(p []byte, at int, kind byte) (n, next int) {
	if at >= len(p) || p[at] != kind {
		return 0, 0
	}
	for at++; at < len(p); at++ {
		if p[at] == '\r' {
			return n, at + 2
		}
		n = n*10 + int(p[at]-'0')
	}
	return 0, 0
}

func main() {
	backend := flag.String("io", loop.Auto, "back end")
	port := flag.Int("port", 7015, "port")
	pprof := flag.String("pprof", "", "address of net/http/pprof")
	flag.Parse()
	if *pprof != "" {
		go func() { log.Println(http.ListenAndServe(*pprof, nil)) }()
	}
	l, err := loop.New(loop.Options{Backend: *backend}, &server{items: map[string][]byte{}})
	if err != nil {
		log.Fatal(err)
	}
	if err := l.Fallback(); err != nil {
		log.Print(err)
	}
	ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := l.Listen(ln, nil); err != nil {
		log.Fatal(err)
	}
	log.Fatal(l.Run())
}
