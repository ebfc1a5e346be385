package diff

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/test/rig"
)

// patience is for how long a reply is waited for.
const patience = 20 * time.Second

// What a call says of the place where it is sent, and what is sent instead.
const (
	otherPort = "{port of the other server}"
	ownID     = "{client ID}"
)

// marker is what ends a conversation of its own: whoever is still listened to, and not silent, answers it. QUIT follows, which ends all others.
const marker = "end of the conversation"

// conversation is a connection of which the bytes of every reply are kept.
type conversation struct {
	net.Conn
	t     testing.TB
	ahead *bufio.Reader // what came and was not read yet
	r     *resp.Reader
	raw   bytes.Buffer
	other *rig.Server
	id    int64
}

func dial(t testing.TB, s, other *rig.Server, proto int) *conversation {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	v := &conversation{Conn: c, t: t, other: other, ahead: bufio.NewReader(c)}
	v.r = resp.NewReader(io.TeeReader(v.ahead, &v.raw))
	hello, _ := v.ask("HELLO", strconv.Itoa(proto))
	each(&hello, func(name string, value *resp.Value) {
		if name == "id" {
			v.id = value.Int
		}
	})
	return v
}

// ask sends a call and returns its reply, parsed and as it was sent.
func (c *conversation) ask(args ...string) (resp.Value, string) {
	c.t.Helper()
	c.say(args)
	return c.hear(args)
}

// say sends calls.
func (c *conversation) say(calls ...[]string) {
	c.t.Helper()
	var out []byte
	for _, args := range calls {
		out = resp.AppendCommand(out, c.fill(args)...)
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write(out); err != nil {
		c.t.Fatalf("%s: %v", shown(calls[0]), err)
	}
}

// hear returns the next reply, that to a call, parsed and as it was sent.
func (c *conversation) hear(call []string) (resp.Value, string) {
	c.t.Helper()
	c.raw.Reset()
	v, err := c.r.Read()
	if err != nil {
		c.t.Fatalf("%s: %v", shown(call), err)
	}
	return v, c.raw.String()
}

func (c *conversation) fill(args []string) []string {
	args = slices.Clone(args)
	for i, a := range args {
		switch a {
		case otherPort:
			args[i] = strconv.Itoa(c.other.Port)
		case ownID:
			args[i] = strconv.FormatInt(c.id, 10)
		}
	}
	return args
}

// transcript returns an array of all that comes back, pushes too, until the marker is answered or the server closes.
func (c *conversation) transcript() resp.Value {
	all := resp.Value{Kind: resp.KindArray}
	said := func(what string) {
		all.Elems = append(all.Elems, resp.Value{Kind: resp.KindSimpleString, Text: []byte(what)})
	}
	for {
		v, err := c.r.Read()
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			said("(silent)")
			return all
		}
		if err != nil {
			said("(closed)")
			return all
		}
		all.Elems = append(all.Elems, v)
		if !v.IsError() && strings.Contains(fmt.Sprint(texts(&v)), marker) {
			return all
		}
	}
}

// texts are the leaves of a reply, as text.
func texts(v *resp.Value) []string {
	if v.Kind == resp.KindArray || len(v.Elems) > 0 {
		var out []string
		for i := range v.Elems {
			out = append(out, texts(&v.Elems[i])...)
		}
		return out
	}
	return []string{string(v.Text)}
}

// shown is a call as it can be pasted at the prompt of a client.
func shown(args []string) string {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = a
		if a == "" || strings.ContainsFunc(a, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"'\`, r) }) {
			out[i] = quoted(a)
		}
	}
	return strings.Join(out, " ")
}

func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// firstLine returns the first line of what comes back that is not empty.
func (c *conversation) firstLine() resp.Value {
	line := ""
	for r := c.ahead; strings.TrimSpace(line) == ""; {
		var err error
		if line, err = r.ReadString('\n'); err != nil {
			line = "(closed)"
		}
	}
	return resp.Value{Kind: resp.KindSimpleString, Text: []byte(strings.TrimSpace(line))}
}
