package rig

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Until polls cond until it returns nil, or fails the test with what it returned last.
func Until(t testing.TB, limit time.Duration, cond func() error) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		err := cond()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not reached within %s: %v", limit, err)
		}
		time.Sleep(10 * time.Millisecond) // between two polls
	}
}

// Info returns the fields of INFO, or of some of its sections.
func (s *Server) Info(sections ...string) map[string]string {
	s.t.Helper()
	fields, err := s.info(sections...)
	if err != nil {
		s.t.Fatalf("INFO of %s: %v", s.Name, err)
	}
	return fields
}

// TryInfo is Info where the answer may fail to come: somebody kills connections, a process is stopped.
func (s *Server) TryInfo(sections ...string) (map[string]string, error) { return s.info(sections...) }

func (s *Server) info(sections ...string) (map[string]string, error) {
	select {
	case <-s.exited:
		s.t.Fatalf("%s has ended: %v", s.Name, s.exit)
	default:
	}
	text, err := s.Client.Info(context.Background(), sections...).Result()
	if err != nil {
		return nil, err
	}
	fields := map[string]string{}
	for _, line := range strings.Split(text, "\r\n") {
		if k, v, ok := strings.Cut(line, ":"); ok {
			fields[k] = v
		}
	}
	return fields, nil
}

// Counter returns a number of INFO.
func (s *Server) Counter(field string) int64 {
	s.t.Helper()
	text, ok := s.Info("everything")[field]
	n, err := strconv.ParseInt(text, 10, 64)
	if !ok || err != nil {
		s.t.Fatalf("INFO of %s: %s is %q, want a number", s.Name, field, text)
	}
	return n
}

// Syncs are a master's counters of synchronisations.
type Syncs struct{ Full, PartialOK, PartialErr int64 }

// Syncs reads the counters of INFO stats.
func (s *Server) Syncs() Syncs {
	s.t.Helper()
	return Syncs{s.Counter("sync_full"), s.Counter("sync_partial_ok"), s.Counter("sync_partial_err")}
}

// Must runs a command and fails the test if it answers an error.
func (s *Server) Must(args ...any) any {
	s.t.Helper()
	v, err := s.Do(context.Background(), args...).Result()
	if err != nil {
		s.t.Fatalf("%s: %v: %v", s.Name, args, err)
	}
	return v
}

// Follow makes the server a replica of whatever listens on a port of the loopback interface.
func (s *Server) Follow(port int) {
	s.t.Helper()
	s.Must("REPLICAOF", "127.0.0.1", port)
}

// WaitLink waits until the server's link to its master is up.
func (s *Server) WaitLink() {
	s.t.Helper()
	Until(s.t, time.Minute, func() error {
		fields, err := s.info("replication")
		if err != nil {
			return err
		}
		if fields["role"] != "slave" || fields["master_link_status"] != "up" {
			return fmt.Errorf("%s: role:%s master_link_status:%s master_sync_in_progress:%s", s.Name, fields["role"],
				fields["master_link_status"], fields["master_sync_in_progress"])
		}
		return nil
	})
}

// WaitLinkDown waits until the server knows that its master is gone.
func (s *Server) WaitLinkDown(limit time.Duration) {
	s.t.Helper()
	Until(s.t, limit, func() error {
		if status := s.Info("replication")["master_link_status"]; status != "down" {
			return fmt.Errorf("%s: master_link_status:%s", s.Name, status)
		}
		return nil
	})
}

// WaitPartial waits until the server, as a master, has granted n partial synchronisations more than before, and
// fails if it made a full one meanwhile.
func (s *Server) WaitPartial(before Syncs, n int64) {
	s.t.Helper()
	Until(s.t, 30*time.Second, func() error {
		now := s.Syncs()
		if now.Full != before.Full || now.PartialErr != before.PartialErr {
			s.t.Fatalf("%s: a full synchronisation where a partial one was possible: %+v, before %+v", s.Name, now, before)
		}
		if now.PartialOK < before.PartialOK+n {
			return fmt.Errorf("%s: sync_partial_ok is %d, want %d", s.Name, now.PartialOK, before.PartialOK+n)
		}
		return nil
	})
}

// position is a place in a replication stream.
type position struct{ id, offset string }

func (s *Server) position() (position, error) {
	fields, err := s.info("replication")
	return position{fields["master_replid"], fields["master_repl_offset"]}, err
}

// Digest returns DEBUG DIGEST: equal for equal data sets.
func (s *Server) Digest() string {
	s.t.Helper()
	return s.Must("DEBUG", "DIGEST").(string)
}

// WaitSame waits until all servers report the same history and offset, and then demands equal digests (invariant E1 of
// the replication page): the stream may go on between two polls, but equal positions with different data are a failure at once.
func WaitSame(t testing.TB, servers ...*Server) {
	t.Helper()
	Until(t, 2*time.Minute, func() error {
		before, err := positions(servers)
		if err != nil {
			return err
		}
		digests := make([]string, len(servers))
		for i, s := range servers {
			digests[i] = s.Digest()
		}
		after, err := positions(servers)
		if err != nil {
			return err
		}
		for i := range servers {
			if after[i] != before[i] || after[i] != after[0] {
				return fmt.Errorf("positions differ: %s", describe(servers, after))
			}
		}
		for i, d := range digests {
			if d != digests[0] {
				t.Fatalf("same history and offset, different data: %s has digest %s, %s has %s\n%s", servers[0].Name, digests[0], servers[i].Name, d,
					Difference(servers[0], servers[i]))
			}
		}
		return nil
	})
}

func positions(servers []*Server) ([]position, error) {
	list := make([]position, len(servers))
	for i, s := range servers {
		var err error
		if list[i], err = s.position(); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return list, nil
}

func describe(servers []*Server, at []position) string {
	var b strings.Builder
	for i, s := range servers {
		fmt.Fprintf(&b, "%s %.8s:%s  ", s.Name, at[i].id, at[i].offset)
	}
	return b.String()
}

// Difference names the first keys whose DEBUG DIGEST-VALUE or expiry differ between two servers.
func Difference(a, b *Server) string {
	var out strings.Builder
	found := 0
	for db := range 16 {
		keys := map[string]bool{}
		ca, cb := a.DB(db), b.DB(db)
		for _, c := range []*redis.Client{ca, cb} {
			for _, k := range c.Keys(context.Background(), "*").Val() {
				keys[k] = true
			}
		}
		for k := range keys {
			va, vb := summary(ca, k), summary(cb, k)
			if va != vb && found < 10 {
				fmt.Fprintf(&out, "db%d %q: %s %s, %s %s\n", db, k, a.Name, va, b.Name, vb)
				found++
			}
		}
	}
	if found == 0 {
		return "no key differs now"
	}
	return out.String()
}

// summary describes a key for a message.
func summary(c *redis.Client, key string) string {
	ctx := context.Background()
	kind := c.Type(ctx, key).Val()
	digest, err := c.Do(ctx, "DEBUG", "DIGEST-VALUE", key).Result()
	return fmt.Sprintf("%s %v (%v) expires %v", kind, digest, err, c.PExpireTime(ctx, key).Val())
}
