package salvage

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/lockstep-db/lockstep/libs/rdb"
)

// FuzzRDB holds that what is salvaged is whole, whatever it is salvaged from.
func FuzzRDB(f *testing.F) {
	names, _ := filepath.Glob("../../libs/rdb/testdata/*/*.rdb")
	for _, name := range names {
		if b, err := os.ReadFile(name); err == nil && len(b) < 500 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var out bytes.Buffer
		if _, _, _, err := RDB(bytes.NewReader(b), int64(len(b)), &out, func(*Loss) {}); err != nil {
			if len(b) >= 9 {
				t.Fatal(err)
			}
			return
		}
		d := rdb.NewDecoder(&out, rdb.DecodeOptions{Deep: true, Duplicates: true, Foreign: true})
		for {
			it, err := d.Next()
			if err == io.EOF {
				return
			}
			if errors.Is(err, rdb.ErrVersion) {
				return // of a version that nobody knows, as the input is
			}
			if err == nil {
				err = it.Value.ReadThrough()
			}
			if err != nil {
				t.Fatalf("what was salvaged is damaged: %v", err)
			}
		}
	})
}
