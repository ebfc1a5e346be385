package diff

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

// What both servers hold: whether it is the same, how it is made the same again, and how it is read again.

var keyName = regexp.MustCompile(`^[sltzhpgxn][0-3]$`)

// copyKeys gives both servers the keys of a call as one of them has them, by turns.
func (s *session) copyKeys(args []string) string {
	s.copies++
	two := []*conversation{s.a, s.b}
	from, to := two[s.copies%2], two[1-s.copies%2]
	for i, key := range args {
		if i != 1 && !keyName.MatchString(key) && !slices.Contains(oddKeys, key) {
			continue
		}
		payload, _ := from.ask("DUMP", key)
		until, _ := from.ask("PEXPIRETIME", key)
		to.ask("DUMP", key) // for what it does besides
		to.ask("PEXPIRETIME", key)
		again := []string{"RESTORE", key, fmt.Sprint(max(until.Int, 0)), string(payload.Text), "REPLACE", "ABSTTL"}
		if payload.IsNull() {
			again = []string{"DEL", key}
		}
		if d := s.compare(call{args: again}, again, ""); d != "" && !payload.IsNull() {
			return "copying " + key + ": " + d
		}
	}
	return ""
}

// sameData says in what differs what both hold, and goes on holding: DEBUG DIGEST sees a key whose time has come until it is deleted, which
// two servers do not do at the same moment.
func (s *session) sameData() string {
	for until := time.Now().Add(2 * time.Second); ; {
		d := s.dataNow()
		if d == "" || time.Now().After(until) {
			return d
		}
		s.both("EVAL", keysAsTheyAre, "0") // deletes what has expired
	}
}

func (s *session) dataNow() string {
	times := view{slack: map[string]slack{"#2": s.span.within(time.Millisecond)}}
	for _, of := range []struct {
		call []string
		view view
	}{{[]string{"DEBUG", "DIGEST"}, view{}}, {[]string{"FUNCTION", "LIST", "WITHCODE"}, noOrder}, {[]string{"EVAL", keysAsTheyAre, "0"}, times}} {
		va, _, vb, _ := s.both(of.call...)
		if d := of.view.differ(&va, &vb); d != "" {
			return d
		}
	}
	return ""
}

// keysAsTheyAre tells what DEBUG DIGEST leaves out: encodings and times to live.
const keysAsTheyAre = `local out = {}
for _, db in ipairs({0, 1, 2, 3, 9}) do
	redis.call('SELECT', db)
	local keys = redis.call('KEYS', '*')
	table.sort(keys)
	for _, k in ipairs(keys) do out[#out + 1] = {k, redis.call('OBJECT', 'ENCODING', k), redis.call('PEXPIRETIME', k), db} end
end
return out`

// settle waits until nothing goes on in the background.
func (s *session) settle() {
	for _, server := range []*rig.Server{s.ours, s.peer} {
		rig.Until(s.t, 30*time.Second, func() error {
			info, err := server.InfoMap(context.Background(), "persistence", "replication").Result()
			if err != nil {
				return err
			}
			p := info["Persistence"]
			if p["rdb_bgsave_in_progress"] != "0" || p["aof_rewrite_in_progress"] != "0" || p["aof_rewrite_scheduled"] != "0" || info["Replication"]["connected_slaves"] != "0" {
				return fmt.Errorf("%s is still busy: %v", server.Name, info)
			}
			return nil
		})
	}
}

// wipe makes both as they were at the start. Steps set back themselves what they configure, unless they were cut short.
func (s *session) wipe() {
	config := []string{"CONFIG", "SET", "notify-keyspace-events", "", "slowlog-log-slower-than", "-1", "appendonly", "no"}
	for _, name := range sortedNames(dataSettings) {
		config = append(config, name, dataSettings[name])
	}
	for _, call := range [][]string{{"RESET"}, {"HELLO", strconv.Itoa(s.proto)}, {"SELECT", "0"}, {"DEBUG", "SET-ACTIVE-EXPIRE", "1"}, {"FLUSHALL"}, {"FUNCTION", "FLUSH"}, {"SCRIPT", "FLUSH"},
		{"ACL", "DELUSER", "u1", "u2", "u 3"}, {"ACL", "LOG", "RESET"}, {"CONFIG", "RESETSTAT"}, config} {
		s.a.ask(call...)
		s.b.ask(call...)
	}
}

// reload makes calls while they are logged, and reads the data again from the log; or from a snapshot.
func (s *session) reload(st *step) []string {
	var wrong faults
	say := func(args ...string) { wrong.add(args, s.compare(call{args: args}, args, "")) }
	if st.extra == fromLog {
		say("CONFIG", "SET", "appendonly", "yes")
		s.settle()
	}
	for _, c := range st.calls {
		wrong.add(c.args, s.compare(c, c.args, ""))
		s.follow(c, &wrong)
	}
	again := []string{"DEBUG", st.extra}
	say(again...)
	wrong.add(again, s.sameData())
	if st.extra == fromLog {
		say("CONFIG", "SET", "appendonly", "no")
	}
	return wrong
}

const (
	fromLog      = "LOADAOF"
	fromSnapshot = "RELOAD"
)
