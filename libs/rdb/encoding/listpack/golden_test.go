package listpack

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestBytesEqualRedis replays RPUSH (or, after "<", LPUSH) of the elements in
// testdata/redis-7.0.15.txt and compares with the listpack that Redis wrote in
// DUMP: in hex, or its SHA-256 where that is longer than 64 bytes. x*N is a
// string of N x.
func TestBytesEqualRedis(t *testing.T) {
	data, err := os.ReadFile("testdata/redis-7.0.15.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		fields := strings.Fields(line)
		want, args := fields[0], fields[1:]
		push := Append
		if args[0] == "<" {
			push, args = Prepend, args[1:]
		}
		lp := New(0)
		for _, a := range args {
			if n, ok := strings.CutPrefix(a, "x*"); ok {
				count, _ := strconv.Atoi(n)
				a = strings.Repeat("x", count)
			}
			lp = push(lp, []byte(a))
		}
		got := hex.EncodeToString(lp)
		if len(lp) > 64 {
			sum := sha256.Sum256(lp)
			got = "sha256:" + hex.EncodeToString(sum[:])
		}
		if got != want {
			t.Errorf("%v: got %s, Redis has %s", fields[1:], got, want)
		}
	}
}
