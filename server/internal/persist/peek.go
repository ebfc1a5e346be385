package persist

import (
	"bytes"
	"fmt"
	"io"
	"strconv"

	"github.com/lockstep-db/lockstep/libs/rdb"
)

// Head is what an RDB stream tells before its first key.
type Head struct {
	Empty bool  // there is no key at all
	DB    int   // the database of the first key
	Keys  int64 // how many keys that database has, as the stream says; 1 if it does not
}

// Peek reads a stream up to its first key.
func Peek(r io.Reader, o rdb.DecodeOptions) (Head, error) {
	d := rdb.NewDecoder(r, o)
	hint := int64(0)
	for {
		it, err := d.Next()
		if err == io.EOF {
			return Head{Empty: true}, nil
		}
		if err != nil {
			return Head{}, fmt.Errorf("read the head of the snapshot: %w", err)
		}
		switch it.Op {
		case rdb.OpResizeDB:
			hint = int64(it.Keys)
		case rdb.OpKey:
			return Head{DB: it.DB, Keys: max(hint, 1)}, nil
		}
	}
}

// UsedMemory returns what the header says of the memory of the server that wrote the stream, of which p is the beginning, and -1
// if it does not.
func UsedMemory(p []byte) int64 {
	d := rdb.NewDecoder(bytes.NewReader(p), rdb.DecodeOptions{})
	for {
		it, err := d.Next()
		if err != nil || it.Op != rdb.OpAux {
			return -1
		}
		if string(it.Key) == "used-mem" {
			if n, err := strconv.ParseInt(string(it.Value.Str), 10, 64); err == nil {
				return n
			}
			return -1
		}
	}
}
