package wire

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/libs/resp"
)

const (
	idA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	idB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

func mustID(s string) repl.ID {
	id, ok := repl.ParseID(s)
	if !ok {
		panic("BUG: test ID")
	}
	return id
}

// A conversation is written as the requests that the master expects and what it answers to each.
type exchange struct{ want, answer string }

// R29: every reply that a Redis gives at each step, and what the replica makes of it.
func TestHandshake(t *testing.T) {
	ask := repl.Request{ID: mustID(idA), From: 50}
	announce := []exchange{{"REPLCONF listening-port 6380", "+OK\r\n"}, {"REPLCONF capa eof capa psync2", "+OK\r\n"}}
	hello := append([]exchange{{"PING", "+PONG\r\n"}}, announce...)
	psync := func(answer string) []exchange {
		return append(hello[:len(hello):len(hello)], exchange{"PSYNC " + idA + " 51", answer})
	}
	for _, tc := range []struct {
		name   string
		cfg    repl.HandshakeConfig
		master []exchange
		want   repl.Outcome
		err    string // part of the outcome's error
		rest   string // what stays unread
	}{
		{name: "continue, new ID", cfg: repl.HandshakeConfig{Request: ask},
			master: psync("+CONTINUE " + idB + "\r\n*1\r\n"), want: repl.Outcome{Kind: repl.OutcomeContinue, ID: mustID(idB)}, rest: "*1\r\n"},
		{name: "continue of an old master", cfg: repl.HandshakeConfig{Request: ask},
			master: psync("+CONTINUE\r\n"), want: repl.Outcome{Kind: repl.OutcomeContinue}},
		{name: "full after newlines", cfg: repl.HandshakeConfig{Request: ask},
			master: psync("\n\n+FULLRESYNC " + idB + " 77\r\n\n$3\r\nabc"), want: repl.Outcome{Kind: repl.OutcomeFull, ID: mustID(idB), Offset: 77}, rest: "\n$3\r\nabc"},
		{name: "nothing to continue", cfg: repl.HandshakeConfig{},
			master: append(hello[:len(hello):len(hello)], exchange{"PSYNC ? -1", "+FULLRESYNC " + idB + " 0\r\n"}), want: repl.Outcome{Kind: repl.OutcomeFull, ID: mustID(idB)}},
		{name: "loading at PSYNC", cfg: repl.HandshakeConfig{Request: ask},
			master: psync("-LOADING Redis is loading the dataset in memory\r\n"), want: repl.Outcome{Kind: repl.OutcomeLater}, err: "LOADING"},
		{name: "loading at PING", cfg: repl.HandshakeConfig{Request: ask},
			master: []exchange{{"PING", "-LOADING Redis is loading the dataset in memory\r\n"}}, want: repl.Outcome{Kind: repl.OutcomeLater}, err: "PING"},
		{name: "master without link", cfg: repl.HandshakeConfig{Request: ask},
			master: psync("-NOMASTERLINK Can't SYNC while not connected with my master\r\n"), want: repl.Outcome{Kind: repl.OutcomeLater}, err: "NOMASTERLINK"},
		{name: "master's master is down", cfg: repl.HandshakeConfig{Request: ask},
			master: psync("-MASTERDOWN Link with MASTER is down\r\n"), want: repl.Outcome{Kind: repl.OutcomeLater}, err: "MASTERDOWN"},
		{name: "another error is no reason for SYNC", cfg: repl.HandshakeConfig{Request: ask},
			master: psync("-NOPERM this user has no permissions\r\n"), want: repl.Outcome{Kind: repl.OutcomeFailed}, err: "NOPERM"},
		{name: "SYNC master", cfg: repl.HandshakeConfig{Request: ask},
			master: append(psync("-ERR unknown command 'PSYNC'\r\n"), exchange{"SYNC", "\n$1\r\nx"}), want: repl.Outcome{Kind: repl.OutcomeSync}, rest: "\n$1\r\nx"},
		{name: "password", cfg: repl.HandshakeConfig{Request: ask, Passwords: []string{"s"}},
			master: append([]exchange{{"PING", "-NOAUTH Authentication required.\r\n"}, {"AUTH s", "+OK\r\n"}}, psync("+CONTINUE\r\n")[1:]...), want: repl.Outcome{Kind: repl.OutcomeContinue}},
		{name: "user and a second password (B7)", cfg: repl.HandshakeConfig{Request: ask, User: "u", Passwords: []string{"old", "new"}},
			master: append([]exchange{{"PING", "-NOAUTH\r\n"}, {"AUTH u old", "-WRONGPASS invalid\r\n"}, {"AUTH u new", "+OK\r\n"}}, psync("+CONTINUE\r\n")[1:]...), want: repl.Outcome{Kind: repl.OutcomeContinue}},
		{name: "wrong password", cfg: repl.HandshakeConfig{Passwords: []string{"s"}},
			master: []exchange{{"PING", "-NOAUTH\r\n"}, {"AUTH s", "-WRONGPASS invalid\r\n"}}, want: repl.Outcome{Kind: repl.OutcomeFailed}, err: "Unable to AUTH to MASTER"},
		{name: "no permission for PING is a sign of life", cfg: repl.HandshakeConfig{Request: ask},
			master: append([]exchange{{"PING", "-NOPERM this user has no permissions\r\n"}}, psync("+CONTINUE\r\n")[1:]...), want: repl.Outcome{Kind: repl.OutcomeContinue}},
		{name: "master that knows no REPLCONF", cfg: repl.HandshakeConfig{Request: ask},
			master: []exchange{{"PING", "+PONG\r\n"}, {"REPLCONF listening-port 6380", "-ERR unknown\r\n"}, {"REPLCONF capa eof capa psync2", "-ERR unknown\r\n"}, {"PSYNC " + idA + " 51", "+CONTINUE\r\n"}},
			want:   repl.Outcome{Kind: repl.OutcomeContinue}},
		{name: "announced address", cfg: repl.HandshakeConfig{Request: ask, IP: "10.0.0.1"},
			master: []exchange{{"PING", "+PONG\r\n"}, {"REPLCONF listening-port 6380", "+OK\r\n"}, {"REPLCONF ip-address 10.0.0.1", "+OK\r\n"}, {"REPLCONF capa eof capa psync2", "+OK\r\n"}, {"PSYNC " + idA + " 51", "+CONTINUE\r\n"}},
			want:   repl.Outcome{Kind: repl.OutcomeContinue}},
		{name: "failover", cfg: repl.HandshakeConfig{Request: ask, Failover: true},
			master: append(hello[:len(hello):len(hello)], exchange{"PSYNC " + idA + " 51 FAILOVER", "+CONTINUE " + idB + "\r\n"}), want: repl.Outcome{Kind: repl.OutcomeContinue, ID: mustID(idB)}},
		{name: "full without offset", cfg: repl.HandshakeConfig{Request: ask},
			master: psync("+FULLRESYNC " + idB + "\r\n"), want: repl.Outcome{Kind: repl.OutcomeFailed}, err: "wrong +FULLRESYNC syntax"},
		{name: "full with a short ID", cfg: repl.HandshakeConfig{Request: ask},
			master: psync("+FULLRESYNC abc 5\r\n"), want: repl.Outcome{Kind: repl.OutcomeFailed}, err: "wrong +FULLRESYNC syntax"},
		{name: "full with a negative offset", cfg: repl.HandshakeConfig{Request: ask},
			master: psync("+FULLRESYNC " + idB + " -5\r\n"), want: repl.Outcome{Kind: repl.OutcomeFailed}, err: "wrong +FULLRESYNC syntax"},
		{name: "continue with junk", cfg: repl.HandshakeConfig{Request: ask},
			master: psync("+CONTINUE junk\r\n"), want: repl.Outcome{Kind: repl.OutcomeFailed}, err: "wrong +CONTINUE syntax"},
		{name: "no Redis at all", cfg: repl.HandshakeConfig{Request: ask},
			master: []exchange{{"PING", "HTTP/1.1 400 Bad Request\r\n"}}, want: repl.Outcome{Kind: repl.OutcomeFailed}, err: "Error reply to PING"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				defer ours.Close()
				go playMaster(t, theirs, tc.master)
				tc.cfg.Port = 6380
				r := bufio.NewReader(ours)
				got, err := Handshake(r, ours, repl.NewHandshake(tc.cfg), nil)
				if err != nil {
					t.Fatal(err)
				}
				if got.Kind != tc.want.Kind || got.ID != tc.want.ID || got.Offset != tc.want.Offset {
					t.Errorf("outcome %+v, want %+v", got, tc.want)
				}
				if (tc.err != "") != (got.Err != nil) || got.Err != nil && !strings.Contains(got.Err.Error(), tc.err) {
					t.Errorf("error %v, want one with %q", got.Err, tc.err)
				}
				synctest.Wait()
				rest, _ := io.ReadAll(r)
				if string(rest) != tc.rest {
					t.Errorf("left unread: %q, want %q", rest, tc.rest)
				}
			})
		})
	}
}

func playMaster(t *testing.T, c net.Conn, script []exchange) {
	defer c.Close()
	r := resp.NewReader(c)
	for _, x := range script {
		v, err := r.Read()
		if err != nil {
			t.Errorf("want %q, read failed: %v", x.want, err)
			return
		}
		var words []string
		for _, e := range v.Elems {
			words = append(words, string(e.Text))
		}
		if got := strings.Join(words, " "); got != x.want {
			t.Errorf("replica sent %q, want %q", got, x.want)
		}
		// A byte a millisecond: no reply may depend on how it is cut.
		for i := range len(x.answer) {
			time.Sleep(time.Millisecond)
			if _, err := io.WriteString(c, x.answer[i:i+1]); err != nil {
				return
			}
		}
	}
}

// A link that breaks at any byte is an error that says at which step, never a hang or an outcome.
func TestHandshakeCut(t *testing.T) {
	whole := "+PONG\r\n+OK\r\n+OK\r\n+CONTINUE " + idB + "\r\n"
	for n := range len(whole) {
		r := bufio.NewReader(strings.NewReader(whole[:n]))
		o, err := Handshake(r, io.Discard, repl.NewHandshake(repl.HandshakeConfig{}), nil)
		if err == nil {
			t.Fatalf("cut after %d bytes: outcome %+v", n, o)
		}
	}
}

func TestEndlessLine(t *testing.T) {
	r := bufio.NewReader(io.MultiReader(strings.NewReader("+"), endless{}))
	if _, err := Handshake(r, io.Discard, repl.NewHandshake(repl.HandshakeConfig{}), nil); err == nil {
		t.Fatal("a line without end was read")
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
