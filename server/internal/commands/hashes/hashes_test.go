package hashes

import (
	"fmt"
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// sadd makes a key of another type.
func sadd(c *command.Ctx) {
	s, _, _ := c.DB.WriteSet(c.Key(), c.Now)
	s.Add(c.Args[2])
	c.Reply.Int(1)
	c.Dirty++
	c.Notify(command.NotifySet, "sadd", c.Key())
}

var sets = []*command.Spec{{Name: "sadd", Arity: 3, Run: sadd}}

func TestTranscripts(t *testing.T) {
	for _, path := range []string{"testdata/basics.txt", "testdata/large.txt"} {
		commandtest.Replay(t, path, Commands(), sets)
	}
}

func TestEncodingThresholds(t *testing.T) {
	s := commandtest.New(Commands())
	kind := func() store.Kind { return s.Ctx.DB.Kind([]byte("h"), s.Ctx.Now) }
	for i := range 128 {
		s.Do("HSET", "h", fmt.Sprint("f", i), "v")
	}
	if kind() != store.KindHashPacked {
		t.Errorf("128 fields are %s", kind().Encoding())
	}
	s.Do("HSET", "h", "f0", "other")
	if kind() != store.KindHashPacked {
		t.Errorf("overwriting made it %s", kind().Encoding())
	}
	s.Do("HSET", "h", "f128", "v")
	if kind() != store.KindHashTable {
		t.Errorf("129 fields are %s", kind().Encoding())
	}
	s.Do("HSET", "g", "f", fmt.Sprintf("%064d", 1))
	if k := s.Ctx.DB.Kind([]byte("g"), s.Ctx.Now); k != store.KindHashPacked {
		t.Errorf("a value of 64 bytes makes it %s", k.Encoding())
	}
	s.Do("HINCRBYFLOAT", "g", fmt.Sprintf("%065d", 1), "1")
	if k := s.Ctx.DB.Kind([]byte("g"), s.Ctx.Now); k != store.KindHashTable {
		t.Errorf("a field of 65 bytes leaves it %s", k.Encoding())
	}
}

// TestRandomFieldsAreFair draws with each way of HRANDFIELD and wants every field about equally often.
func TestRandomFieldsAreFair(t *testing.T) {
	for _, large := range []bool{false, true} {
		s := commandtest.New(Commands())
		n := 20
		if large {
			n = 200
		}
		for i := range n {
			s.Do("HSET", "h", fmt.Sprintf("%03d", i), "v")
		}
		for _, count := range []string{"-1", "1", "2", "15"} {
			seen := map[string]int{}
			total := 0
			for total < 100*n {
				reply := s.Do("HRANDFIELD", "h", count).Reply
				for at := 0; at+3 < len(reply); at++ {
					if reply[at:at+4] == "$3\r\n" {
						seen[reply[at+4:at+7]]++
						total++
					}
				}
			}
			for f, k := range seen {
				if k < 40 || k > 200 {
					t.Errorf("large %v, count %s: field %s came %d times of about 100", large, count, f, k)
				}
			}
			if len(seen) != n {
				t.Errorf("large %v, count %s: %d fields of %d came", large, count, len(seen), n)
			}
		}
	}
}

func TestScanVisitsAll(t *testing.T) {
	s := commandtest.New(Commands())
	for i := range 3000 {
		s.Do("HSET", "h", fmt.Sprintf("field%04d", i), "v")
	}
	seen := map[string]bool{}
	cursor := "0"
	calls := 0
	for {
		v := s.Do("HSCAN", "h", cursor, "COUNT", "50")
		parts := v.Values()
		cursor = parts[0]
		for i := 1; i < len(parts); i += 2 {
			seen[parts[i]] = true
		}
		if calls++; cursor == "0" {
			break
		}
	}
	if len(seen) != 3000 || calls < 20 {
		t.Errorf("%d fields in %d calls", len(seen), calls)
	}
}
