package main

import (
	"strings"
	"testing"
	"time"
)

func TestStatLine(t *testing.T) {
	info := "used_memory:1405091\r\nconnected_clients:1\r\nblocked_clients:2\r\ntotal_commands_processed:1004\r\ntotal_connections_received:18\r\n" +
		"rdb_bgsave_in_progress:1\r\naof_rewrite_in_progress:1\r\n# Keyspace\r\ndb0:keys=120,expires=0,avg_ttl=0\r\ndb3:keys=5,expires=0,avg_ttl=0\r\n"
	want := "125        1.34M    1       2       1004 (+3)           18          SAVE+AOF"
	if got, requests := statLine([]byte(info), 1001, false); got != want || requests != 1004 {
		t.Errorf("got  %q, %d\nwant %q", got, requests, want)
	}
	if got, _ := statLine([]byte(info), 0, true); !strings.Contains(got, "1004 (+0)") {
		t.Errorf("the first line is %q", got)
	}
	for n, want := range map[int64]string{0: "0B", 1023: "1023B", 1 << 10: "1.00K", 3 << 29: "1.50G", 5 << 50: "5120.00T"} {
		if got := humanSize(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestLatencyHistory(t *testing.T) {
	// The connection ends with the twelfth request, when a period is long over.
	f := serve(t, map[string]string{"PING": "+PONG\r\n"})
	f.limit = 12
	got := runner{}.run("-p", port(f), "--latency-history", "-i", "0.03", "--raw")
	lines := strings.Split(got.out, "\n")
	if len(lines) < 2 || !strings.HasSuffix(lines[0], " seconds range") || len(strings.Fields(lines[0])) != 8 || got.code != 1 {
		t.Errorf("%+v", got)
	}
}

func TestLatencyDist(t *testing.T) {
	f := serve(t, map[string]string{"PING": "+PONG\r\n"})
	f.limit = 8
	got := runner{}.run("-p", port(f), "--latency-dist", "--mono", "-i", "0.01")
	if !strings.HasPrefix(got.out, "-----") || !strings.Contains(got.out, "\x1b[38;5;0m\x1b[48;5;") || !strings.Contains(got.out, "?\x1b[0m\n") || got.code != 1 {
		t.Errorf("%+v", got)
	}
	for i, b := range latencyBuckets() {
		if i > 0 && latencyBuckets()[i-1].upTo >= b.upTo {
			t.Errorf("%c: not above its neighbor", b.mark)
		}
	}
}

func TestIntrinsicLatency(t *testing.T) {
	start := time.Now()
	got := runner{}.run("-p", "1", "--intrinsic-latency", "1")
	if got.code != 0 || !strings.Contains(got.out, " total runs (avg latency: ") || !strings.HasSuffix(got.out, "x longer than the average latency.\n") || time.Since(start) < time.Second {
		t.Errorf("%+v", got)
	}
}

func TestLRUKeys(t *testing.T) {
	popular := 0
	for range 1000 {
		switch key := lruKey(10); {
		case key == "lru:1":
			popular++
		case len(key) < 5 || len(key) > 6 || key == "lru:0" || key == "lru:11":
			t.Fatal(key)
		}
	}
	if popular < 100 {
		t.Errorf("the most popular of 10 keys came %d times of 1000", popular)
	}
}
