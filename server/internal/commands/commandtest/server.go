// Package commandtest runs commands of a family by hand, without an engine, and compares them with transcripts of
// Redis 7.0.
//
// A transcript is a text file of commands and of what Redis did with each:
//
//	# comment
//	> RPUSH l a "b\n" {x*300}     a command; quoted arguments in Go's syntax, {x*300} is 300 times x
//	< ":3\r\n"                    its reply
//	! rpush l                     keyspace events, in order
//	~ "RPUSH" "l" ...             effects on the replication stream, in order; none: nothing is propagated
//	unordered                     before a command: its reply's elements may come in any order
//	config list-max-listpack-size 3
//
// go test -record runs the commands against a redis-server from the PATH and writes the answers anew.
package commandtest

import (
	"strconv"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// Server runs commands one by one on a store of its own.
type Server struct {
	Store *store.Store
	Ctx   command.Ctx

	table   *command.Table
	events  []string
	blocked *command.Block
	quiet   bool
}

// Result is what one command did.
type Result struct {
	Reply   string
	Events  []string
	Effects []string       // each a list of quoted arguments
	Blocked *command.Block // the client was parked
}

// New returns a server with the given families.
func New(families ...[]*command.Spec) *Server {
	s := &Server{Store: store.New(16), table: command.NewTable(families...)}
	s.Ctx = command.Ctx{Store: s.Store, DB: s.Store.DB(0), Reply: &resp.Writer{}, Hooks: s, Now: 1700000000000}
	return s
}

// Modified implements command.Hooks.
func (s *Server) Modified(int, []byte) {}

// Ready implements command.Hooks.
func (s *Server) Ready(int, []byte) {}

// Notify implements command.Hooks.
func (s *Server) Notify(_ command.NotifyClass, event string, db int, key []byte) {
	if !s.quiet && db == 0 { // transcripts have the events of database 0
		s.events = append(s.events, event+" "+string(key))
	}
}

// Block implements command.Hooks.
func (s *Server) Block(b command.Block) { s.blocked = &b }

// ReadsEveryKey implements command.Hooks.
func (s *Server) ReadsEveryKey() bool { return true }

// Do runs one command.
func (s *Server) Do(args ...string) Result {
	raw := make([][]byte, len(args))
	for i, a := range args {
		raw[i] = []byte(a)
	}
	spec := s.table.Lookup(raw[0])
	if spec == nil {
		return Result{Reply: "-ERR unknown command '" + args[0] + "'\r\n"}
	}
	if len(spec.Subs) > 0 && len(raw) > 1 {
		if sub := spec.Sub(raw[1]); sub != nil {
			spec = sub
		}
	}
	if !spec.ArityOK(len(raw)) {
		return Result{Reply: "-" + spec.ArityError() + "\r\n"}
	}
	c := &s.Ctx
	c.Args, c.Spec = raw, spec
	c.Reply.Buf = c.Reply.Buf[:0]
	c.Effects.Reset()
	s.events, s.blocked = nil, nil
	c.Begin()
	before := c.Dirty
	spec.Run(c)
	res := Result{Reply: string(c.Reply.Buf), Events: s.events, Blocked: s.blocked}
	switch {
	case c.Dirty == before:
	case c.Replaced():
		for _, e := range c.Effects.Items {
			res.Effects = append(res.Effects, quoteRequest(c.Effects.Buf[e.Start:e.End]))
		}
	default:
		res.Effects = []string{quote(args)}
	}
	return res
}

// quoteRequest turns an encoded command into quoted arguments.
func quoteRequest(b []byte) string {
	v, _ := parseReply(string(b))
	return quote(v.flat())
}

func quote(args []string) string {
	var b []byte
	for i, a := range args {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendQuote(b, a)
	}
	return string(b)
}

// Values returns the bulk strings and lines of the reply, aggregates flattened.
func (r Result) Values() []string {
	v, _ := parseReply(r.Reply)
	return v.leaves(nil)
}

// Prepare readies a command for Run, so that a benchmark measures the handler alone.
func (s *Server) Prepare(args ...string) {
	s.Ctx.Args = nil
	for _, a := range args {
		s.Ctx.Args = append(s.Ctx.Args, []byte(a))
	}
	s.Ctx.Spec = s.table.Lookup(s.Ctx.Args[0])
}

// Quiet makes Notify drop events.
func (s *Server) Quiet() { s.quiet = true }

// Run runs the prepared command and drops what it replies.
func (s *Server) Run() {
	c := &s.Ctx
	c.Reply.Buf = c.Reply.Buf[:0]
	c.Effects.Reset()
	c.Begin()
	c.Spec.Run(c)
}
