package main

import (
	"fmt"
	"math"
	"strconv"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/stream"
)

// respKeys writes keys as the commands that make them.
type respKeys struct {
	db   int // that is selected, -1: none
	args [][]byte
	mem  []byte // text of numbers among args
}

// mostElements is how many elements one command adds.
const mostElements = 64

// appendCommand appends a command.
func appendCommand(dst []byte, args ...[]byte) []byte {
	dst = append(strconv.AppendInt(append(dst, '*'), int64(len(args)), 10), '\r', '\n')
	for _, a := range args {
		dst = append(strconv.AppendInt(append(dst, '$'), int64(len(a)), 10), '\r', '\n')
		dst = append(append(dst, a...), '\r', '\n')
	}
	return dst
}

func appendWords(dst []byte, words ...string) []byte {
	args := make([][]byte, len(words))
	for i, w := range words {
		args[i] = []byte(w)
	}
	return appendCommand(dst, args...)
}

func number(n int64) []byte { return strconv.AppendInt(nil, n, 10) }

func (r *respKeys) function(dst []byte, it *rdb.Item) []byte {
	return appendCommand(dst, []byte("FUNCTION"), []byte("LOAD"), []byte("REPLACE"), it.Value.Str)
}

// key writes a key.
func (r *respKeys) key(dst []byte, it *rdb.Item) ([]byte, error) {
	if it.DB != r.db {
		dst, r.db = appendWords(dst, "SELECT", strconv.Itoa(it.DB)), it.DB
	}
	key := it.Key
	var err error
	switch v := &it.Value; {
	case v.Kind == rdb.KindString:
		dst = appendCommand(dst, []byte("SET"), key, v.Str)
	case v.Stream != nil:
		dst, err = r.stream(dst, key, v.Stream)
	case v.Kind == rdb.KindRaw && v.Type != rdb.TypeModule:
		return dst, fmt.Errorf("key %q, %s, cannot be written as commands", key, v.Type)
	case v.Kind == rdb.KindRaw:
		payload := rdb.AppendDumpFooter(append([]byte{byte(v.Type)}, v.Raw...), rdb.DefaultVersion)
		dst = appendCommand(dst, []byte("RESTORE"), key, []byte("0"), payload, []byte("REPLACE"))
	default:
		dst, err = r.collection(dst, key, v)
	}
	if it.ExpireMs >= 0 {
		dst = appendCommand(dst, []byte("PEXPIREAT"), key, number(it.ExpireMs))
	}
	return dst, err
}

// collection writes elements, several a command, and after them the expire times of fields.
func (r *respKeys) collection(dst, key []byte, v *rdb.Value) ([]byte, error) {
	name := map[rdb.Object]string{rdb.List: "RPUSH", rdb.Set: "SADD", rdb.Zset: "ZADD", rdb.Hash: "HSET", rdb.Array: "ARSET"}[v.Type.Object()]
	var times []byte
	r.begin(name, key)
	for e := (rdb.Elem{}); ; {
		ok, err := v.NextElem(&e)
		if err != nil {
			return dst, err
		}
		if !ok || len(r.args) >= 2+mostElements*2 {
			if len(r.args) > 2 {
				dst = appendCommand(dst, r.args...)
			}
			r.begin(name, key)
		}
		if !ok {
			return append(dst, times...), nil
		}
		switch v.Type.Object() {
		case rdb.Zset:
			r.add(formatScore(e.Score))
			r.add(e.Member)
		case rdb.Hash, rdb.Array:
			r.add(e.Member)
			r.add(e.Value)
		default:
			r.add(e.Member)
		}
		if e.ExpireMs >= 0 {
			times = appendCommand(times, []byte("HPEXPIREAT"), key, number(e.ExpireMs), []byte("FIELDS"), []byte("1"), e.Member)
		}
	}
}

func (r *respKeys) begin(name string, key []byte) {
	r.args = append(r.args[:0], []byte(name), key)
	r.mem = make([]byte, 0, 4<<10) // older pieces are still part of nothing, newer ones must not move
}

// add copies an argument, for it is valid until the next element only.
func (r *respKeys) add(b []byte) {
	if cap(r.mem)-len(r.mem) < len(b) {
		r.mem = make([]byte, 0, max(4<<10, len(b)))
	}
	start := len(r.mem)
	r.mem = append(r.mem, b...)
	r.args = append(r.args, r.mem[start:len(r.mem):len(r.mem)])
}

func formatScore(f float64) []byte {
	switch {
	case math.IsInf(f, 1):
		return []byte("inf")
	case math.IsInf(f, -1):
		return []byte("-inf")
	}
	return strconv.AppendFloat(nil, f, 'g', 17, 64)
}

// stream writes entries, the counters, groups, consumers and pending entries.
func (r *respKeys) stream(dst, key []byte, s *stream.Stream) ([]byte, error) {
	entries := 0
	err := eachEntry(s, func(e *stream.Entry) {
		entries++
		args := append(r.args[:0], []byte("XADD"), key, []byte(e.ID.String()))
		for i := range e.Fields {
			args = append(args, e.Fields[i], e.Values[i])
		}
		r.args = args
		dst = appendCommand(dst, args...)
	})
	if err != nil {
		return dst, err
	}
	if entries == 0 { // an entry that is trimmed at once makes the key
		dst = appendWords(dst, "XADD", string(key), "MAXLEN", "0", "0-1", "x", "y")
	}
	last := s.LastID
	if last == (stream.ID{}) {
		last = stream.ID{Seq: 1}
	}
	dst = appendWords(dst, "XSETID", string(key), last.String(), "ENTRIESADDED", strconv.FormatUint(s.EntriesAdded, 10), "MAXDELETEDID", s.MaxDeletedID.String())
	for i := range s.Groups {
		dst = streamGroup(dst, string(key), &s.Groups[i])
	}
	return dst, nil
}

func streamGroup(dst []byte, key string, g *stream.Group) []byte {
	name := string(g.Name)
	create := []string{"XGROUP", "CREATE", key, name, g.LastID.String()}
	if g.EntriesRead >= 0 {
		create = append(create, "ENTRIESREAD", strconv.FormatInt(g.EntriesRead, 10))
	}
	dst = appendWords(dst, create...)
	for _, c := range g.Consumers {
		dst = appendWords(dst, "XGROUP", "CREATECONSUMER", key, name, string(c.Name))
	}
	for _, p := range g.Pending {
		if p.Consumer < 0 {
			continue
		}
		dst = appendWords(dst, "XCLAIM", key, name, string(g.Consumers[p.Consumer].Name), "0", p.ID.String(), "TIME", strconv.FormatInt(p.DeliveredMs, 10),
			"RETRYCOUNT", strconv.FormatUint(p.Deliveries, 10), "JUSTID", "FORCE")
	}
	return dst
}
