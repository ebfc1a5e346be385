package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/libs/resp"
)

// maxLine bounds a line of reply. Redis reads them into 1024 bytes.
const maxLine = 1024

// Handshake talks to a master until h has an outcome. What the master sends behind its last reply stays in r: the
// stream, or the frame that [ReadFrame] reads. heard is called for each sign of life and may be nil. An error is one of
// the connection; a refusal is an outcome.
func Handshake(r *bufio.Reader, w io.Writer, h *repl.Handshake, heard func()) (repl.Outcome, error) {
	if heard == nil {
		heard = func() {}
	}
	var out []byte
	for {
		step := h.Step()
		out = out[:0]
		for _, cmd := range h.Next() {
			out = resp.AppendCommand(out, cmd...)
		}
		if len(out) > 0 {
			if _, err := w.Write(out); err != nil {
				return repl.Outcome{}, fmt.Errorf("send %v to master: %w", step, err)
			}
			if o, done := h.Finish(); done {
				return o, nil
			}
		}
		line, err := readLine(r)
		if err != nil {
			return repl.Outcome{}, fmt.Errorf("read the reply to %v from master: %w", step, err)
		}
		heard()
		if o := h.Reply(line); o.Kind != repl.OutcomeNone {
			return o, nil
		}
	}
}

// readLine reads a line and cuts its end off, "\n" or "\r\n". A line without an end is an error, however it goes on.
func readLine(r *bufio.Reader) (string, error) {
	var line []byte
	for {
		c, err := r.ReadByte()
		if err != nil {
			if err == io.EOF && len(line) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return "", err
		}
		if c == '\n' {
			return string(bytes.TrimSuffix(line, []byte("\r"))), nil
		}
		if line = append(line, c); len(line) > maxLine {
			return "", fmt.Errorf("a line of more than %d bytes: %.32q...", maxLine, line)
		}
	}
}

// AbortError is a master that gave up while a replica waited for its snapshot.
type AbortError struct{ Text string }

// Error returns the line that Redis logs.
func (e *AbortError) Error() string {
	return "MASTER aborted replication with an error: " + e.Text
}

// Frame is a snapshot as it comes over a connection. It is an io.Reader of the snapshot's bytes alone; what follows
// stays in the bufio.Reader.
type Frame struct {
	// Size is the length that was announced, -1 for one that ends in a mark.
	Size int64
	// Received counts the bytes of the snapshot that were read.
	Received int64

	src  *bufio.Reader
	mark []byte // nil: Size bytes
	done bool
}

// ReadFrame reads the newlines by which a master shows that it lives while it makes the snapshot, and the header.
// heard is called for each of them and may be nil.
func ReadFrame(r *bufio.Reader, heard func()) (*Frame, error) {
	for {
		line, err := readLine(r)
		if err != nil {
			return nil, fmt.Errorf("read the header of a snapshot from master: %w", err)
		}
		if heard != nil {
			heard()
		}
		if line != "" {
			return parseHeader(r, line)
		}
	}
}

func parseHeader(r *bufio.Reader, line string) (*Frame, error) {
	if text, ok := strings.CutPrefix(line, "-"); ok {
		return nil, &AbortError{Text: text}
	}
	size, ok := strings.CutPrefix(line, "$")
	if !ok {
		return nil, fmt.Errorf("Bad protocol from MASTER, the first byte is not '$' (we received '%.64s'), are you sure the host and port are right?", line)
	}
	if mark, ok := strings.CutPrefix(size, "EOF:"); ok {
		if len(mark) != repl.IDLen {
			return nil, fmt.Errorf("the end mark of a snapshot has %d characters instead of %d", len(mark), repl.IDLen)
		}
		return &Frame{Size: -1, src: r, mark: []byte(mark)}, nil
	}
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil || n < 0 {
		return nil, fmt.Errorf("%.64q is no length of a snapshot", line)
	}
	return &Frame{Size: n, src: r}, nil
}

// Read reads bytes of the snapshot. It returns io.EOF after the last, io.ErrUnexpectedEOF when the connection ends
// before.
func (f *Frame) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if f.done {
		return 0, io.EOF
	}
	n, err := 0, error(nil)
	if f.mark == nil {
		n, err = f.readSized(p)
	} else {
		n, err = f.readMarked(p)
	}
	f.Received += int64(n)
	if errors.Is(err, io.EOF) && !f.done {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (f *Frame) readSized(p []byte) (int, error) {
	left := f.Size - f.Received
	if left == 0 {
		f.done = true
		return 0, io.EOF
	}
	return f.src.Read(p[:min(int64(len(p)), left)])
}

// readMarked hands out what cannot be the mark or its beginning. The mark may begin in one read of the connection and
// end in a later one, so the last 39 bytes are kept back until more comes: at least the mark always does.
func (f *Frame) readMarked(p []byte) (int, error) {
	if _, err := f.src.Peek(len(f.mark)); err != nil {
		return 0, err
	}
	held, err := f.src.Peek(f.src.Buffered())
	if err != nil {
		return 0, err
	}
	safe := bytes.Index(held, f.mark)
	if safe == 0 {
		f.done = true
		if _, err := f.src.Discard(len(f.mark)); err != nil {
			return 0, err
		}
		return 0, io.EOF
	}
	if safe < 0 {
		safe = len(held) - len(f.mark) + 1
	}
	n := copy(p, held[:safe])
	_, err = f.src.Discard(n)
	return n, err
}

// Finish reads what a loader left of the snapshot, such as the mark behind the last byte that it needed. A loader that
// knows the end of an RDB by its grammar stops there; the stream begins behind the frame. It is an error when more than
// the frame's own end was left.
func (f *Frame) Finish() error {
	var rest [64]byte
	n, err := f.Read(rest[:])
	switch {
	case n > 0:
		return fmt.Errorf("the snapshot goes on behind its end, at byte %d of the frame", f.Received-int64(n))
	case err == io.EOF:
		return nil
	default:
		return fmt.Errorf("read the end of a snapshot: %w", err)
	}
}

// AppendAck appends REPLCONF ACK: the replica has applied all before offset.
func AppendAck(dst []byte, offset repl.Offset) []byte {
	var digits [20]byte
	return resp.AppendCommand(dst, []byte("REPLCONF"), []byte("ACK"), strconv.AppendInt(digits[:0], offset.Info(), 10))
}

// AppendAckSynced appends REPLCONF ACK with FACK: the replica has applied all before offset, and has all before synced in its
// append-only file, on disk. Masters that know no FACK stop reading behind the ACK.
func AppendAckSynced(dst []byte, offset, synced repl.Offset) []byte {
	var a, b [20]byte
	return resp.AppendCommand(dst, []byte("REPLCONF"), []byte("ACK"), strconv.AppendInt(a[:0], offset.Info(), 10),
		[]byte("FACK"), strconv.AppendInt(b[:0], synced.Info(), 10))
}
