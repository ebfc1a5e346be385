package main

import (
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// fake is a server whose replies a test gives.
type fake struct {
	addr    *net.TCPAddr
	replies map[string]string // by the whole command; protocol text
	silent  string            // a command that gets no answer
	mute    string            // the name of a command that gets no answer, whatever its arguments
	limit   int               // the connection ends with this many requests; 0 is never

	mu       sync.Mutex
	requests []string
}

// serve starts a fake. A command without a reply gets an error; the reply ""
// closes the connection.
func serve(t *testing.T, replies map[string]string) *fake {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	f := &fake{addr: listener.Addr().(*net.TCPAddr), replies: replies}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go f.talk(conn)
		}
	}()
	return f
}

func (f *fake) talk(conn net.Conn) {
	defer conn.Close()
	var p resp.Parser
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		p.Feed(buf[:n])
		for {
			args, status := p.Next()
			if status == resp.Broken {
				return
			}
			if status == resp.NeedMore {
				break
			}
			if status == resp.Request && !f.answer(conn, args) {
				return
			}
		}
	}
}

func (f *fake) answer(conn net.Conn, args [][]byte) bool {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = string(a)
	}
	request := strings.Join(words, " ")
	f.mu.Lock()
	f.requests = append(f.requests, request)
	over := f.limit > 0 && len(f.requests) >= f.limit
	f.mu.Unlock()
	if over {
		return false
	}
	reply, ok := f.replies[request]
	switch {
	case f.silent != "" && request == f.silent, f.mute != "" && words[0] == f.mute:
		return true
	case !ok && words[0] == "ECHO":
		w := resp.Writer{}
		w.BulkString(words[1])
		reply = string(w.Buf)
	case !ok:
		reply = "-ERR unknown command '" + words[0] + "'\r\n"
	case reply == "":
		return false
	}
	_, err := conn.Write([]byte(reply))
	return err == nil
}

func (f *fake) log() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.requests, "\n")
}
