package rdb

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sort"
	"strconv"
	"testing"
)

// contents is a file in the form of the JSON beside it: strings, lists and sets as []any, hashes and sorted sets as
// maps; sets are sorted, scores in the shortest decimal form.
type contents struct {
	version   int
	aux       map[string]string
	dbs       map[int]map[string]any
	types     map[string]Type
	expires   map[string]int64
	fieldTTL  map[string]int64
	idle      map[string]int64
	freq      map[string]int
	functions []string
	streams   map[string]RawValue
	modules   []string
	moduleAux int
	slots     []uint64
	empty     int
	sum       Checksum
	end       int64
}

func newContents() *contents {
	return &contents{
		aux: map[string]string{}, dbs: map[int]map[string]any{}, types: map[string]Type{}, expires: map[string]int64{},
		fieldTTL: map[string]int64{}, idle: map[string]int64{}, freq: map[string]int{}, streams: map[string]RawValue{},
	}
}

// decode reads everything up to the end or the first error.
func decode(r io.Reader, opts DecodeOptions) (*contents, error) {
	c := newContents()
	d := NewDecoder(r, opts)
	for {
		it, err := d.Next()
		c.version, c.empty, c.sum, c.end = d.Version(), d.EmptyKeys(), d.Checksum(), d.Offset()
		if err == io.EOF {
			return c, nil
		}
		if err != nil {
			return c, err
		}
		if err := c.add(it); err != nil {
			return c, err
		}
	}
}

func (c *contents) add(it *Item) error {
	switch it.Op {
	case OpAux:
		c.aux[string(it.Key)] = string(it.Value.Str)
	case OpFunction, OpFunctionPreGA:
		c.functions = append(c.functions, string(it.Value.Str))
	case OpModuleAux:
		c.moduleAux++
		c.modules = append(c.modules, string(it.Key))
	case OpSlotInfo:
		c.slots = append(c.slots, it.Slot, it.Keys, it.Expires)
	case OpKey:
		key := string(it.Key)
		c.types[key] = it.Value.Type
		if it.ExpireMs >= 0 {
			c.expires[key] = it.ExpireMs
		}
		if it.Idle >= 0 {
			c.idle[key] = it.Idle
		}
		if it.Freq >= 0 {
			c.freq[key] = it.Freq
		}
		v, err := c.value(key, &it.Value)
		if err != nil {
			return err
		}
		if c.dbs[it.DB] == nil {
			c.dbs[it.DB] = map[string]any{}
		}
		c.dbs[it.DB][key] = v
	}
	return nil
}

func (c *contents) value(key string, v *Value) (any, error) {
	if v.Kind == KindString {
		return string(v.Str), nil
	}
	if v.Kind == KindRaw {
		raw := v.RawValue()
		raw.Data = bytes.Clone(raw.Data)
		c.streams[key] = raw
		if v.Type == TypeModule {
			name, _ := ModuleName(v.Module)
			c.modules = append(c.modules, name)
		}
		return fmt.Sprintf("raw %s", v.Type), nil
	}
	list, pairs := []any{}, map[string]any{}
	var e Elem
	for {
		ok, err := v.NextElem(&e)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		switch v.Type.Object() {
		case Hash:
			pairs[string(e.Member)] = string(e.Value)
			if e.ExpireMs >= 0 {
				c.fieldTTL[string(e.Member)] = e.ExpireMs
			}
		case Zset:
			// Adding 0 drops the sign of -0, as Redis does when it makes a listpack.
			pairs[string(e.Member)] = strconv.FormatFloat(e.Score+0, 'g', -1, 64)
		default:
			list = append(list, string(e.Member))
		}
	}
	switch v.Type.Object() {
	case Hash, Zset:
		return pairs, nil
	case Set:
		sortAny(list)
	}
	return list, nil
}

func sortAny(list []any) {
	sort.Slice(list, func(i, j int) bool { return list[i].(string) < list[j].(string) })
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// corpus returns the names of all RDB files in testdata.
func corpus(t testing.TB) (names []string) {
	for _, dir := range []string{"librdb", "redis"} {
		entries, err := os.ReadDir("testdata/" + dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if n := e.Name(); len(n) > 4 && n[len(n)-4:] == ".rdb" {
				names = append(names, dir+"/"+n)
			}
		}
	}
	if len(names) < 50 {
		t.Fatalf("only %d files in the corpus", len(names))
	}
	return names
}
