package interop

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

// These tests play one end of the link themselves, byte by byte, against our server and against Redis: what both do is the protocol.

// bothKinds runs a test against each kind of server.
func bothKinds(t *testing.T, f func(t *testing.T, kind rig.Kind)) {
	for _, k := range []rig.Kind{rig.Ours, rig.Peer} {
		t.Run(k.String(), func(t *testing.T) { f(t, k) })
	}
}

// expect reads a line and demands a prefix.
func expect(t *testing.T, w *rig.Wire, prefix string) string {
	t.Helper()
	line := w.Line()
	if !strings.HasPrefix(line, prefix) {
		t.Fatalf("got %q, want %s...", line, prefix)
	}
	return line
}

// greet does a replica's handshake up to PSYNC.
func greet(t *testing.T, w *rig.Wire, capabilities ...string) {
	t.Helper()
	w.Command("PING")
	expect(t, w, "+PONG")
	w.Command("REPLCONF", "listening-port", "6380")
	expect(t, w, "+OK")
	args := []string{"REPLCONF"}
	for _, c := range capabilities {
		args = append(args, "capa", c)
	}
	if len(args) > 1 {
		w.Command(args...)
		expect(t, w, "+OK")
	}
}

// fullResync parses "+FULLRESYNC <id> <offset>".
func fullResync(t *testing.T, line string) (id string, offset int64) {
	t.Helper()
	if n, err := fmt.Sscanf(line, "+FULLRESYNC %s %d", &id, &offset); n != 2 || len(id) != 40 {
		t.Fatalf("bad reply %q: %v", line, err)
	}
	return id, offset
}

// Guarantee (R16, R18, R19, R20): the framing follows the master's configuration and the replica's capabilities; the stream
// begins with SELECT at the announced offset.
func TestFullSyncFraming(t *testing.T) {
	for _, tt := range []struct {
		diskless     string
		capabilities []string
		eof          bool
	}{
		{"no", []string{"eof", "psync2"}, false},
		{"yes", []string{"eof", "psync2"}, true},
		{"yes", []string{"psync2"}, false},
		{"yes", nil, false},
	} {
		t.Run(fmt.Sprintf("diskless=%s,capa=%s", tt.diskless, strings.Join(tt.capabilities, "+")), func(t *testing.T) {
			bothKinds(t, func(t *testing.T, kind rig.Kind) {
				s := rig.Start(t, kind, "M", rig.Config{"repl-diskless-sync": tt.diskless, "repl-ping-replica-period": "3600"})
				s.Must("SET", "before", "1")
				w := s.Dial()
				greet(t, w, tt.capabilities...)
				w.Command("PSYNC", "?", "-1")
				_, offset := fullResync(t, w.Line())
				p := w.Payload()
				if p.EOF != tt.eof || !strings.HasPrefix(string(p.RDB), "REDIS0010") {
					t.Errorf("EOF framing %v, want %v; the data set begins with %.9q", p.EOF, tt.eof, p.RDB)
				}
				rig.Until(t, 10*time.Second, func() error {
					if state := s.Info("replication")["slave0"]; !strings.Contains(state, "state=online") {
						return fmt.Errorf("slave0:%s", state)
					}
					return nil
				})
				w.Command("REPLCONF", "ACK", fmt.Sprint(offset))
				s.Must("SET", "after", "1")
				args, a := w.Next(true)
				if got := strings.ToUpper(strings.Join(args, " ")); got != "SELECT 0" {
					t.Errorf("the stream begins with %q, want SELECT 0", got)
				}
				args, b := w.Next(true)
				if got := strings.Join(args, " "); !strings.EqualFold(got, "SET after 1") {
					t.Errorf("then comes %q", got)
				}
				if now := s.Counter("master_repl_offset"); now != offset+int64(a+b) {
					t.Errorf("master_repl_offset:%d after %d bytes from %d", now, a+b, offset)
				}
			})
		})
	}
}

// Guarantee (R21): after a diskless transfer nothing follows the mark until the replica has acknowledged.
func TestStreamWaitsForFirstAckAfterDisklessSync(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind rig.Kind) {
		s := rig.Start(t, kind, "M", rig.Config{"repl-diskless-sync": "yes"})
		w := s.Dial()
		greet(t, w, "eof", "psync2")
		w.Command("PSYNC", "?", "-1")
		_, offset := fullResync(t, w.Line())
		w.Payload()
		s.Must("SET", "k", "v")
		w.Silent(1500 * time.Millisecond) // longer than the period of PINGs
		w.Command("REPLCONF", "ACK", fmt.Sprint(offset))
		if args, _ := w.Next(true); !strings.EqualFold(args[0], "SELECT") {
			t.Errorf("after the acknowledgement comes %q", args)
		}
	})
}

// Guarantee (R4, R12): the verdict on a PSYNC request.
func TestPSYNCVerdicts(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind rig.Kind) {
		s := rig.Start(t, kind, "M", rig.Config{"repl-ping-replica-period": "3600", "repl-backlog-size": "20kb"})
		w := s.Dial()
		greet(t, w, "psync2")
		w.Command("PSYNC", "?", "-1")
		id, start := fullResync(t, w.Line())
		w.Payload()
		w.Command("REPLCONF", "ACK", fmt.Sprint(start))
		s.Must("SET", "k", "v")
		w.Next(true) // SELECT
		w.Next(true) // SET
		end := s.Counter("master_repl_offset")
		other := strings.Repeat("0123456789", 4)
		ask := func(name, id string, offset int64, want string, capabilities ...string) {
			t.Helper()
			before := s.Syncs()
			w := s.Dial()
			defer w.Close()
			greet(t, w, capabilities...)
			w.Command("PSYNC", id, fmt.Sprint(offset))
			line := w.Line()
			granted := strings.HasPrefix(want, "+CONTINUE")
			if granted && line != want || !strings.HasPrefix(line, want) {
				t.Errorf("%s: PSYNC %s %d answers %q, want %q", name, id, offset, line, want)
			}
			now := s.Syncs()
			if got := now.PartialOK > before.PartialOK; got != granted {
				t.Errorf("%s: counters %+v after %+v", name, now, before)
			}
			if !granted && now.PartialErr != before.PartialErr+1 {
				t.Errorf("%s: sync_partial_err did not count: %+v after %+v", name, now, before)
			}
		}
		ask("all of the stream", id, start+1, "+CONTINUE "+id, "psync2")
		ask("the next byte", id, end+1, "+CONTINUE "+id, "psync2")
		ask("a replica without psync2", id, end+1, "+CONTINUE")
		ask("a byte that does not exist yet", id, end+2, "+FULLRESYNC", "psync2")
		ask("another history", other, start+1, "+FULLRESYNC", "psync2")
		for i := range 40 {
			s.Must("SET", fmt.Sprint("big", i), strings.Repeat("x", 4000))
		}
		ask("a byte that left the backlog", id, start+1, "+FULLRESYNC", "psync2")
	})
}

// Guarantee (R17): SYNC, the request before PSYNC, is served as well, also as an inline command.
func TestOldSYNC(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind rig.Kind) {
		s := rig.Start(t, kind, "M", rig.Config{"repl-diskless-sync": "yes"})
		w := s.Dial()
		w.Send("SYNC\r\n")
		if p := w.Payload(); p.EOF {
			t.Error("a replica that knows SYNC only got a data set framed by a mark")
		}
		s.Must("SET", "k", "v")
		if args, _ := w.Next(true); !strings.EqualFold(args[0], "SELECT") {
			t.Errorf("the stream begins with %q", args)
		}
	})
}

// Guarantee (R40): WAIT asks the replicas for their offset, and counts those that have the caller's writes.
func TestWAITAsksReplicas(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind rig.Kind) {
		s := rig.Start(t, kind, "M", rig.Config{"repl-ping-replica-period": "3600"})
		w := s.Dial()
		greet(t, w, "psync2")
		w.Command("PSYNC", "?", "-1")
		_, offset := fullResync(t, w.Line())
		w.Payload()
		w.Command("REPLCONF", "ACK", fmt.Sprint(offset))
		waiting := make(chan any, 1)
		go func() {
			c := s.Conn()
			defer c.Close()
			c.Set(t.Context(), "k", "v", 0)
			n, err := c.Do(t.Context(), "WAIT", 1, 10000).Int()
			waiting <- fmt.Sprint(n, err)
		}()
		for {
			args, size := w.Next(true)
			if offset += int64(size); strings.EqualFold(args[0], "REPLCONF") {
				if got := strings.Join(args, " "); !strings.EqualFold(got, "REPLCONF GETACK *") {
					t.Errorf("got %q, want REPLCONF GETACK *", got)
				}
				break
			}
		}
		w.Command("REPLCONF", "ACK", fmt.Sprint(offset))
		if got := <-waiting; got != "1 <nil>" {
			t.Errorf("WAIT 1 answers %v", got)
		}
	})
}

// emptyRDB is a data set without keys.
var emptyRDB = "REDIS0010\xff\x00\x00\x00\x00\x00\x00\x00\x00"

// fakeID names the history of a master that a test plays.
var fakeID = strings.Repeat("ab", 20)

// follow makes a server the replica of a played master and brings it online at an offset.
func follow(t *testing.T, s *rig.Server, m *rig.FakeMaster, offset int64) *rig.Wire {
	t.Helper()
	own := s.Info("replication")["master_replid"]
	s.Follow(m.Port)
	w, request := asked(t, m)
	if want := "PSYNC " + own + " 1"; request != want {
		t.Fatalf("the replica asks %q, want %q: a former master offers its own history (R3)", request, want)
	}
	w.Send(fmt.Sprintf("+FULLRESYNC %s %d\r\n$%d\r\n%s", fakeID, offset, len(emptyRDB), emptyRDB))
	s.WaitLink()
	return w
}

// asked accepts a replica that comes back and returns its PSYNC request.
func asked(t *testing.T, m *rig.FakeMaster) (*rig.Wire, string) {
	t.Helper()
	w := m.Accept()
	sent := w.Handshake()
	return w, strings.Join(sent[len(sent)-1], " ")
}

// Guarantee (R29): the words of the handshake, in their order.
func TestHandshake(t *testing.T) {
	for _, tt := range []struct {
		name   string
		config rig.Config
		want   []string
	}{
		{"plain", nil, []string{"PING", "REPLCONF listening-port PORT", "REPLCONF capa eof capa psync2", "PSYNC OWN 1"}},
		{"password", rig.Config{"masterauth": "pw"}, []string{"PING", "AUTH pw", "REPLCONF listening-port PORT", "REPLCONF capa eof capa psync2", "PSYNC OWN 1"}},
		{"user", rig.Config{"masterauth": "pw", "masteruser": "u"}, []string{"PING", "AUTH u pw", "REPLCONF listening-port PORT", "REPLCONF capa eof capa psync2", "PSYNC OWN 1"}},
		{"announced", rig.Config{"replica-announce-ip": "10.1.2.3", "replica-announce-port": "7777"},
			[]string{"PING", "REPLCONF listening-port 7777", "REPLCONF ip-address 10.1.2.3", "REPLCONF capa eof capa psync2", "PSYNC OWN 1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bothKinds(t, func(t *testing.T, kind rig.Kind) {
				s := rig.Start(t, kind, "R", tt.config)
				m := rig.NewFakeMaster(t)
				own := strings.NewReplacer(fmt.Sprint(s.Port), "PORT", s.Info("replication")["master_replid"], "OWN")
				s.Follow(m.Port)
				var got []string
				for _, args := range m.Accept().Handshake() {
					got = append(got, own.Replace(strings.Join(args, " ")))
				}
				if strings.Join(got, ", ") != strings.Join(tt.want, ", ") {
					t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), strings.Join(tt.want, ", "))
				}
			})
		})
	}
}

// Guarantee (R6, R7): only what was applied counts. Half a command, a transaction without its EXEC: the replica asks for them again.
func TestOffsetCountsAppliedBytesOnly(t *testing.T) {
	set := rig.Encode("SELECT", "0") + rig.Encode("SET", "a", "1")
	multi := rig.Encode("MULTI") + rig.Encode("SET", "a", "2")
	for name, rest := range map[string]string{
		"nothing":              "",
		"half a command":       rig.Encode("SET", "a", "2")[:17],
		"a length only":        "*3\r\n$3\r\n",
		"an open transaction":  multi,
		"half an EXEC":         multi + rig.Encode("EXEC")[:6],
		"newlines of the link": "\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			bothKinds(t, func(t *testing.T, kind rig.Kind) {
				s := rig.Start(t, kind, "R", nil)
				m := rig.NewFakeMaster(t)
				w := follow(t, s, m, 1000)
				w.Send(set + rest)
				want := int64(1000 + len(set))
				rig.Until(t, 10*time.Second, func() error {
					if v := s.Get(t.Context(), "a").Val(); v != "1" {
						return fmt.Errorf("GET a = %q", v)
					}
					return nil
				})
				if now := s.Counter("master_repl_offset"); now != want {
					t.Errorf("master_repl_offset:%d, want %d", now, want)
				}
				w.Close()
				w, request := asked(t, m)
				if wish := fmt.Sprintf("PSYNC %s %d", fakeID, want+1); request != wish {
					t.Errorf("the replica asks %q, want %q", request, wish)
				}
				w.Send("+CONTINUE\r\n" + rig.Encode("SET", "a", "3"))
				rig.Until(t, 10*time.Second, func() error {
					if v := s.Get(t.Context(), "a").Val(); v != "3" {
						return fmt.Errorf("GET a = %q", v)
					}
					return nil
				})
			})
		})
	}
}

// Guarantee (R12): a master that cannot serve just now does not cost the replica its place in the history.
func TestTransientErrorsKeepTheCachedMaster(t *testing.T) {
	for _, reply := range []string{"-LOADING Redis is loading the dataset in memory", "-NOMASTERLINK Can't SYNC while not connected with my master"} {
		t.Run(strings.Fields(reply)[0][1:], func(t *testing.T) {
			bothKinds(t, func(t *testing.T, kind rig.Kind) {
				s := rig.Start(t, kind, "R", nil)
				m := rig.NewFakeMaster(t)
				follow(t, s, m, 500).Close()
				want := fmt.Sprintf("PSYNC %s 501", fakeID)
				for range 2 {
					w, request := asked(t, m)
					if request != want {
						t.Fatalf("the replica asks %q, want %q", request, want)
					}
					w.Send(reply + "\r\n")
				}
				w, request := asked(t, m)
				if request != want {
					t.Fatalf("after the errors the replica asks %q, want %q", request, want)
				}
				w.Send("+CONTINUE\r\n")
				s.WaitLink()
			})
		})
	}
}

// Guarantee (R5): +CONTINUE with another ID moves the old one to the second place.
func TestContinueWithAnotherID(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind rig.Kind) {
		s := rig.Start(t, kind, "R", nil)
		m := rig.NewFakeMaster(t)
		follow(t, s, m, 500).Close()
		w, _ := asked(t, m)
		next := strings.Repeat("cd", 20)
		w.Send("+CONTINUE " + next + "\r\n")
		s.WaitLink()
		info := s.Info("replication")
		if info["master_replid"] != next || info["master_replid2"] != fakeID || info["second_repl_offset"] != "501" {
			t.Errorf("IDs %s, %s valid to %s", info["master_replid"], info["master_replid2"], info["second_repl_offset"])
		}
	})
}

// Guarantee (R25, R35): newlines before the data set keep the link alive, and one glued to a command is still a newline and a command.
func TestNewlinesOnTheLink(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind rig.Kind) {
		s := rig.Start(t, kind, "R", nil)
		m := rig.NewFakeMaster(t)
		s.Follow(m.Port)
		w := m.Accept()
		w.Handshake()
		w.Send("\n\n+FULLRESYNC " + fakeID + " 10\r\n\n\n\n")
		w.Send(fmt.Sprintf("\n$%d\r\n%s", len(emptyRDB), emptyRDB))
		s.WaitLink()
		w.Send("\n" + rig.Encode("REPLCONF", "GETACK", "*"))
		for {
			args, _ := w.Next(true)
			if strings.EqualFold(args[0], "REPLCONF") && args[2] != "10" {
				if args[2] != "48" { // 10, the newline, 37 bytes of GETACK
					t.Errorf("acknowledged %q, want 48", args)
				}
				return
			}
		}
	})
}
