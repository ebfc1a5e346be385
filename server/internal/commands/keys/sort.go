package keys

import (
	"bytes"
	"math"
	"slices"
	"strconv"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// sortOptions are those of SORT.
type sortOptions struct {
	desc, alpha  bool
	offset, size int64 // LIMIT; size < 0: all
	by           []byte
	unsorted     bool // BY a pattern without a star
	get          [][]byte
	dst          []byte // STORE; nil: none
}

func parseSort(c *command.Ctx, readOnly bool) (o sortOptions, ok bool) {
	o.size = -1
	for i := 2; i < len(c.Args); i++ {
		left := len(c.Args) - i - 1
		switch a := c.Args[i]; {
		case command.Is(a, "ASC"):
			o.desc = false
		case command.Is(a, "DESC"):
			o.desc = true
		case command.Is(a, "ALPHA"):
			o.alpha = true
		case command.Is(a, "LIMIT") && left >= 2:
			var ok1, ok2 bool
			o.offset, ok1 = command.ParseInt(c.Args[i+1])
			o.size, ok2 = command.ParseInt(c.Args[i+2])
			if !ok1 || !ok2 {
				c.Fail(command.ErrNotInteger)
				return o, false
			}
			i += 2
		case !readOnly && command.Is(a, "STORE") && left >= 1:
			i++
			o.dst = c.Args[i]
		case command.Is(a, "BY") && left >= 1:
			i++
			o.by = c.Args[i]
			o.unsorted = bytes.IndexByte(o.by, '*') < 0
			if !o.unsorted && !c.Hooks.ReadsEveryKey() {
				c.Fail("ERR BY option of SORT denied due to insufficient ACL permissions.")
				return o, false
			}
		case command.Is(a, "GET") && left >= 1:
			i++
			o.get = append(o.get, c.Args[i])
			if !c.Hooks.ReadsEveryKey() {
				c.Fail("ERR GET option of SORT denied due to insufficient ACL permissions.")
				return o, false
			}
		default:
			c.Fail(command.ErrSyntax)
			return o, false
		}
	}
	return o, true
}

// sortGetKeys finds the keys of a call: the first argument and the last STORE.
func sortGetKeys(dst []command.KeyPos, args [][]byte) ([]command.KeyPos, bool) {
	dst = append(dst, command.KeyPos{Index: 1, Access: command.KeyRO | command.KeyAccessData})
	store := 0
	for i := 2; i < len(args); i++ {
		switch {
		case command.Is(args[i], "LIMIT"):
			i += 2
		case command.Is(args[i], "BY"), command.Is(args[i], "GET"):
			i++
		case command.Is(args[i], "STORE") && i+1 < len(args):
			i++
			store = i
		}
	}
	if store > 0 {
		dst = append(dst, command.KeyPos{Index: store, Access: command.KeyOW | command.KeyUpdate})
	}
	return dst, true
}

func sortKeys(c *command.Ctx) { sortWith(c, false) }

func sortRO(c *command.Ctx) { sortWith(c, true) }

// sortItem is an element and what it is sorted by.
type sortItem struct {
	elem  []byte
	by    []byte // nil: the key or field is missing
	score float64
}

func sortWith(c *command.Ctx, readOnly bool) {
	o, ok := parseSort(c, readOnly)
	if !ok {
		return
	}
	items, typ, err := sortLoad(c, c.Key())
	if err != nil {
		c.Fail(command.ErrWrongType)
		return
	}
	if o.unsorted && typ == store.TypeSet && (o.dst != nil || c.InScript) {
		// The order of a set is not the same on replicas: sort after all what is stored, or what a script may store.
		o.unsorted, o.alpha, o.by = false, true, nil
	}
	if o.unsorted {
		if o.desc && typ != store.TypeSet {
			slices.Reverse(items)
		}
	} else if !sortItems(c, items, &o) {
		c.Fail("ERR One or more scores can't be converted into double")
		return
	}
	items = o.limit(items)
	if o.dst != nil {
		sortStore(c, items, &o)
		return
	}
	if len(o.get) == 0 {
		c.Reply.Array(len(items))
		for i := range items {
			c.Reply.Bulk(items[i].elem)
		}
		return
	}
	c.Reply.Array(len(items) * len(o.get))
	for i := range items {
		for _, pattern := range o.get {
			if v, ok := sortLookup(c, pattern, items[i].elem); ok {
				if c.Reply.Bulk(v); c.AbandonLarge(len(v)) {
					return
				}
			} else {
				c.Reply.Null()
			}
		}
	}
}

// limit applies LIMIT.
func (o *sortOptions) limit(items []sortItem) []sortItem {
	n := int64(len(items))
	from := min(max(o.offset, 0), n)
	to := n
	if o.size >= 0 {
		to = from + min(o.size, n-from)
	}
	return items[from:to]
}

// sortLoad copies the elements of a list, set or sorted set: looking up what they are sorted by may change the store.
func sortLoad(c *command.Ctx, key []byte) (items []sortItem, typ store.Type, err error) {
	if !c.DB.Touch(key, c.Now) {
		return nil, store.TypeNone, nil
	}
	var text []byte
	var ends []int
	add := func(b []byte) {
		text = append(text, b...)
		ends = append(ends, len(text))
	}
	addValue := func(v listpack.Value) bool {
		text = v.Append(text)
		ends = append(ends, len(text))
		return true
	}
	it, _ := c.DB.Item(key, c.Now)
	switch typ = it.Kind().Type(); typ {
	case store.TypeList:
		v := it.List()
		for cur := v.Cursor(0, false); cur.OK(); cur.Next() {
			addValue(cur.Value())
		}
	case store.TypeSet:
		v := it.Set()
		v.Each(addValue)
	case store.TypeZSet:
		v := it.ZSet()
		v.Each(0, v.Len(), false, func(m []byte, _ float64) { add(m) })
	default:
		return nil, typ, store.ErrWrongType
	}
	items = make([]sortItem, len(ends))
	from := 0
	for i, to := range ends {
		items[i].elem = text[from:to:to]
		from = to
	}
	return items, typ, nil
}

// sortItems sorts. It fails when a score is no number.
func sortItems(c *command.Ctx, items []sortItem, o *sortOptions) bool {
	numbers := true
	for i := range items {
		it := &items[i]
		it.by = it.elem
		if o.by != nil {
			v, ok := sortLookup(c, o.by, it.elem)
			it.by = nil
			if ok {
				it.by = append([]byte{}, v...)
			}
		}
		if !o.alpha && it.by != nil {
			var ok bool
			if it.score, ok = sortScore(it.by); !ok {
				numbers = false
			}
		}
	}
	if !numbers {
		return false
	}
	slices.SortStableFunc(items, func(a, b sortItem) int {
		n := compareItems(&a, &b, o)
		if o.desc {
			return -n
		}
		return n
	})
	return true
}

func compareItems(a, b *sortItem, o *sortOptions) int {
	switch {
	case !o.alpha && a.score < b.score:
		return -1
	case !o.alpha && a.score > b.score:
		return 1
	case !o.alpha: // equal scores: the result is still to be the same everywhere
		return bytes.Compare(a.elem, b.elem)
	case (a.by == nil) != (b.by == nil):
		if a.by == nil {
			return -1
		}
		return 1
	}
	return bytes.Compare(a.by, b.by)
}

// sortScore reads a number as C's strtod does: nothing is zero, space may lead.
func sortScore(b []byte) (float64, bool) {
	b = bytes.TrimLeft(b, " \t\n\v\f\r")
	if len(b) == 0 {
		return 0, true
	}
	f, ok := command.ParseFloat(b)
	if !ok || math.IsInf(f, 0) && b[len(b)-1]|0x20 != 'f' && b[len(b)-1]|0x20 != 'y' {
		return 0, false
	}
	return f, true
}

// sortLookup returns what a pattern of BY or GET stands for: "#" the element, "prefix*suffix" a string,
// "prefix*suffix->field" a field of a hash.
func sortLookup(c *command.Ctx, pattern, elem []byte) ([]byte, bool) {
	if string(pattern) == "#" {
		return elem, true
	}
	star := bytes.IndexByte(pattern, '*')
	if star < 0 {
		return nil, false
	}
	suffix, field := pattern[star+1:], []byte(nil)
	if i := bytes.Index(suffix, []byte("->")); i >= 0 && i+2 < len(suffix) {
		suffix, field = suffix[:i], suffix[i+2:]
	}
	key := slices.Concat(pattern[:star], elem, suffix)
	if field == nil {
		v, ok, err := c.DB.GetString(key, c.Now)
		return v, ok && err == nil
	}
	h, ok, err := c.DB.ReadHash(key, c.Now)
	if !ok || err != nil {
		return nil, false
	}
	v, ok := h.Get(field)
	if ok && v.IsInt {
		return strconv.AppendInt(nil, v.Int, 10), true
	}
	return v.Str, ok
}

// sortStore stores the result as a list, or deletes the destination when there is none.
func sortStore(c *command.Ctx, items []sortItem, o *sortOptions) {
	d := c.DB.NewListDraft()
	for i := range items {
		if len(o.get) == 0 {
			d.Add(items[i].elem)
		}
		for _, pattern := range o.get {
			v, _ := sortLookup(c, pattern, items[i].elem)
			d.Add(v)
		}
	}
	n := int64(d.Len())
	existed := d.Store(o.dst)
	switch {
	case n > 0:
		c.Changed(command.NotifyList, "sortstore", o.dst)
		c.Dirty += n
	case existed:
		c.Changed(command.NotifyGeneric, "del", o.dst)
		c.Dirty++
	}
	c.Reply.Int(n)
}
