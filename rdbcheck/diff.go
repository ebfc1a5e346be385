package main

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/stream"
)

func (p *program) diffCommand() *cli.Command {
	return &cli.Command{
		Name:      "diff",
		Usage:     "say which keys two files do not have in common",
		UsageText: "lockstep-rdbcheck diff [options] A B",
		Description: `Keys are compared by what they hold, not by how it is written: a set is the same in another order or encoding. Memory is 48
bytes for each key of A, or a little more, and nothing of the values.

   - only in A     + only in B     ~ in both, with what differs

   lockstep-rdbcheck diff before.rdb after.rdb
   lockstep-rdbcheck diff --ignore-expiry --json master.rdb replica.rdb

Exit code: 0 no difference, 1 some, 2 trouble.`,
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "print one JSON object a difference"},
			&cli.BoolFlag{Name: "ignore-expiry", Usage: "do not compare when keys expire"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "print the summary only"},
		}, selectFlags()...),
		Action: p.diff,
	}
}

// content is a key without what it holds.
type content struct {
	value  [2]uint64
	expire int64
	typ    rdb.Object
	seen   bool // in B
}

// differ compares two files: A is read into a table, B looked up in it, and A read again for what B has not.
type differ struct {
	p       *program
	sel     *selection
	w       io.Writer
	json    bool
	quiet   bool
	expiry  bool
	h       *hasher
	keys    map[[2]uint64]content
	only    [2]int64
	changed int64
	same    int64
}

func (p *program) diff(c *cli.Context) error {
	if c.NArg() != 2 {
		return errors.New("diff wants two files")
	}
	a, b := c.Args().Get(0), c.Args().Get(1)
	if a == "-" {
		return errors.New("the first file is read twice and cannot be standard input")
	}
	sel, err := newSelection(c, p.now)
	if err != nil {
		return err
	}
	d := &differ{p: p, sel: sel, w: p.std.out, json: c.Bool("json"), quiet: c.Bool("quiet"), expiry: !c.Bool("ignore-expiry"), h: newHasher(), keys: map[[2]uint64]content{}}
	for _, step := range []struct {
		name string
		see  func(it *rdb.Item, key [2]uint64, c content)
	}{{a, d.first}, {b, d.second}, {a, d.third}} {
		if err := d.read(step.name, step.see); err != nil {
			p.complain(err)
			return nil
		}
	}
	if d.only[0]+d.only[1]+d.changed > 0 {
		p.worst(exitCorrupt)
	}
	if d.json {
		return writeJSON(d.w, map[string]any{"a": a, "b": b, "only_a": d.only[0], "only_b": d.only[1], "changed": d.changed, "same": d.same})
	}
	fmt.Fprintf(d.w, "%d keys only in %s, %d only in %s, %d differ, %d are the same\n", d.only[0], a, d.only[1], b, d.changed, d.same)
	return nil
}

func (d *differ) read(name string, see func(it *rdb.Item, key [2]uint64, c content)) error {
	return d.p.read(name, rdb.DecodeOptions{StreamNodes: true}, func(r *reading) {
		r.item = func(it *rdb.Item) error {
			if it.Op != rdb.OpKey || !d.sel.wants(it) {
				return nil
			}
			if ok, err := d.sel.fits(r.s); !ok || err != nil {
				return err
			}
			value, err := d.h.value(&it.Value)
			if err != nil {
				return asDamage(err)
			}
			see(it, d.h.sum(it.Key, uint64(it.DB)), content{value: value, expire: it.ExpireMs, typ: it.Value.Type.Object()})
			return nil
		}
	})
}

func (d *differ) first(_ *rdb.Item, key [2]uint64, c content) { d.keys[key] = c }

func (d *differ) second(it *rdb.Item, key [2]uint64, b content) {
	a, there := d.keys[key]
	if !there {
		d.only[1]++
		d.tell("+", it, "")
		return
	}
	a.seen = true
	d.keys[key] = a
	var what []string
	if a.typ != b.typ {
		what = append(what, fmt.Sprintf("type %s, now %s", a.typ, b.typ))
	} else if a.value != b.value {
		what = append(what, "value")
	}
	if d.expiry && a.expire != b.expire {
		what = append(what, fmt.Sprintf("expires %s, now %s", expireText(a.expire), expireText(b.expire)))
	}
	if len(what) == 0 {
		d.same++
		return
	}
	d.changed++
	d.tell("~", it, strings.Join(what, "; "))
}

func (d *differ) third(it *rdb.Item, key [2]uint64, _ content) {
	if !d.keys[key].seen {
		d.only[0]++
		d.tell("-", it, "")
	}
}

func expireText(ms int64) string {
	if ms < 0 {
		return "never"
	}
	return fmt.Sprintf("at %d", ms)
}

func (d *differ) tell(sign string, it *rdb.Item, what string) {
	if d.quiet {
		return
	}
	if d.json {
		word := map[string]string{"+": "only_b", "-": "only_a", "~": "changed"}[sign]
		writeJSON(d.w, map[string]any{"what": word, "db": it.DB, "key": printable(it.Key), "type": it.Value.Type.Object().String(), "changes": what})
		return
	}
	if what != "" {
		what = ": " + what
	}
	fmt.Fprintf(d.w, "%s db %d %s %q%s\n", sign, it.DB, it.Value.Type.Object(), it.Key, what)
}

// hasher makes 128 bits of what a value holds. Members of sets, hashes and sorted sets are added up, so that their order
// does not matter; those of lists and streams are chained.
type hasher struct{ seeds [2]maphash.Seed }

func newHasher() *hasher { return &hasher{[2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}} }

// sum hashes bytes and a number.
func (h *hasher) sum(b []byte, n uint64) (out [2]uint64) {
	for i, seed := range h.seeds {
		x := maphash.Bytes(seed, b) ^ n*0x9e3779b97f4a7c15
		x ^= x >> 29
		x *= 0xbf58476d1ce4e5b9
		out[i] = x ^ x>>32
	}
	return out
}

func (h *hasher) value(v *rdb.Value) ([2]uint64, error) {
	switch {
	case v.Kind == rdb.KindString:
		return h.sum(v.Str, 0), nil
	case v.Stream != nil:
		return h.stream(v.Stream)
	case v.Kind == rdb.KindRaw:
		return h.sum(v.Raw, v.Module), nil
	}
	var all [2]uint64
	object, n := v.Type.Object(), uint64(0)
	for e := (rdb.Elem{}); ; n++ {
		ok, err := v.NextElem(&e)
		if err != nil || !ok {
			return all, err
		}
		one := h.element(object, &e, n)
		all[0] += one[0]
		all[1] += one[1]
	}
}

func (h *hasher) element(object rdb.Object, e *rdb.Elem, n uint64) [2]uint64 {
	switch object {
	case rdb.List:
		return h.sum(e.Member, n)
	case rdb.Zset:
		return h.sum(e.Member, math.Float64bits(e.Score+0))
	case rdb.Hash, rdb.Array:
		value := h.sum(e.Value, uint64(e.ExpireMs))
		return h.sum(e.Member, value[0]^value[1]<<1)
	}
	return h.sum(e.Member, 0)
}

// stream hashes entries and groups.
func (h *hasher) stream(s *stream.Stream) ([2]uint64, error) {
	var all [2]uint64
	next := uint64(0)
	add := func(b []byte, n uint64) {
		one := h.sum(b, n+next)
		all[0] += one[0]
		all[1] += one[1]
		next++
	}
	err := eachEntry(s, func(e *stream.Entry) {
		add(nil, e.ID.Ms)
		add(nil, e.ID.Seq)
		for i := range e.Fields {
			add(e.Fields[i], 1)
			add(e.Values[i], 2)
		}
	})
	add(nil, s.LastID.Ms)
	add(nil, s.LastID.Seq)
	for _, g := range s.Groups {
		add(g.Name, g.LastID.Ms)
		add(nil, g.LastID.Seq)
		for _, p := range g.Pending {
			add(nil, p.ID.Ms)
			add(nil, p.ID.Seq)
		}
		for _, c := range g.Consumers {
			add(c.Name, uint64(c.Pending))
		}
	}
	return all, err
}
