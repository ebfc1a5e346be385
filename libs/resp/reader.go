package resp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// SyntaxError is a reply that breaks the grammar or a limit of the Reader.
type SyntaxError struct {
	// Offset counts the bytes from the Reader's first one to the fault: to the
	// header of the value that is wrong, or to the end of a cut stream.
	Offset int64
	Reason string
	Err    error // io.ErrUnexpectedEOF or another error of the source, or nil
}

func (e *SyntaxError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("reply at offset %d: %s: %v", e.Offset, e.Reason, e.Err)
	}
	return fmt.Sprintf("reply at offset %d: %s", e.Offset, e.Reason)
}

func (e *SyntaxError) Unwrap() error { return e.Err }

// Header is the first line of a value.
type Header struct {
	Kind Kind
	// Len is the number of bytes that follow a string with a length, of elements
	// of an aggregate, of pairs of a map. -1 is RESP2's absent value.
	Len int64
	// Line is what stands behind the type byte of a value that is one line. It
	// is valid until the next read.
	Line []byte
}

// Limits of a Reader's values, unless its fields say otherwise.
const (
	DefaultMaxDepth    = 64
	DefaultMaxElements = 1 << 30
	// maxReplyLine bounds simple strings and errors, in bytes.
	maxReplyLine = 1 << 20
)

// Reader reads replies of either protocol version. Read returns a whole value;
// ReadHeader and Body read a long string as it comes.
type Reader struct {
	// MaxBulk bounds one string, in bytes; 0 means DefaultMaxBulk.
	MaxBulk int64
	// MaxDepth bounds how deep aggregates are nested; 0 means DefaultMaxDepth.
	MaxDepth int
	// MaxElements bounds the elements of one value, at all depths together; 0
	// means DefaultMaxElements.
	MaxElements int64

	src    *bufio.Reader
	offset int64
	line   []byte // of a line longer than src's buffer
	body   int64  // bytes of a body not read yet, with its line break
}

// NewReader returns a Reader of r. A *bufio.Reader is used as it is, so that the
// caller may read from it what is no reply, between two replies.
func NewReader(r io.Reader) *Reader {
	src, ok := r.(*bufio.Reader)
	if !ok {
		src = bufio.NewReaderSize(r, 16*1024)
	}
	return &Reader{src: src}
}

// Read returns the next value. The end of the stream between two values is
// io.EOF; other errors are *SyntaxError or come from the source.
func (r *Reader) Read() (Value, error) {
	left := r.MaxElements
	if left == 0 {
		left = DefaultMaxElements
	}
	return r.read(0, &left)
}

func (r *Reader) read(depth int, left *int64) (Value, error) {
	at := r.offset
	h, err := r.ReadHeader()
	if err != nil {
		if depth > 0 && errors.Is(err, io.EOF) {
			err = &SyntaxError{Offset: r.offset, Reason: "aggregate cut short", Err: io.ErrUnexpectedEOF}
		}
		return Value{}, err
	}
	v := Value{Kind: h.Kind, Absent: h.Len < 0}
	switch h.Kind {
	case KindBulk, KindBlobError, KindVerbatim:
		if v.Absent {
			return v, nil
		}
		v.Text, err = r.readText(h.Len)
		if err == nil && h.Kind == KindVerbatim {
			err = v.cutFormat(at)
		}
		return v, err
	case KindArray, KindSet, KindPush, KindMap, KindAttribute:
		if v.Absent {
			return v, nil
		}
		elems, err := r.readElements(h, at, depth, left)
		if err != nil || h.Kind != KindAttribute {
			v.Elems = elems
			return v, err
		}
		v, err = r.read(depth+1, left)
		v.Attributes = elems
		return v, err
	}
	v.Text = append([]byte(nil), h.Line...)
	return v, v.parseLine(at)
}

// readElements reads the elements of an aggregate; a map's pairs are two each.
func (r *Reader) readElements(h Header, at int64, depth int, left *int64) ([]Value, error) {
	maxDepth := r.MaxDepth
	if maxDepth == 0 {
		maxDepth = DefaultMaxDepth
	}
	if depth >= maxDepth {
		return nil, &SyntaxError{Offset: at, Reason: fmt.Sprintf("nested deeper than %d", maxDepth)}
	}
	n := h.Len
	if h.Kind == KindMap || h.Kind == KindAttribute {
		n *= 2
	}
	if n > *left {
		return nil, &SyntaxError{Offset: at, Reason: fmt.Sprintf("%s of %d elements is too large", h.Kind, n)}
	}
	*left -= n
	// The count is a claim: memory grows with what really comes.
	elems := make([]Value, 0, min(n, 64))
	for range n {
		v, err := r.read(depth+1, left)
		if err != nil {
			return nil, err
		}
		elems = append(elems, v)
	}
	return elems, nil
}

// ReadHeader reads the first line of the next value. When a string with a
// length follows, Body reads it; what is left of an earlier body is skipped.
func (r *Reader) ReadHeader() (Header, error) {
	if err := r.skipBody(); err != nil {
		return Header{}, err
	}
	at := r.offset
	line, err := r.readLine()
	if err != nil {
		return Header{}, err
	}
	if len(line) == 0 {
		return Header{}, &SyntaxError{Offset: at, Reason: "empty line"}
	}
	h := Header{Kind: Kind(line[0]), Line: line[1:]}
	switch h.Kind {
	case KindSimpleString, KindError, KindInt, KindNull, KindDouble, KindBool, KindBigNumber:
		return h, nil
	case KindBulk, KindArray, KindBlobError, KindVerbatim, KindMap, KindSet, KindPush, KindAttribute:
	default:
		return Header{}, &SyntaxError{Offset: at, Reason: fmt.Sprintf("unknown type %q", line[0])}
	}
	n, ok := parseLength(h.Line)
	if !ok || n < -1 || n < 0 && h.Kind != KindBulk && h.Kind != KindArray {
		return Header{}, &SyntaxError{Offset: at, Reason: fmt.Sprintf("invalid length of %s: %.32q", h.Kind, h.Line)}
	}
	h.Len, h.Line = n, nil
	if h.Kind != KindBulk && h.Kind != KindBlobError && h.Kind != KindVerbatim || n < 0 {
		return h, nil
	}
	if limit := r.maxBulk(); n > limit {
		return Header{}, &SyntaxError{Offset: at, Reason: fmt.Sprintf("%s of %d bytes, the limit is %d", h.Kind, n, limit)}
	}
	r.body = n + 2
	return h, nil
}

func (r *Reader) maxBulk() int64 {
	if r.MaxBulk == 0 {
		return DefaultMaxBulk
	}
	return r.MaxBulk
}

// Body returns the bytes of the string whose header was read last. It ends with
// io.EOF, or with io.ErrUnexpectedEOF when the stream ends first.
func (r *Reader) Body() io.Reader { return (*body)(r) }

type body Reader

func (b *body) Read(p []byte) (int, error) {
	if b.body <= 2 {
		return 0, io.EOF
	}
	if int64(len(p)) > b.body-2 {
		p = p[:b.body-2]
	}
	n, err := b.src.Read(p)
	b.offset += int64(n)
	b.body -= int64(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// skipBody reads what is left of a body, and the line break behind it.
func (r *Reader) skipBody() error {
	if r.body == 0 {
		return nil
	}
	if n := r.body - 2; n > 0 {
		skipped, err := io.CopyN(io.Discard, r.src, n)
		r.offset += skipped
		r.body -= skipped
		if err != nil {
			return r.cutShort(err)
		}
	}
	at := r.offset
	for _, want := range []byte("\r\n") {
		c, err := r.src.ReadByte()
		if err != nil {
			return r.cutShort(err)
		}
		if c != want {
			return &SyntaxError{Offset: at, Reason: "no line break behind a string"}
		}
		r.offset++
	}
	r.body = 0
	return nil
}

func (r *Reader) cutShort(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return &SyntaxError{Offset: r.offset, Reason: "string cut short", Err: err}
}

// readText reads a body as a whole. Memory grows with what comes.
func (r *Reader) readText(n int64) ([]byte, error) {
	text := make([]byte, 0, min(n, trustedBulk))
	for int64(len(text)) < n {
		if len(text) == cap(text) {
			// Half of it may have come by now, or all that is trusted.
			text = append(make([]byte, 0, min(n, 4*int64(cap(text)))), text...)
		}
		got, err := io.ReadFull(r.Body(), text[len(text):cap(text)])
		text = text[:len(text)+got]
		if err != nil {
			return nil, r.cutShort(err)
		}
	}
	return text, r.skipBody()
}

// readLine returns the next line without its line break.
func (r *Reader) readLine() ([]byte, error) {
	at := r.offset
	line, err := r.src.ReadSlice('\n')
	r.offset += int64(len(line))
	if err == bufio.ErrBufferFull {
		r.line = append(r.line[:0], line...)
		for err == bufio.ErrBufferFull {
			if len(r.line) > maxReplyLine {
				return nil, &SyntaxError{Offset: at, Reason: fmt.Sprintf("line longer than %d bytes", maxReplyLine)}
			}
			line, err = r.src.ReadSlice('\n')
			r.offset += int64(len(line))
			r.line = append(r.line, line...)
		}
		line = r.line
	}
	if err != nil {
		if err == io.EOF && len(line) > 0 {
			err = &SyntaxError{Offset: r.offset, Reason: "line cut short", Err: io.ErrUnexpectedEOF}
		}
		return nil, err
	}
	if len(line) < 2 || line[len(line)-2] != '\r' {
		return nil, &SyntaxError{Offset: at, Reason: `line ends without \r\n`}
	}
	return line[:len(line)-2], nil
}

// cutFormat parts the text of a verbatim string from its format.
func (v *Value) cutFormat(at int64) error {
	if len(v.Text) < 4 || v.Text[3] != ':' {
		return &SyntaxError{Offset: at, Reason: "verbatim string without format"}
	}
	v.Format, v.Text = string(v.Text[:3]), v.Text[4:]
	return nil
}

// parseLine sets the value of a kind that is one line.
func (v *Value) parseLine(at int64) (err error) {
	ok := true
	switch v.Kind {
	case KindInt:
		v.Int, err = strconv.ParseInt(string(v.Text), 10, 64)
	case KindDouble:
		v.Float, err = strconv.ParseFloat(string(v.Text), 64)
	case KindNull:
		ok = len(v.Text) == 0
	case KindBool:
		ok = string(v.Text) == "t" || string(v.Text) == "f"
		if ok && v.Text[0] == 't' {
			v.Int = 1
		}
	case KindBigNumber:
		digits := v.Text
		if len(digits) > 0 && (digits[0] == '-' || digits[0] == '+') {
			digits = digits[1:]
		}
		ok = len(digits) > 0
		for _, c := range digits {
			ok = ok && c >= '0' && c <= '9'
		}
	}
	if err != nil || !ok {
		return &SyntaxError{Offset: at, Reason: fmt.Sprintf("invalid %s: %.32q", v.Kind, v.Text)}
	}
	return nil
}
