package check

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// File checks a file of any kind: an RDB, an append-only file that begins with one, or one of commands only.
func File(name string, in io.ReaderAt, size int64, opts Options) (*Report, error) {
	head := make([]byte, min(size, 9))
	if _, err := in.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, err
	}
	r := &Report{Kind: "aof", Checksum: SumUnknown}
	var err error
	switch {
	case isCommands(name, head):
		err = AOF(in, 0, size, opts, r)
	default:
		r, err = withPreamble(in, size, opts)
	}
	if err != nil {
		return nil, err
	}
	opts.broken(r, size)
	return r, nil
}

// isCommands says that a file that begins with head holds commands and no RDB.
func isCommands(name string, head []byte) bool {
	if len(head) == 0 {
		return strings.HasSuffix(name, ".aof")
	}
	return head[0] == '*' || head[0] == '#' || strings.HasSuffix(name, ".aof") && !bytes.HasPrefix(head, []byte("REDIS"))
}

// withPreamble checks an RDB, and commands behind it.
func withPreamble(in io.ReaderAt, size int64, opts Options) (*Report, error) {
	r, end, whole, err := RDB(in, size, opts)
	if err != nil || !whole || end >= size {
		return r, err
	}
	first := make([]byte, 1)
	if _, err := in.ReadAt(first, end); err != nil && err != io.EOF {
		return nil, err
	}
	if first[0] == '*' || first[0] == '#' {
		r.Kind = "rdb+aof"
		return r, AOF(in, end, size, opts, r)
	}
	r.Warnings++
	opts.Finding(&Finding{Severity: Warning, Offset: end, Record: -1, Resume: -1, Reason: fmt.Sprintf("%d bytes follow the end of the RDB data", size-end)})
	return r, nil
}

// broken tells that a compressed file is cut or damaged.
func (o *Options) broken(r *Report, size int64) {
	if o.Broken == nil {
		return
	}
	reason := o.Broken.Error()
	if errors.Is(o.Broken, io.ErrUnexpectedEOF) {
		reason = "cut short"
	}
	r.Faults++
	o.Finding(&Finding{Severity: Corrupt, Offset: size, Record: -1, Resume: -1, Op: "decompress", Reason: "the compressed stream: " + reason})
}
