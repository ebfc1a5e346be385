package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/rdbcheck/input"
)

func (p *program) explainCommand() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "show the record at an offset byte by byte, with what each piece is",
		UsageText: "lockstep-rdbcheck explain [options] OFFSET FILE",
		Description: `OFFSET is a number, 0x before hexadecimal ones; offsets of findings do. The whole record in which it lies is shown.

   lockstep-rdbcheck explain 488 broken.rdb
   lockstep-rdbcheck explain --bytes 4096 0x1f00 dump.rdb.gz`,
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "bytes", Value: 64, Usage: "show at most `N` bytes of a piece"},
			&cli.IntFlag{Name: "pieces", Value: 1000, Usage: "show at most `N` pieces"},
		},
		Action: p.explain,
	}
}

func (p *program) explain(c *cli.Context) error {
	if c.NArg() != 2 {
		return errors.New("explain wants an offset and a file")
	}
	offset, err := strconv.ParseInt(c.Args().Get(0), 0, 64)
	if err != nil || offset < 0 {
		return fmt.Errorf("%s is no offset", c.Args().Get(0))
	}
	in, err := input.Open(c.Args().Get(1), p.std.in, nil)
	if err != nil {
		p.complain(err)
		return nil
	}
	defer in.Close()
	x := &explainer{w: p.std.out, in: in, offset: offset, bytes: max(c.Int("bytes"), 1), pieces: max(c.Int("pieces"), 1)}
	if offset >= in.Size {
		return fmt.Errorf("offset %d lies beyond the %d bytes of the file", offset, in.Size)
	}
	if err := x.run(); err != nil {
		p.complain(err)
	}
	return nil
}

// explainer looks for a record and shows it.
type explainer struct {
	w      io.Writer
	in     *input.Input
	offset int64
	bytes  int
	pieces int
}

func (x *explainer) run() error {
	if x.offset < 9 {
		return x.show([]rdb.Piece{{Offset: 0, Len: int(min(9, x.in.Size)), What: "signature and version"}}, nil)
	}
	s := rdb.NewScanner(x.in, x.in.Size, rdb.ScanOptions{Headless: true, DecodeOptions: rdb.DecodeOptions{Deep: true, Foreign: true, BufferSize: 256 << 10}})
	for {
		d := s.Decoder()
		it, err := s.Next()
		var fault *rdb.Fault
		switch {
		case err == io.EOF:
			if sum := d.Checksum(); x.offset < s.Offset() || sum.Present {
				return x.record(d, d.Begin())
			}
			return fmt.Errorf("offset %d lies behind the end of the RDB at %d", x.offset, s.Offset())
		case errors.As(err, &fault):
			if x.offset < fault.Resume || fault.Resume < 0 {
				fmt.Fprintf(x.w, "damaged: %v\n", fault.SyntaxError.Error())
				return x.record(d, fault.Record)
			}
		case err != nil:
			return err
		default:
			if it.Value.ReadThrough() == nil && x.offset < s.Offset() {
				x.headline(it)
				return x.record(d, it.Offset)
			}
		}
	}
}

func (x *explainer) headline(it *rdb.Item) {
	if it.Op == rdb.OpKey {
		fmt.Fprintf(x.w, "key %q in db %d, %s (%s)\n", it.Key, it.DB, it.Value.Type.Object(), it.Value.Type)
		return
	}
	fmt.Fprintf(x.w, "record %s\n", it.Op)
}

// record shows the record that begins at at.
func (x *explainer) record(d *rdb.Decoder, at int64) error {
	pieces, err := d.Pieces(x.in, at, x.in.Size)
	if at > x.offset { // the gap before it
		pieces = nil
		at = x.offset
	}
	end := at
	if n := len(pieces); n > 0 {
		end = pieces[n-1].Offset + int64(pieces[n-1].Len)
	}
	if err != nil || x.offset >= end {
		n := int(min(int64(x.bytes), x.in.Size-end))
		what := "what follows is not understood"
		if err != nil {
			what = fmt.Sprintf("cannot be read: %v", err)
		}
		pieces = append(pieces, rdb.Piece{Offset: end, Len: n, What: what})
	}
	return x.show(pieces, err)
}

// show writes a line for 16 bytes of a piece, the first with what it is; > marks the offset that was asked for.
func (x *explainer) show(pieces []rdb.Piece, _ error) error {
	for i, piece := range pieces {
		if i == x.pieces {
			fmt.Fprintf(x.w, "... and %d pieces more\n", len(pieces)-i)
			break
		}
		n := min(piece.Len, x.bytes)
		if off := x.offset - piece.Offset; off >= int64(n) && off < int64(piece.Len) {
			n = int(min(off+int64(x.bytes), int64(piece.Len)))
		}
		b := make([]byte, n)
		if _, err := x.in.ReadAt(b, piece.Offset); err != nil && err != io.EOF {
			return err
		}
		x.lines(piece, b)
	}
	return nil
}

func (x *explainer) lines(piece rdb.Piece, b []byte) {
	const width = 16
	what := piece.What
	if piece.Len > len(b) {
		what += fmt.Sprintf(" (%d bytes, the first %d)", piece.Len, len(b))
	}
	for at := 0; at < len(b) || at == 0; at += width {
		row := b[at:min(at+width, len(b))]
		mark := ' '
		if from := piece.Offset + int64(at); x.offset >= from && x.offset < from+int64(len(row)) {
			mark = '>'
		}
		fmt.Fprintf(x.w, "%c%10d  %-48s %-16s  %s\n", mark, piece.Offset+int64(at), fmt.Sprintf("% x", row), visible(row), what)
		what = ""
	}
}

// visible replaces bytes that a terminal would not show as one character.
func visible(b []byte) string {
	text := make([]byte, len(b))
	for i, c := range b {
		if text[i] = c; c < ' ' || c > '~' {
			text[i] = '.'
		}
	}
	return string(text)
}
