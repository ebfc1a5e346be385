package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/lockstep-db/lockstep/libs/rdb"
)

// legacy is redis-check-rdb of Redis 7.0: one file, its lines on standard output, exit code 0 or 1.
func legacy(args []string, std streams) int {
	if len(args) == 1 && (args[0] == "-v" || args[0] == "--version") {
		fmt.Fprintf(std.out, "redis-check-rdb 7.0.15 (lockstep-rdbcheck %s)\n", version)
		return exitOK
	}
	if len(args) != 1 {
		fmt.Fprintln(std.err, "Usage: redis-check-rdb <rdb-file-name>")
		return exitCorrupt
	}
	fmt.Fprintf(std.out, "[offset 0] Checking RDB file %s\n", args[0])
	f, err := os.Open(args[0])
	if err != nil {
		fmt.Fprintf(std.err, "Cannot open file %s: %v\n", args[0], errors.Unwrap(err))
		return exitCorrupt
	}
	defer f.Close()
	r, err := scan(f, func(it *rdb.Item, offset int64) { legacyItem(std.out, it, offset) })
	if err != nil {
		fmt.Fprintf(std.err, "Cannot read file %s: %v\n", args[0], err)
		return exitCorrupt
	}
	keys, expires, expired := r.total()
	code := exitOK
	if r.err != nil {
		code = exitCorrupt
		legacyFault(std.out, r)
		if r.err.Key != nil {
			keys++ // redis-check-rdb counts a key before it reads the value
		}
	} else {
		legacyEnd(std.out, r)
	}
	fmt.Fprintf(std.out, "[info] %d keys read\n[info] %d expires\n[info] %d already expired\n", keys, expires, expired)
	return code
}

// legacyLine is where redis-check-rdb cuts what it tells of a field.
const legacyLine = 1023

func legacyItem(w io.Writer, it *rdb.Item, offset int64) {
	switch it.Op {
	case rdb.OpAux:
		text := fmt.Sprintf("AUX FIELD %s = '%s'", it.Key, it.Value.Str)
		fmt.Fprintf(w, "[offset %d] %s\n", offset, text[:min(len(text), legacyLine)])
	case rdb.OpSelectDB:
		fmt.Fprintf(w, "[offset %d] Selecting DB ID %d\n", offset, it.DB)
	case rdb.OpModuleAux:
		fmt.Fprintf(w, "[offset %d] MODULE AUX for: %s\n", offset, it.Key)
	}
}

func legacyEnd(w io.Writer, r *report) {
	switch r.Checksum {
	case sumGood:
		fmt.Fprintf(w, "[offset %d] Checksum OK\n", r.Bytes)
	case sumDisabled:
		fmt.Fprintf(w, "[offset %d] RDB file was saved with checksum disabled: no check performed.\n", r.Bytes)
	}
	fmt.Fprintf(w, "[offset %d] \\o/ RDB looks OK! \\o/\n", r.Bytes)
}

func legacyFault(w io.Writer, r *report) {
	e := r.err
	text := e.Err.Error()
	switch {
	case errors.Is(e, io.ErrUnexpectedEOF):
		text = "Unexpected EOF reading RDB file"
	case errors.Is(e, rdb.ErrChecksum):
		text = "RDB CRC error"
	case errors.Is(e, rdb.ErrSignature):
		text = "Wrong signature trying to load DB from file"
	case errors.Is(e, rdb.ErrVersion):
		text = fmt.Sprintf("Can't handle RDB format version %d", r.Version)
	}
	fmt.Fprintf(w, "--- RDB ERROR DETECTED ---\n[offset %d] %s\n[additional info] While doing: %s\n", r.Bytes, text, e.Op)
	if e.Key != nil {
		fmt.Fprintf(w, "[additional info] Reading key '%s'\n[additional info] Reading type %d (%s)\n", e.Key, e.Type, e.Type)
	}
}
