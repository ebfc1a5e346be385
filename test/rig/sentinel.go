package rig

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Sentinel is a running redis-sentinel.
type Sentinel struct {
	*redis.SentinelClient
	Port int

	t   testing.TB
	dir string
	cmd *exec.Cmd
}

// WatchedMaster is the name under which sentinels know the master.
const WatchedMaster = "m"

// StartSentinels runs a number of sentinels that watch a master: more than half of them must agree that it is down. They
// end with the test.
func StartSentinels(t testing.TB, master *Server, count int, downAfter time.Duration) []*Sentinel {
	t.Helper()
	var all []*Sentinel
	for _, port := range freePorts(t, count) {
		s := &Sentinel{t: t, dir: t.TempDir(), Port: port}
		conf := fmt.Sprintf("port %d\ndir %s\nbind 127.0.0.1\nsentinel monitor %s 127.0.0.1 %d %d\nsentinel down-after-milliseconds %[3]s %[6]d\n"+
			"sentinel failover-timeout %[3]s 10000\nsentinel parallel-syncs %[3]s 5\n", s.Port, s.dir, WatchedMaster, master.Port, count/2+1, downAfter.Milliseconds())
		path := filepath.Join(s.dir, "sentinel.conf")
		if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
			t.Fatal(err)
		}
		log, err := os.Create(filepath.Join(s.dir, "log"))
		if err != nil {
			t.Fatal(err)
		}
		s.cmd = exec.Command("redis-sentinel", path)
		s.cmd.Stdout, s.cmd.Stderr = log, log
		if err := s.cmd.Start(); err != nil {
			t.Fatalf("Debian's redis-sentinel is missing: make peers installs it (%v)", err)
		}
		log.Close()
		s.SentinelClient = redis.NewSentinelClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", s.Port), MaxRetries: -1})
		t.Cleanup(s.end)
		all = append(all, s)
	}
	return all
}

func (s *Sentinel) end() {
	s.Close()
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	if s.t.Failed() {
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		s.t.Logf("end of the log of the sentinel on port %d:\n%s", s.Port, tail(string(log), 40))
	}
}

// MasterPort returns the port of the server that the sentinel takes for the master.
func (s *Sentinel) MasterPort() (int, error) {
	addr, err := s.GetMasterAddrByName(context.Background(), WatchedMaster).Result()
	if err != nil || len(addr) != 2 {
		return 0, fmt.Errorf("the sentinel on port %d knows no master: %v, %w", s.Port, addr, err)
	}
	var port int
	_, err = fmt.Sscan(addr[1], &port)
	return port, err
}

// WaitKnows waits until the sentinel has found so many replicas and other sentinels.
func (s *Sentinel) WaitKnows(replicas, sentinels int) {
	s.t.Helper()
	Until(s.t, time.Minute, func() error {
		m, err := s.Master(context.Background(), WatchedMaster).Result()
		if err != nil {
			return err
		}
		if m["num-slaves"] != fmt.Sprint(replicas) || m["num-other-sentinels"] != fmt.Sprint(sentinels) || m["flags"] != "master" {
			return fmt.Errorf("the sentinel on port %d knows num-slaves:%s num-other-sentinels:%s flags:%s", s.Port, m["num-slaves"], m["num-other-sentinels"], m["flags"])
		}
		return nil
	})
}
