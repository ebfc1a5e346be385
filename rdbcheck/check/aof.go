package check

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/lockstep-db/lockstep/libs/rdb/aof"
)

// Commands sums up the commands of an append-only file.
type Commands struct {
	From         int64 // where they begin: 0, or behind the RDB
	Count        int64
	Transactions int64
	Annotations  int64
	FirstTime    int64 // Unix time in s of the first and the last annotation with a time, 0 for none
	LastTime     int64
	Whole        int64 // up to where every record and transaction is complete
	Names        map[string]int64
}

// mostNames bounds Names; what goes beyond counts as "other".
const mostNames = 1000

// AOF checks the commands in in, from offset from up to size, and adds them to r.
func AOF(in io.ReaderAt, from, size int64, opts Options, r *Report) error {
	c := &commandChecker{opts: opts, r: r, in: in, size: size}
	c.sum = &Commands{From: from, Whole: from, Names: map[string]int64{}}
	r.Commands = c.sum
	for at := from; at >= 0; {
		var err error
		if at, err = c.scan(at, at == from); err != nil {
			return err
		}
	}
	return nil
}

// commandChecker is a check under way.
type commandChecker struct {
	opts   Options
	r      *Report
	in     io.ReaderAt
	size   int64
	sum    *Commands
	faults int
}

// scan reads records from at up to the end or a fault, and returns where to go on, -1 for nowhere. first says that
// nothing was wrong before.
func (c *commandChecker) scan(at int64, first bool) (int64, error) {
	s := aof.NewScanner(io.NewSectionReader(c.in, at, c.size-at), at)
	for {
		rec, err := s.Next()
		if first {
			c.sum.Whole = s.Cut()
		}
		switch {
		case err == io.EOF:
			return -1, nil
		case err != nil:
			return c.fault(s, err)
		}
		c.record(rec)
	}
}

func (c *commandChecker) record(rec *aof.Record) {
	if rec.Args == nil {
		c.sum.Annotations++
		unix, found, err := aof.ParseTimestamp(rec.Raw)
		switch {
		case err != nil:
			c.warn(rec.Start, err.Error())
		case found && unix < c.sum.LastTime:
			c.warn(rec.Start, fmt.Sprintf("the time goes back from %d to %d", c.sum.LastTime, unix))
		}
		if found && err == nil {
			if c.sum.FirstTime == 0 {
				c.sum.FirstTime = unix
			}
			c.sum.LastTime = unix
		}
		return
	}
	c.sum.Count++
	name := commandName(rec.Args[0])
	if name == "exec" {
		c.sum.Transactions++
	}
	if _, known := c.sum.Names[name]; !known && len(c.sum.Names) >= mostNames {
		name = "other"
	}
	c.sum.Names[name]++
	if name == "" {
		c.warn(rec.Start, fmt.Sprintf("%s is no name of a command", quote(rec.Args[0])))
	}
}

// commandName returns the name in lower case, "" for bytes that name no command.
func commandName(b []byte) string {
	if len(b) == 0 || len(b) > 64 {
		return ""
	}
	for _, ch := range b {
		if ch <= ' ' || ch > '~' {
			return ""
		}
	}
	return strings.ToLower(string(b))
}

func (c *commandChecker) warn(offset int64, reason string) {
	c.r.Warnings++
	c.opts.Finding(&Finding{Severity: Warning, Offset: offset, Record: -1, Resume: -1, Reason: reason})
}

// fault tells of damage and looks for the next command.
func (c *commandChecker) fault(s *aof.Scanner, err error) (int64, error) {
	var syntax *aof.SyntaxError
	if !errors.As(err, &syntax) {
		return -1, err
	}
	c.r.Faults++
	c.faults++
	f := &Finding{Severity: Corrupt, Offset: syntax.Offset, Record: s.Offset(), Resume: -1, Op: "read-command", Reason: syntax.Reason, Err: err}
	if f.Reason == "" {
		f.Reason = "the input ends here"
	}
	if !aof.Truncated(err) {
		var readErr error
		if f.Resume, readErr = c.next(s.Offset() + 1); readErr != nil {
			return -1, readErr
		}
	}
	if c.faults == 1 {
		f.Notes = append(f.Notes, fmt.Sprintf("whole up to offset %d, %d bytes before the end", c.sum.Whole, c.size-c.sum.Whole))
	}
	if f.Resume >= 0 {
		f.Notes = append(f.Notes, fmt.Sprintf("reading goes on at offset %d", f.Resume))
	}
	c.opts.Finding(f)
	return f.Resume, nil
}

// mostTries bounds how many places are tried as the start of a command behind damage.
const mostTries = 10_000

// next returns the next place from on where a command or an annotation begins on a line of its own, -1 for none.
func (c *commandChecker) next(from int64) (int64, error) {
	const window = 256 << 10
	buf := make([]byte, window)
	for tries := 0; from < c.size; {
		n, err := c.in.ReadAt(buf[:min(window, c.size-from)], from)
		if n == 0 {
			return -1, err
		}
		for i := 0; i < n; {
			k := bytes.Index(buf[i:n], []byte("\n*"))
			if k < 0 {
				break
			}
			i += k + 1
			if tries++; tries > mostTries {
				return -1, nil
			}
			if c.isCommand(from + int64(i)) {
				return from + int64(i), nil
			}
		}
		if from += int64(n) - 1; n == 1 {
			break
		}
	}
	return -1, nil
}

// isCommand says that a whole command with a plain name begins at at.
func (c *commandChecker) isCommand(at int64) bool {
	s := aof.NewScanner(io.NewSectionReader(c.in, at, c.size-at), at)
	rec, err := s.Next()
	var syntax *aof.SyntaxError
	if errors.As(err, &syntax) && strings.HasPrefix(syntax.Reason, "Unexpected EXEC") {
		return false // the next command will do
	}
	return err == nil && commandName(rec.Args[0]) != ""
}
