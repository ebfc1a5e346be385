package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/lockstep-db/lockstep/libs/rdb"
)

// redisVersion is the release whose tools the legacy names stand for.
const redisVersion = "7.0.15"

// legacyRDB is redis-check-rdb of Redis 7.0: one file, its lines on standard output, exit code 0 or 1. It refuses what
// that refuses, versions above 10 too.
func legacyRDB(program string, args []string, std streams) int {
	if len(args) != 1 {
		fmt.Fprintf(std.err, "Usage: %s <rdb-file-name>\n", program)
		return exitCorrupt
	}
	if args[0] == "-v" || args[0] == "--version" {
		fmt.Fprintf(std.out, "redis-check-rdb %s\n", redisVersion)
		return exitOK
	}
	f, err := os.Open(args[0])
	if err != nil {
		fmt.Fprintf(std.out, "[offset 0] Checking RDB file %s\n", args[0])
		return exitCorrupt
	}
	defer f.Close()
	ok, _ := checkLegacyRDB(f, args[0], std.out, time.Now())
	if !ok {
		return exitCorrupt
	}
	return exitOK
}

// strerror is what the C library says of an error.
func strerror(err error) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}
	text := errno.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

// legacyLine is where redis-check-rdb cuts what it tells.
const legacyLine = 1023

// legacyScan is a check in the manner of redis-check-rdb.
type legacyScan struct {
	w                      io.Writer
	now                    time.Time
	f                      *os.File
	d                      *rdb.Decoder
	keys, expires, expired int
	between                bool // a key was read and the next was not begun
}

// checkLegacyRDB prints what redis-check-rdb prints of an RDB, which may be the beginning of an AOF; end is where that
// goes on.
func checkLegacyRDB(f *os.File, name string, w io.Writer, now time.Time) (ok bool, end int64) {
	s := &legacyScan{w: w, now: now, f: f}
	s.info(0, "Checking RDB file "+name)
	s.d = rdb.NewDecoder(f, rdb.DecodeOptions{Deep: true, Duplicates: true, Redis70: true, BufferSize: 1 << 20})
	for {
		it, err := s.d.Next()
		if err == nil && it.Op == rdb.OpKey {
			err = it.Value.ReadThrough()
		}
		switch {
		case err == io.EOF:
			s.finish()
			return true, s.d.Offset()
		case err != nil:
			s.fault(err)
			return false, 0
		}
		s.item(it)
	}
}

func (s *legacyScan) info(offset int64, text string) {
	fmt.Fprintf(s.w, "[offset %d] %s\n", offset, text[:min(len(text), legacyLine)])
}

// cString is what C prints of bytes.
func cString(b []byte) string {
	text, _, _ := strings.Cut(string(b), "\x00")
	return text
}

func (s *legacyScan) item(it *rdb.Item) {
	switch it.Op {
	case rdb.OpAux:
		s.info(s.d.Offset(), fmt.Sprintf("AUX FIELD %s = '%s'", cString(it.Key), cString(it.Value.Str)))
	case rdb.OpSelectDB:
		s.info(s.d.Offset(), fmt.Sprintf("Selecting DB ID %d", it.DB))
	case rdb.OpModuleAux:
		s.info(it.Offset+1+lengths(it.Value.Raw, 3), fmt.Sprintf("MODULE AUX for: %s", it.Key))
	case rdb.OpKey:
		s.keys, s.between = s.keys+1, true
		if it.ExpireMs >= 0 {
			s.expires++
			if it.ExpireMs < s.now.UnixMilli() {
				s.expired++
			}
		}
	}
}

// lengths returns how many bytes the first n lengths in raw take.
func lengths(raw []byte, n int) (size int64) {
	for range n {
		switch b := raw[size]; {
		case b < 0x40:
			size++
		case b < 0x80:
			size += 2
		case b == 0x80:
			size += 5
		default:
			size += 9
		}
	}
	return size
}

func (s *legacyScan) counts() {
	fmt.Fprintf(s.w, "[info] %d keys read\n[info] %d expires\n[info] %d already expired\n", s.keys, s.expires, s.expired)
}

func (s *legacyScan) finish() {
	switch sum := s.d.Checksum(); {
	case sum.Checked:
		s.info(s.d.Offset(), "Checksum OK")
	case sum.Present:
		s.info(s.d.Offset(), "RDB file was saved with checksum disabled: no check performed.")
	}
	s.info(s.d.Offset(), `\o/ RDB looks OK! \o/`)
	s.counts()
}

// stop prints the error that ends the check.
func (s *legacyScan) stop(offset int64, text, doing string, e *rdb.SyntaxError) {
	fmt.Fprintf(s.w, "--- RDB ERROR DETECTED ---\n")
	s.info(offset, text)
	fmt.Fprintf(s.w, "[additional info] While doing: %s\n", doing)
	if e != nil && e.Key != nil {
		s.keys++ // counted before the value is read
		fmt.Fprintf(s.w, "[additional info] Reading key '%s'\n", cString(e.Key))
		fmt.Fprintf(s.w, "[additional info] Reading type %d (%s)\n", e.Type, legacyType(e.Type))
	} else if e != nil && doing == "read-key" {
		fmt.Fprintf(s.w, "[additional info] Reading type %d (%s)\n", e.Type, legacyType(e.Type))
	} else if !s.between { // the variable is 0 until a first key was read
		fmt.Fprintf(s.w, "[additional info] Reading type 0 (string)\n")
	}
	s.counts()
}

// legacyType has the words of 7.0 where they differ from later ones.
func legacyType(t rdb.Type) string {
	switch {
	case t == rdb.TypeModulePreGA:
		return "module-value"
	case t == rdb.TypeModule:
		return ""
	case t > rdb.TypeListQuicklist2:
		return "unknown"
	}
	return t.String()
}

func (s *legacyScan) fault(err error) {
	var e *rdb.SyntaxError
	if !errors.As(err, &e) {
		s.stop(s.d.Offset(), err.Error(), "start", nil)
		return
	}
	offset := s.d.Offset()
	switch {
	case errors.Is(e, io.ErrUnexpectedEOF):
		s.cut(e)
	case errors.Is(e, rdb.ErrEmptyKey) || errors.Is(e, rdb.ErrNoScore):
		s.stop(offset, "Unexpected EOF reading RDB file", e.Op, e)
	case errors.Is(e, rdb.ErrChecksum):
		s.stop(offset, "RDB CRC error", e.Op, e)
	case errors.Is(e, rdb.ErrSignature):
		s.stop(offset, "Wrong signature trying to load DB from file", e.Op, e)
	case errors.Is(e, rdb.ErrVersion):
		s.stop(offset, fmt.Sprintf("Can't handle RDB format version %d", s.d.Version()), e.Op, e)
	case e.Op == "read-type":
		s.stop(offset, fmt.Sprintf("Invalid object type: %d", s.d.Code()), e.Op, e)
	default:
		line, text := legacyReason(e)
		s.internal(offset, line, text, e)
	}
}

// internal prints an error in the words of the code that loads a file.
func (s *legacyScan) internal(offset int64, line int, text string, e *rdb.SyntaxError) {
	s.stop(offset, fmt.Sprintf("Internal error in RDB reading offset 0, function at rdb.c:%d -> %s", line, text), e.Op, e)
	fmt.Fprintf(s.w, "%sTerminating server after rdb file reading failure.\n", logPrefix(s.now))
}

// logPrefix is how a line of the log begins.
func logPrefix(now time.Time) string {
	return fmt.Sprintf("%d:C %s # ", os.Getpid(), now.Format("02 Jan 2006 15:04:05.000"))
}

// cut prints that the file ends too early. For streams and functions the original says in which piece.
func (s *legacyScan) cut(e *rdb.SyntaxError) {
	info, err := s.f.Stat()
	if err != nil || e.Op != "read-functions" && e.Type.Object() != rdb.Stream {
		s.stop(s.d.ReadAt(), "Unexpected EOF reading RDB file", e.Op, e)
		return
	}
	piece := s.d.CutIn(s.f, info.Size())
	for _, r := range legacyPieces() {
		if r.piece != piece {
			continue
		}
		if r.line == 0 {
			s.stop(s.d.ReadAt(), "Failed loading library, Failed loading "+r.text, e.Op, e)
		} else {
			s.internal(s.d.ReadAt(), r.line, r.text, e)
		}
		return
	}
	s.stop(s.d.ReadAt(), "Unexpected EOF reading RDB file", e.Op, e)
}

// legacyPiece is what the original says when the file ends in a piece of a record.
type legacyPiece struct {
	piece string // as rdb.Decoder names it
	line  int
	text  string
}

func legacyPieces() []legacyPiece {
	return []legacyPiece{
		{"name", 0, "library name"},
		{"engine", 0, "engine name"},
		{"has a description", 0, "library description indicator"},
		{"description", 0, "library description"},
		{"source of a library", 0, "library payload"},
		{"number of nodes", 2327, "Stream listpacks len loading failed."},
		{"node's first ID", 2338, "Stream master ID loading failed: invalid encoding or I/O error."},
		{"node, listpack", 2355, "Stream listpacks loading failed."},
		{"entries", 2424, "Stream object metadata loading failed."},
		{"last ID, ms", 2424, "Stream object metadata loading failed."},
		{"last ID, seq", 2424, "Stream object metadata loading failed."},
		{"first ID, ms", 2424, "Stream object metadata loading failed."},
		{"first ID, seq", 2424, "Stream object metadata loading failed."},
		{"highest deleted ID, ms", 2424, "Stream object metadata loading failed."},
		{"highest deleted ID, seq", 2424, "Stream object metadata loading failed."},
		{"entries ever added", 2424, "Stream object metadata loading failed."},
		{"number of groups", 2438, "Stream cgroup count loading failed."},
		{"group", 2449, "Error reading the consumer group name from Stream"},
		{"last delivered ID, ms", 2458, "Stream cgroup ID loading failed."},
		{"last delivered ID, seq", 2458, "Stream cgroup ID loading failed."},
		{"entries read", 2469, "Stream cgroup offset loading failed."},
		{"number of pending entries", 2495, "Stream PEL size loading failed."},
		{"pending entry", 2502, "Stream PEL ID loading failed."},
		{"delivery time", 2510, "Stream PEL NACK loading failed."},
		{"deliveries", 2510, "Stream PEL NACK loading failed."},
		{"number of consumers", 2527, "Stream consumers num loading failed."},
		{"consumer", 2534, "Error reading the consumer name from Stream group."},
		{"seen at", 2549, "Stream short read reading seen time."},
		{"number of a consumer's pending entries", 2558, "Stream consumer PEL num loading failed."},
		{"a consumer's pending entry", 2566, "Stream short read reading PEL streamID."},
	}
}

// legacyReason is what Redis 7.0 says of a damaged value, and the line of its source.
func legacyReason(e *rdb.SyntaxError) (line int, text string) {
	said := e.Err.Error()
	has := func(s string) bool { return strings.Contains(said, s) }
	switch {
	case has("compressed string"):
		return 413, "Invalid LZF compressed string"
	case has("unknown length or string encoding"):
		var b byte
		if fmt.Sscanf(said[strings.LastIndex(said, "0x"):], "0x%x", &b); b < 0xc0 {
			return 236, fmt.Sprintf("Unknown length encoding %d in rdbLoadLen()", b>>6)
		}
		return 529, fmt.Sprintf("Unknown RDB string encoding type %d", b&0x3f)
	case e.Type.Object() == rdb.Stream:
		return legacyStream(has)
	case has("is there twice") && e.Type == rdb.TypeSet:
		return 1829, "Duplicate set members detected"
	case has("is there twice") && e.Type == rdb.TypeHash:
		return 1951, "Hash with dup elements"
	case has("is there twice") && (e.Type == rdb.TypeZset || e.Type == rdb.TypeZset2):
		return 1894, "Duplicate zset fields detected"
	case e.Type == rdb.TypeZset || e.Type == rdb.TypeZset2:
		return 1882, "Zset with NAN score detected"
	case has("unknown container"):
		return 2048, "Quicklist integrity check failed."
	case e.Type == rdb.TypeModule:
		return 1559, said
	}
	for _, r := range []struct {
		t    rdb.Type
		line int
		name string
	}{
		{rdb.TypeListQuicklist2, 2071, "Listpack"}, {rdb.TypeListQuicklist, 2081, "Ziplist"}, {rdb.TypeHashZipmap, 2130, "Zipmap"},
		{rdb.TypeListZiplist, 2189, "List ziplist"}, {rdb.TypeSetIntset, 2214, "Intset"}, {rdb.TypeZsetZiplist, 2229, "Zset ziplist"},
		{rdb.TypeZsetListpack, 2255, "Zset listpack"}, {rdb.TypeHashZiplist, 2275, "Hash ziplist"}, {rdb.TypeHashListpack, 2301, "Hash listpack"},
	} {
		if r.t == e.Type {
			return r.line, r.name + " integrity check failed."
		}
	}
	return 2319, said
}

func legacyStream(has func(string) bool) (line int, text string) {
	switch {
	case has("ID of"):
		return 2343, "Stream node key entry is not the size of a stream ID"
	case has("of length"):
		return 2430, "Stream length inconsistent with rax entries"
	case has("stream group") && has("is there twice"):
		return 2480, "Duplicated consumer group name"
	case has("belongs to no consumer"):
		return 2611, "Stream CG PEL entry without consumer"
	case has("is not pending"):
		return 2573, "Consumer entry not found in group global PEL"
	case has("consumer") && has("is there twice"):
		return 2543, "Duplicate stream consumer detected."
	}
	return 2362, "Stream listpack integrity check failed."
}
