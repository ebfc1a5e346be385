package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// measureFiles measures SAVE and the load of its file.
func measureFiles(ctx context.Context, b *bench, program string) (r result, err error) {
	err = b.withServer(ctx, program, func(s *server) error {
		if err := b.o.fill(ctx, s); err != nil {
			return err
		}
		start := time.Now()
		if _, err := s.conn.do("SAVE"); err != nil {
			return err
		}
		r.duration("save", "save", time.Since(start))
		start = time.Now()
		if _, err := s.conn.do("DEBUG", "RELOAD", "NOSAVE"); err != nil {
			return err
		}
		r.duration("load", "load", time.Since(start))
		keys, err := s.conn.do("DBSIZE")
		if err == nil && keys.Int != int64(b.o.keys) {
			err = fmt.Errorf("%d keys before the load, %d after it", b.o.keys, keys.Int)
		}
		if err != nil {
			return err
		}
		file, err := os.Stat(filepath.Join(s.dir, "dump.rdb"))
		if err == nil {
			r.bytes("file_bytes", "bytes of the file", file.Size())
		}
		return err
	})
	return r, err
}
