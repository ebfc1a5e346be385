package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee: an RDB file written by either server, with or without compression and checksum, loads in the other with
// every value, expiry and encoding.
func TestRDBFileLoadsInTheOther(t *testing.T) {
	for _, kinds := range [][]rig.Kind{{rig.Ours, rig.Peer}, {rig.Peer, rig.Ours}, {rig.Ours, rig.Ours}} {
		for _, plain := range []string{"yes", "no"} {
			t.Run(chainName(kinds)+"/compression="+plain, func(t *testing.T) {
				config := rig.Config{"rdbcompression": plain, "rdbchecksum": plain}
				from := rig.Start(t, kinds[0], "from", config)
				rig.Populate(t, from, 120)
				load := rig.StartLoad(t, from, 2, 10)
				load.WaitOps(2000)
				load.Stop()
				dropVolatile(t, from)
				from.Must("SAVE")

				to := loadFile(t, kinds[1], "to", from, config)
				if a, b := from.Digest(), to.Digest(); a != b {
					t.Errorf("digest %s became %s\n%s", a, b, rig.Difference(from, to))
				}
				sameEncodings(t, loadFile(t, rig.Peer, "reference", from, config), to)
			})
		}
	}
}

// loadFile starts a server on a copy of another's RDB file.
func loadFile(t *testing.T, kind rig.Kind, name string, from *rig.Server, config rig.Config) *rig.Server {
	t.Helper()
	dir := t.TempDir()
	copyFile(t, filepath.Join(from.Dir, "dump.rdb"), filepath.Join(dir, "dump.rdb"))
	return rig.StartIn(t, kind, name, dir, config)
}

// dropVolatile removes the keys that might expire while the file is loaded, and waits until those that have expired are gone.
func dropVolatile(t *testing.T, s *rig.Server) {
	t.Helper()
	ctx := t.Context()
	for db := range 16 {
		c := s.DB(db)
		for _, k := range c.Keys(ctx, "*").Val() {
			if ttl := c.PTTL(ctx, k).Val(); ttl >= 0 && ttl < 5*time.Minute {
				c.Del(ctx, k)
			}
		}
		rig.Until(t, 20*time.Second, func() error {
			if size, keys := c.DBSize(ctx).Val(), len(c.Keys(ctx, "*").Val()); size != int64(keys) {
				return fmt.Errorf("database %d holds %d keys, %d of them alive", db, size, keys)
			}
			return nil
		})
	}
}

// sameEncodings compares OBJECT ENCODING of every key with what redis-server makes of the same file.
func sameEncodings(t *testing.T, reference, s *rig.Server) {
	t.Helper()
	ctx := t.Context()
	for _, db := range []int{0, 3, 9} {
		want, got := reference.DB(db), s.DB(db)
		keys, err := want.Keys(ctx, "*").Result()
		if err != nil {
			t.Fatal(err)
		}
		differ := 0
		for _, k := range keys {
			w, g := want.ObjectEncoding(ctx, k).Val(), got.ObjectEncoding(ctx, k).Val()
			if w == g {
				continue
			}
			if differ++; differ <= 3 {
				t.Errorf("database %d, key %q: encoding %s, redis-server has %s", db, k, g, w)
			}
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o644); err != nil {
		t.Fatal(err)
	}
}
