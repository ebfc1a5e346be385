package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/libs/rdb/aof"
)

// legacyAOF is redis-check-aof of Redis 7.0: its lines on standard output, exit code 0 or 1.
func legacyAOF(program string, args []string, std streams) int {
	l := &legacyFiles{std: std, now: time.Now(), answers: bufio.NewReader(std.in)}
	switch {
	case len(args) == 1:
	case len(args) == 2 && args[0] == "--fix":
		l.fix = true
	case len(args) == 3 && args[0] == "--truncate-to-timestamp":
		until, err := strconv.ParseInt(strings.TrimLeft(args[1], " \t\n\v\f\r+"), 10, 64)
		if err != nil && args[1] != "" {
			fmt.Fprintf(std.out, "Invalid timestamp, aborting...\n")
			return exitCorrupt
		}
		l.until = until
	default:
		fmt.Fprintf(std.out, "Usage: %s [--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>\n", program)
		return exitCorrupt
	}
	if l.check(args[len(args)-1]) {
		return exitOK
	}
	return exitCorrupt
}

// legacyFiles is a run of redis-check-aof.
type legacyFiles struct {
	std     streams
	now     time.Time
	answers *bufio.Reader
	fix     bool
	until   int64 // 0: no limit
	line    int64 // counted over all files
}

func (l *legacyFiles) say(format string, args ...any) { fmt.Fprintf(l.std.out, format, args...) }

func (l *legacyFiles) check(path string) bool {
	l.line = 1
	text, err := os.ReadFile(path)
	if err != nil {
		l.say("Cannot open file %s: %s\n", path, strerror(err))
		return false
	}
	if isManifest(text) {
		return l.checkSet(path, text)
	}
	l.say("Start checking Old-Style AOF\n")
	verdict, ok := l.checkFile(path, path, true, len(text) >= 8 && aof.HasPreamble(text))
	if ok {
		l.tell(verdict, "AOF", path)
	}
	return ok
}

// isManifest says that a line begins with "file".
func isManifest(text []byte) bool {
	return bytes.HasPrefix(text, []byte("file")) || bytes.Contains(text, []byte("\nfile"))
}

// What is said of a file that does not end the run.
const (
	saidValid     = "%s is valid\n"
	saidEmpty     = "%s is empty\n"
	saidTruncated = "Successfully truncated %s\n"
	saidUntil     = "Successfully truncated %s to timestamp %d\n"
)

// tell prints the verdict on a file of a set.
func (l *legacyFiles) tell(verdict, kind, name string) {
	switch verdict {
	case saidUntil:
		l.say(verdict, "AOF "+name, l.until)
	case saidTruncated:
		l.say(verdict, "AOF "+name)
	default:
		l.say(verdict, kind+" "+name)
	}
}

func (l *legacyFiles) checkSet(path string, text []byte) bool {
	l.say("Start checking Multi Part AOF\n")
	m, err := aof.ParseManifest(text)
	if err != nil {
		l.badManifest(err)
		return false
	}
	dir, left := filepath.Dir(path), len(m.Files())
	if m.Base != nil {
		name := filepath.Join(dir, m.Base.Name)
		head, err := readHead(name)
		if err != nil {
			l.say("Cannot open file %s: %s\n", dir+"/"+m.Base.Name, strerror(err))
			return false
		}
		preamble, format := aof.HasPreamble(head) && len(head) >= 8, "RESP"
		if preamble {
			format = "RDB"
		}
		l.say("Start to check BASE AOF (%s format).\n", format)
		left--
		verdict, ok := l.checkFile(m.Base.Name, dir+"/"+m.Base.Name, left == 0, preamble)
		if !ok {
			return false
		}
		l.tell(verdict, "BASE AOF", m.Base.Name)
	}
	if len(m.Incr) > 0 {
		l.say("Start to check INCR files.\n")
	}
	for _, f := range m.Incr {
		left--
		verdict, ok := l.checkFile(f.Name, dir+"/"+f.Name, left == 0, false)
		if !ok {
			return false
		}
		l.tell(verdict, "INCR AOF", f.Name)
	}
	l.say("All AOF files and manifest are valid\n")
	return true
}

func (l *legacyFiles) badManifest(err error) {
	var bad *aof.ManifestError
	if !errors.As(err, &bad) {
		l.say("%v\n", err)
		return
	}
	log := func(text string) { l.say("%s%s\n\n", logPrefix(l.now), text) }
	log("\n*** FATAL AOF MANIFEST FILE ERROR ***")
	if bad.Line > 0 {
		log(fmt.Sprintf("Reading the manifest file, at line %d", bad.Line))
		log(fmt.Sprintf(">>> '%s'", bad.Text))
	}
	log(bad.Reason)
}

// readHead returns the first bytes of a file.
func readHead(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 8)
	n, err := io.ReadFull(f, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return head[:n], err
}

// checkFile checks one file, and shortens it when that was asked for. ok is false when the run ends here.
func (l *legacyFiles) checkFile(name, path string, last, preamble bool) (verdict string, ok bool) {
	f, err := os.Open(path)
	if err != nil {
		l.say("Cannot open file %s: %s, aborting...\n", path, strerror(err))
		return "", false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		l.say("Cannot stat file: %s, aborting...\n", name)
		return "", false
	}
	if info.Size() == 0 {
		return saidEmpty, true
	}
	from := int64(0)
	if preamble {
		if ok, from = checkLegacyRDB(f, name, l.std.out, l.now); !ok {
			l.say("RDB preamble of AOF file is not sane, aborting.\n")
			return "", false
		}
		l.say("RDB preamble is OK, proceeding with AOF tail...\n")
	}
	return l.checkCommands(f, name, path, from, info.Size(), last)
}

// checkCommands reads the commands of f from offset from.
func (l *legacyFiles) checkCommands(f *os.File, name, path string, from, size int64, last bool) (verdict string, ok bool) {
	s := aof.NewScanner(io.NewSectionReader(f, from, size-from), from)
	lines := l.line
	for {
		rec, err := s.Next()
		l.line = lines + s.Breaks()
		if err == nil {
			if rec.Args != nil || l.until == 0 {
				continue
			}
			if verdict, ok, done := l.reached(rec, s, path, last); done {
				return verdict, ok
			}
			continue
		}
		if err != io.EOF {
			l.sayFault(err, name, path)
		}
		return l.analyzed(name, path, size, s.Cut(), last)
	}
}

// reached looks at an annotation and cuts the file there when its time is too late.
func (l *legacyFiles) reached(rec *aof.Record, s *aof.Scanner, path string, last bool) (verdict string, ok, done bool) {
	unix, found, err := aof.ParseTimestamp(rec.Raw)
	switch {
	case !found:
		return "", true, false
	case err != nil:
		l.say("Invalid timestamp annotation\n")
		return "", false, true
	case unix <= l.until:
		return "", true, false
	case rec.Start == 0:
		l.say("AOF %s has nothing before timestamp %d, aborting...\n", path, l.until)
		return "", false, true
	case !last:
		l.say("Failed to truncate AOF %s to timestamp %d to offset %d because it is not the last file.\n", path, l.until, rec.Start)
		l.say("If you insist, please delete all files after this file according to the manifest file and delete the corresponding records in manifest file manually. Then re-run redis-check-aof.\n")
		return "", false, true
	}
	if os.Truncate(path, rec.Start) != nil {
		l.say("Failed to truncate AOF %s to timestamp %d\n", path, l.until)
		return "", false, true
	}
	return saidUntil, true, true
}

// sayFault prints what is wrong with a record.
func (l *legacyFiles) sayFault(err error, name, path string) {
	var syntax *aof.SyntaxError
	switch {
	case !errors.As(err, &syntax):
		l.say("Failed to read from AOF %s, aborting...\n", name)
	case syntax.Reason == "":
	case strings.HasPrefix(syntax.Reason, "Expected prefix '*'"):
		l.say("AOF %s format error\n", name)
	default:
		reason := syntax.Reason
		if strings.HasPrefix(reason, "Unexpected ") {
			reason += " " + path
		}
		l.say("0x%16x: %s\n", syntax.Offset, reason)
	}
}

// analyzed prints the result of a file and cuts it when that was asked for.
func (l *legacyFiles) analyzed(name, path string, size, cut int64, last bool) (verdict string, ok bool) {
	if cut == size && l.until != 0 {
		l.say("Truncate nothing in AOF %s to timestamp %d\n", name, l.until)
		return saidValid, true
	}
	l.say("AOF analyzed: filename=%s, size=%d, ok_up_to=%d, ok_up_to_line=%d, diff=%d\n", name, size, cut, l.line, size-cut)
	switch {
	case cut == size:
		return saidValid, true
	case !l.fix:
		l.say("AOF %s is not valid. Use the --fix option to try fixing it.\n", name)
		return "", false
	case !last:
		l.say("Failed to truncate AOF %s because it is not the last file\n", name)
		return "", false
	}
	l.say("This will shrink the AOF %s from %d bytes, with %d bytes, to %d bytes\n", name, size, size-cut, cut)
	l.say("Continue? [y/N]: ")
	answer, _ := l.answers.ReadString('\n')
	if !strings.HasPrefix(strings.ToLower(answer), "y") {
		l.say("Aborting...\n")
		return "", false
	}
	if os.Truncate(path, cut) != nil {
		l.say("Failed to truncate AOF %s\n", name)
		return "", false
	}
	return saidTruncated, true
}
