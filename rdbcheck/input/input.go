// Package input opens what rdbcheck is given: files, standard input, files compressed with gzip or zstd, directories.
//
// Whoever reads behind a fault needs random access. A plain file has it; everything else is first written to a
// temporary file that has no name, so that it goes away with the program. Nothing is ever opened for writing.
package input

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Stdin is the name of standard input.
const Stdin = "-"

// ErrIsDir says that a name is a directory's.
var ErrIsDir = errors.New("is a directory")

// Input is something opened.
type Input struct {
	Name       string
	Size       int64  // of what is read, uncompressed
	Compressed string // "gzip" or "zstd", "" for neither
	Broken     error  // why the compressed stream ends before its end
	file       *os.File
	add        func(n int) // told of what is read, if it was not when the temporary file was written
	seen       int64       // up to where add was told
}

// Watch begins to look at an input, for a progress bar; add is told how much was read. It may be nil. size is -1 when
// it is not known.
type Watch func(name string, size int64) (add func(n int))

// Open opens a file, or standard input.
func Open(name string, stdin io.Reader, watch Watch) (*Input, error) {
	if watch == nil {
		watch = func(string, int64) func(int) { return func(int) {} }
	}
	if name == Stdin {
		return fromStream(name, &counter{stdin, watch(name, -1)})
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = &fs.PathError{Op: "open", Path: name, Err: ErrIsDir}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	var head [4]byte
	n, _ := f.ReadAt(head[:], 0)
	if info.Mode().IsRegular() && compression(head[:n]) == "" {
		return &Input{Name: name, Size: info.Size(), file: f, add: watch(name, info.Size())}, nil
	}
	defer f.Close()
	size := info.Size()
	if !info.Mode().IsRegular() {
		size = -1
	}
	return fromStream(name, &counter{f, watch(name, size)})
}

// counter tells how much is read.
type counter struct {
	io.Reader
	add func(n int)
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.add(n)
	return n, err
}

// compression names the format that a file with these first bytes is compressed with.
func compression(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return "gzip"
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return "zstd"
	}
	return ""
}

// fromStream copies r, uncompressed, to a temporary file.
func fromStream(name string, r io.Reader) (*Input, error) {
	head := make([]byte, 4)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	in := &Input{Name: name, Compressed: compression(head[:n])}
	r = io.MultiReader(bytes.NewReader(head[:n]), r)
	switch in.Compressed {
	case "gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		r = z
	case "zstd":
		z, err := zstd.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		defer z.Close()
		r = z
	}
	if err := in.spool(r); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return in, nil
}

// spool makes the temporary file. A compressed stream that breaks off is read as far as it goes: what is left of it is
// what one would like to look at.
func (in *Input) spool(r io.Reader) error {
	f, err := os.CreateTemp("", "rdbcheck-*")
	if err != nil {
		return err
	}
	os.Remove(f.Name())
	n, err := io.Copy(f, r)
	if err != nil && (in.Compressed == "" || n == 0) {
		f.Close()
		return err
	}
	in.file, in.Size, in.Broken = f, n, err
	return nil
}

// ReadAt makes an Input an io.ReaderAt.
func (in *Input) ReadAt(p []byte, off int64) (int, error) {
	n, err := in.file.ReadAt(p, off)
	if end := off + int64(n); in.add != nil && end > in.seen {
		in.add(int(end - in.seen))
		in.seen = end
	}
	return n, err
}

// Close closes the file.
func (in *Input) Close() error { return in.file.Close() }
