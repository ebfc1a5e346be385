package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
)

func (p *program) convertCommand() *cli.Command {
	return &cli.Command{
		Name:      "convert",
		Usage:     "write a file again in another version of the format",
		UsageText: "lockstep-rdbcheck convert --to-version N [options] IN OUT",
		Description: `Version 9 is what Redis 5.0 to 6.2 write and KeyDB reads, 10 is Redis 7.0, 11 is 7.2 and Valkey 8, 12 is 7.4 and later. What a
version cannot hold is an error that names the key; --lossy leaves it out instead: expire times of hash fields, functions,
counters of streams, metadata of modules.

   lockstep-rdbcheck convert --to-version 9 dump.rdb old.rdb
   lockstep-rdbcheck convert --to-version 10 valkey9.rdb redis7.rdb`,
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "to-version", Required: true, Usage: "`N` from 9 to 12"},
			&cli.BoolFlag{Name: "lossy", Usage: "leave out what the version cannot hold"},
			&cli.BoolFlag{Name: "no-compress", Usage: "write strings as they are, not with LZF"},
			&cli.BoolFlag{Name: "force", Usage: "replace OUT if it exists"},
		},
		Action: p.convert,
	}
}

func (p *program) convert(c *cli.Context) error {
	if c.NArg() != 2 {
		return errors.New("convert wants a file and the name of the new one")
	}
	opts := rdb.EncodeOptions{Version: c.Int("to-version"), Compress: !c.Bool("no-compress")}
	if _, err := rdb.NewAppender(opts); err != nil || opts.Version == 0 {
		return fmt.Errorf("--to-version %d: want %d to %d", opts.Version, rdb.MinWriteVersion, rdb.MaxVersion)
	}
	from, to := c.Args().Get(0), c.Args().Get(1)
	var v *converter
	err := p.writeFile(to, c.Bool("force"), func(w io.Writer) error {
		e, err := rdb.NewEncoder(w, opts)
		if err != nil {
			return err
		}
		v = &converter{e: e, a: e.Appender(), version: opts.Version, lossy: c.Bool("lossy")}
		damaged := false
		err = p.read(from, rdb.DecodeOptions{StreamNodes: true}, func(r *reading) {
			r.item = v.item
			r.fault = func(*rdb.Fault) { damaged = true }
		})
		if damaged {
			return fmt.Errorf("%s is damaged: salvage it first", from)
		}
		if err != nil {
			return err
		}
		return e.Close()
	}, func(f *os.File) error { return verifyRDB(f) })
	if err != nil {
		p.complain(err)
		return nil
	}
	for _, l := range v.left {
		fmt.Fprintf(p.std.err, "lockstep-rdbcheck: left out: %s\n", l)
		p.worst(exitWarnings)
	}
	if to != "-" {
		fmt.Fprintf(p.std.out, "%s: %d keys, RDB version %d\n", to, v.keys, opts.Version)
	}
	return nil
}

// mostLeft bounds the list of what was left out.
const mostLeft = 1000

// converter writes items in another version.
type converter struct {
	e       *rdb.Encoder
	a       *rdb.Appender
	version int
	lossy   bool
	keys    int64
	left    []string
	buf     []byte
	node    []byte
	fields  []rdb.FieldTTL
}

// cannot is called for what the version has no place for.
func (v *converter) cannot(what string) error {
	if !v.lossy {
		return fmt.Errorf("version %d cannot hold %s; --lossy leaves it out", v.version, what)
	}
	if len(v.left) < mostLeft {
		v.left = append(v.left, what)
	}
	return nil
}

func (v *converter) item(it *rdb.Item) error {
	switch it.Op {
	case rdb.OpAux:
		return v.e.Aux(string(it.Key), string(it.Value.Str))
	case rdb.OpSelectDB:
		return v.e.SelectDB(it.DB)
	case rdb.OpResizeDB:
		return v.e.ResizeDB(it.Keys, it.Expires)
	case rdb.OpFunction, rdb.OpFunctionPreGA:
		return v.function(it)
	case rdb.OpModuleAux:
		return v.e.ModuleAux(it.Value.Raw)
	case rdb.OpSlotImport:
		return v.cannot(fmt.Sprintf("slots that were being imported (%s)", it.Key))
	case rdb.OpKey:
		return v.key(it)
	}
	return nil // hints, and templates, whose hashes tell
}

func (v *converter) function(it *rdb.Item) error {
	switch {
	case it.Op == rdb.OpFunctionPreGA:
		return v.cannot(fmt.Sprintf("function library %q of a release candidate", it.Key))
	case v.version < rdb.DefaultVersion:
		return v.cannot("a function library")
	}
	return v.e.Function(it.Value.Str)
}

func (v *converter) key(it *rdb.Item) error {
	if it.Meta {
		if err := v.cannot(fmt.Sprintf("metadata of modules of key %q", it.Key)); err != nil {
			return err
		}
	}
	dst := v.buf[:0]
	if it.ExpireMs >= 0 {
		dst = rdb.AppendExpire(dst, it.ExpireMs)
	}
	if it.Idle >= 0 {
		dst = rdb.AppendIdle(dst, it.Idle)
	}
	if it.Freq >= 0 {
		dst = rdb.AppendFreq(dst, uint8(it.Freq))
	}
	dst, ok, err := v.value(dst, it)
	v.buf = dst
	if err != nil || !ok {
		return err
	}
	if err := v.a.Err(); err != nil {
		return fmt.Errorf("key %q: %w", it.Key, err)
	}
	v.keys++
	_, err = v.e.Write(dst)
	return err
}

// value appends type, key and value; ok says that there is something to write.
func (v *converter) value(dst []byte, it *rdb.Item) (_ []byte, ok bool, err error) {
	a, key, val := v.a, it.Key, &it.Value
	switch val.Kind {
	case rdb.KindString:
		dst = a.Key(dst, rdb.TypeString, key)
		if val.IsInt {
			return a.Int(dst, val.Int), true, nil
		}
		return a.String(dst, val.Str), true, nil
	case rdb.KindIntset:
		return a.Intset(a.Key(dst, rdb.TypeSetIntset, key), val.Blob), true, nil
	case rdb.KindNodes:
		dst, err = v.list(dst, key, val)
		return dst, true, err
	case rdb.KindRaw:
		return v.raw(dst, it)
	case rdb.KindZipmap:
		v.node = rdb.AppendZipmap(listpack.New(len(val.Blob)), val.Blob)
		return a.Listpack(a.Key(dst, rdb.TypeHashListpack, key), v.node), true, nil
	case rdb.KindZiplist:
		v.node = rdb.AppendZiplist(listpack.New(len(val.Blob)), val.Blob)
		return v.flat(dst, it, v.node), true, nil
	case rdb.KindListpack:
		if val.Type == rdb.TypeHashListpackTTL || val.Type == rdb.TypeHashListpackTTLPreGA {
			return v.hashTTL(dst, it)
		}
		return v.flat(dst, it, val.Blob), true, nil
	}
	if val.Type == rdb.TypeHashTTL || val.Type == rdb.TypeHashTTLPreGA || val.Type == rdb.TypeValkeyHashTTL {
		return v.hashTTL(dst, it)
	}
	if val.Type.Object() == rdb.Array {
		return dst, false, v.cannot(fmt.Sprintf("key %q, an array", key))
	}
	dst, err = v.elements(dst, key, val)
	return dst, true, err
}

// flat writes a small collection from its listpack.
func (v *converter) flat(dst []byte, it *rdb.Item, lp []byte) []byte {
	switch it.Value.Type.Object() {
	case rdb.List:
		return v.a.ListNode(v.a.Count(v.a.Key(dst, rdb.TypeListQuicklist2, it.Key), 1), lp)
	case rdb.Zset:
		return v.a.Listpack(v.a.Key(dst, rdb.TypeZsetListpack, it.Key), lp)
	case rdb.Set:
		return v.a.Listpack(v.a.Key(dst, rdb.TypeSetListpack, it.Key), lp)
	}
	return v.a.Listpack(v.a.Key(dst, rdb.TypeHashListpack, it.Key), lp)
}

func (v *converter) list(dst, key []byte, val *rdb.Value) ([]byte, error) {
	v.node = v.node[:0]
	count := 0
	for n := (rdb.Node{}); ; count++ {
		ok, err := val.NextNode(&n)
		if err != nil {
			return dst, asDamage(err)
		}
		if !ok {
			break
		}
		if count == 0 {
			dst = v.a.Key(dst, rdb.TypeListQuicklist2, key) // the nodes' form goes by it
		}
		switch n.Kind {
		case rdb.NodePlain:
			v.node = v.a.PlainNode(v.node, n.Data)
		case rdb.NodeZiplist:
			v.node = v.a.ListNode(v.node, rdb.AppendZiplist(listpack.New(len(n.Data)), n.Data))
		default:
			v.node = v.a.ListNode(v.node, n.Data)
		}
	}
	return append(v.a.Count(dst, count), v.node...), nil
}

func (v *converter) raw(dst []byte, it *rdb.Item) ([]byte, bool, error) {
	switch val := &it.Value; {
	case val.Stream != nil:
		if (val.Type == rdb.TypeStream4 || val.Type == rdb.TypeStream5) && !v.lossy {
			return dst, false, v.cannot(fmt.Sprintf("the producers of stream %q", it.Key))
		}
		return v.a.Stream(v.a.Key(dst, v.a.StreamType(), it.Key), val.Stream), true, nil
	case val.Type == rdb.TypeModule:
		return v.a.Raw(v.a.Key(dst, rdb.TypeModule, it.Key), val.RawValue()), true, nil
	default:
		return dst, false, v.cannot(fmt.Sprintf("key %q, %s", it.Key, val.Type))
	}
}

// hashTTL writes a hash whose fields may expire.
func (v *converter) hashTTL(dst []byte, it *rdb.Item) ([]byte, bool, error) {
	v.fields = v.fields[:0]
	expire := false
	for e := (rdb.Elem{}); ; {
		ok, err := it.Value.NextElem(&e)
		if err != nil {
			return dst, false, asDamage(err)
		}
		if !ok {
			break
		}
		expire = expire || e.ExpireMs >= 0
		v.fields = append(v.fields, rdb.FieldTTL{Field: append([]byte{}, e.Member...), Value: append([]byte{}, e.Value...), ExpireMs: e.ExpireMs})
	}
	if expire && v.version >= 12 {
		return v.a.HashTTL(v.a.Key(dst, rdb.TypeHashTTL, it.Key), v.fields), true, nil
	}
	if expire {
		if err := v.cannot(fmt.Sprintf("expire times of the fields of hash %q", it.Key)); err != nil {
			return dst, false, err
		}
	}
	dst = v.a.Count(v.a.Key(dst, rdb.TypeHash, it.Key), len(v.fields))
	for _, f := range v.fields {
		dst = v.a.String(v.a.String(dst, f.Field), f.Value)
	}
	return dst, true, nil
}

// elements writes a collection element by element.
func (v *converter) elements(dst, key []byte, val *rdb.Value) ([]byte, error) {
	t := map[rdb.Object]rdb.Type{rdb.List: rdb.TypeList, rdb.Set: rdb.TypeSet, rdb.Hash: rdb.TypeHash, rdb.Zset: rdb.TypeZset2}[val.Type.Object()]
	dst = v.a.Count(v.a.Key(dst, t, key), val.Len)
	for e := (rdb.Elem{}); ; {
		ok, err := val.NextElem(&e)
		if err != nil || !ok {
			return dst, asDamage(err)
		}
		dst = v.a.String(dst, e.Member)
		switch t {
		case rdb.TypeHash:
			dst = v.a.String(dst, e.Value)
		case rdb.TypeZset2:
			dst = v.a.Score(dst, e.Score)
		}
	}
}
