package main

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/stream"
)

// jsonKeyLine writes a key with its value as one line.
func jsonKeyLine(dst []byte, it *rdb.Item) ([]byte, error) {
	dst = strconv.AppendInt(append(dst, `{"db":`...), int64(it.DB), 10)
	if utf8.Valid(it.Key) {
		dst = appendText(append(dst, `,"key":`...), it.Key)
	} else {
		dst = base64.StdEncoding.AppendEncode(append(dst, `,"key_base64":"`...), it.Key)
		dst = append(dst, '"')
	}
	dst = append(append(dst, `,"type":"`...), it.Value.Type.Object().String()...)
	dst = append(append(append(dst, `","encoding":"`...), it.Value.Type.String()...), '"')
	for _, n := range []struct {
		name  string
		value int64
	}{{"expire_ms", it.ExpireMs}, {"idle", it.Idle}, {"freq", int64(it.Freq)}} {
		if n.value >= 0 {
			dst = append(append(append(dst, `,"`...), n.name...), `":`...)
			dst = strconv.AppendInt(dst, n.value, 10)
		}
	}
	dst, err := jsonValue(append(dst, `,"value":`...), &it.Value)
	return append(dst, '}', '\n'), err
}

// appendText writes UTF-8 as a JSON string, other bytes as an object.
func appendText(dst, s []byte) []byte {
	if !utf8.Valid(s) {
		dst = base64.StdEncoding.AppendEncode(append(dst, `{"base64":"`...), s)
		return append(dst, '"', '}')
	}
	start := 0
	dst = append(dst, '"')
	for i, c := range s {
		if c >= ' ' && c != '"' && c != '\\' && c != 0x7f {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			const digits = "0123456789abcdef"
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	return append(append(dst, s[start:]...), '"')
}

func jsonValue(dst []byte, v *rdb.Value) ([]byte, error) {
	switch {
	case v.Kind == rdb.KindString:
		return appendText(dst, v.Str), nil
	case v.Stream != nil:
		return jsonStream(dst, v.Stream)
	case v.Type == rdb.TypeModule:
		name, version := rdb.ModuleName(v.Module)
		dst = appendText(append(dst, `{"module":`...), []byte(name))
		dst = strconv.AppendInt(append(dst, `,"version":`...), int64(version), 10)
		dst = base64.StdEncoding.AppendEncode(append(dst, `,"base64":"`...), v.Raw)
		return append(dst, '"', '}'), nil
	case v.Kind == rdb.KindRaw:
		dst = base64.StdEncoding.AppendEncode(append(dst, `{"raw_base64":"`...), v.Raw)
		return append(dst, '"', '}'), nil
	}
	dst = append(dst, '[')
	object, first := v.Type.Object(), true
	for e := (rdb.Elem{}); ; first = false {
		ok, err := v.NextElem(&e)
		if err != nil || !ok {
			return append(dst, ']'), err
		}
		if !first {
			dst = append(dst, ',')
		}
		dst = jsonElem(dst, object, &e)
	}
}

func jsonElem(dst []byte, object rdb.Object, e *rdb.Elem) []byte {
	switch object {
	case rdb.Hash, rdb.Array:
		dst = appendText(append(dst, '['), e.Member)
		dst = appendText(append(dst, ','), e.Value)
		if e.ExpireMs >= 0 {
			dst = strconv.AppendInt(append(dst, ','), e.ExpireMs, 10)
		}
		return append(dst, ']')
	case rdb.Zset:
		dst = appendText(append(dst, '['), e.Member)
		return append(appendScore(append(dst, ','), e.Score), ']')
	}
	return appendText(dst, e.Member)
}

// appendScore writes a score; JSON has no infinity.
func appendScore(dst []byte, f float64) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(dst, `"inf"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-inf"`...)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

type jsonStreamGroup struct {
	Name        string              `json:"name"`
	LastID      string              `json:"last_id"`
	EntriesRead int64               `json:"entries_read"`
	Pending     []jsonPendingEntry  `json:"pending"`
	Consumers   []jsonStreamMembers `json:"consumers"`
}

type jsonPendingEntry struct {
	ID          string `json:"id"`
	Consumer    string `json:"consumer,omitempty"`
	DeliveredMs int64  `json:"delivered_ms"`
	Deliveries  uint64 `json:"deliveries"`
}

type jsonStreamMembers struct {
	Name     string `json:"name"`
	SeenMs   int64  `json:"seen_ms"`
	ActiveMs int64  `json:"active_ms"`
}

// jsonStream writes entries as {"id": ..., "fields": [[field, value]]}, then what else a stream knows.
func jsonStream(dst []byte, s *stream.Stream) ([]byte, error) {
	dst, first := append(dst, `{"entries":[`...), true
	err := eachEntry(s, func(e *stream.Entry) {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(append(append(dst, `{"id":"`...), e.ID.String()...), `","fields":[`...)
		for i := range e.Fields {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendText(append(dst, '['), e.Fields[i])
			dst = append(appendText(append(dst, ','), e.Values[i]), ']')
		}
		dst = append(dst, ']', '}')
	})
	if err != nil {
		return dst, err
	}
	groups := []jsonStreamGroup{}
	for _, g := range s.Groups {
		groups = append(groups, newJSONGroup(&g))
	}
	rest, err := json.Marshal(map[string]any{
		"length": s.Length, "last_id": s.LastID.String(), "first_id": s.FirstID.String(), "max_deleted_id": s.MaxDeletedID.String(),
		"entries_added": s.EntriesAdded, "groups": groups,
	})
	return append(append(dst, `],`...), rest[1:]...), err
}

func newJSONGroup(g *stream.Group) jsonStreamGroup {
	j := jsonStreamGroup{printable(g.Name), g.LastID.String(), g.EntriesRead, []jsonPendingEntry{}, []jsonStreamMembers{}}
	for _, p := range g.Pending {
		name := ""
		if p.Consumer >= 0 {
			name = printable(g.Consumers[p.Consumer].Name)
		}
		j.Pending = append(j.Pending, jsonPendingEntry{p.ID.String(), name, p.DeliveredMs, p.Deliveries})
	}
	for _, c := range g.Consumers {
		j.Consumers = append(j.Consumers, jsonStreamMembers{printable(c.Name), c.SeenMs, c.ActiveMs})
	}
	return j
}

// eachEntry shows the entries of a stream that are not deleted.
func eachEntry(s *stream.Stream, see func(*stream.Entry)) error {
	var w stream.Walker
	var e stream.Entry
	for _, n := range s.Nodes {
		if err := w.Reset(n); err != nil {
			return err
		}
		for {
			ok, err := w.Next(&e)
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			if !e.Deleted {
				see(&e)
			}
		}
	}
	return nil
}
