package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/lockstep-db/lockstep/libs/rdb"
)

func (p *program) dumpCommand() *cli.Command {
	return &cli.Command{
		Name:      "dump",
		Usage:     "show keys with their values: as JSON lines, as commands, or names only",
		UsageText: "lockstep-rdbcheck dump [options] FILE...",
		Description: `json: one object a line, with db, key, type, encoding, expire_ms, idle, freq and value. Bytes that are not UTF-8 become
{"base64": "..."}, keys of such bytes "key_base64". Sets and lists are arrays, hashes [[field, value]] or, with expire times,
[[field, value, ms]], sorted sets [[member, score]], streams objects with entries and groups.
resp: commands that make the keys, for redis-cli --pipe; modules as RESTORE. keys: names only, bytes as they are, a line each.

   lockstep-rdbcheck dump --match 'user:1*' --type hash dump.rdb | jq -r .key
   lockstep-rdbcheck dump --format keys --ttl none --db 0 dump.rdb
   lockstep-rdbcheck dump --format resp --ttl 1h.. dump.rdb | redis-cli -p 7000 --pipe`,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "format", Value: "json", Usage: "`json`, resp or keys"},
			&cli.IntFlag{Name: "limit", Usage: "stop after `N` keys"},
		}, selectFlags()...),
		Action: p.dump,
	}
}

// keyWriter shows one key; it appends to dst, which is dropped when the value turns out to be damaged.
type keyWriter func(dst []byte, it *rdb.Item) ([]byte, error)

// errEnough ends a dump.
var errEnough = errors.New("enough")

func (p *program) dump(c *cli.Context) error {
	if c.NArg() == 0 {
		return errNoFile
	}
	sel, err := newSelection(c, p.now)
	if err != nil {
		return err
	}
	write, opts := keyWriter(jsonKeyLine), rdb.DecodeOptions{StreamNodes: true}
	functions := func(dst []byte, it *rdb.Item) []byte { return dst }
	switch c.String("format") {
	case "json":
	case "resp":
		r := &respKeys{db: -1}
		write, functions = r.key, r.function
	case "keys":
		write, opts.StreamNodes = plainKey, false
	default:
		return fmt.Errorf("--format %s: want json, resp or keys", c.String("format"))
	}
	w := bufio.NewWriterSize(p.std.out, 256<<10)
	left := c.Int("limit")
	for _, name := range c.Args().Slice() {
		err := p.read(name, opts, func(r *reading) {
			d := &dumper{sel: sel, write: write, functions: functions, w: w, left: &left}
			r.item = func(it *rdb.Item) error { return d.item(r.s, it) }
		})
		if err == errEnough {
			break
		}
		if err != nil {
			p.complain(err)
		}
	}
	if err := w.Flush(); err != nil {
		p.complain(err)
	}
	return nil
}

// dumper writes the keys that are selected.
type dumper struct {
	sel       *selection
	write     keyWriter
	functions func(dst []byte, it *rdb.Item) []byte
	w         io.Writer
	buf       []byte
	left      *int // 0: no limit
}

func (d *dumper) item(s *rdb.Scanner, it *rdb.Item) error {
	if it.Op == rdb.OpFunction {
		d.buf = d.functions(d.buf[:0], it)
		_, err := d.w.Write(d.buf)
		return err
	}
	if it.Op != rdb.OpKey || !d.sel.wants(it) {
		return nil
	}
	if ok, err := d.sel.fits(s); !ok || err != nil {
		return err
	}
	var err error
	d.buf, err = d.write(d.buf[:0], it)
	if err != nil {
		return asDamage(err)
	}
	if _, err := d.w.Write(d.buf); err != nil {
		return err
	}
	if cap(d.buf) > 16<<20 {
		d.buf = nil
	}
	if *d.left > 0 {
		if *d.left--; *d.left == 0 {
			return errEnough
		}
	}
	return nil
}

// asDamage tells a value that is damaged, which the scanner reports, from other errors.
func asDamage(err error) error {
	var syntax *rdb.SyntaxError
	if errors.As(err, &syntax) {
		return errDamaged
	}
	return err
}

func plainKey(dst []byte, it *rdb.Item) ([]byte, error) {
	dst = append(append(dst, it.Key...), '\n')
	return dst, it.Value.ReadThrough()
}
