// Package stats sums up what an RDB file holds, in memory that does not grow with the file: counts by database, type and
// encoding, histograms, the largest keys, and which prefixes of key names take how much.
package stats

import (
	"container/heap"
	"math/bits"
	"slices"

	"github.com/lockstep-db/lockstep/libs/rdb"
)

// Sum counts keys.
type Sum struct {
	Keys     int64 `json:"keys"`
	Elements int64 `json:"elements"` // of collections; a string counts as one
	Memory   int64 `json:"memory"`   // estimated, see memory.go
	Bytes    int64 `json:"bytes"`    // in the file
	Expires  int64 `json:"expires"`
	Expired  int64 `json:"expired"`
}

func (s *Sum) add(k *Key, expired bool) {
	s.Keys++
	s.Elements += k.Elements
	s.Memory += k.Memory
	s.Bytes += k.Bytes
	if k.ExpireMs >= 0 {
		s.Expires++
	}
	if expired {
		s.Expired++
	}
}

// Key is one key.
type Key struct {
	DB       int
	Name     []byte
	Type     string
	Encoding string
	Elements int64
	Largest  int64 // bytes of the largest element
	Memory   int64
	Bytes    int64
	ExpireMs int64 // -1: never
}

// Options are the choices of a Collector.
type Options struct {
	Top       int    // how many of the largest keys
	Separator string // between the parts of a key's name
	Depth     int    // how many parts make a prefix at most
	Prefixes  int    // how many prefixes are kept at most
	NowMs     int64
}

// Collector sums up records. The zero value is not usable: see New.
type Collector struct {
	opts     Options
	Total    Sum
	ByDB     map[int]*Sum
	ByType   map[string]*Sum
	ByEnc    map[string]*Sum
	TTL      [len(ttlNames)]int64
	Sizes    [41]int64 // index n: memory of 2^n bytes or more, below 2^(n+1)
	Counts   [41]int64 // the same for elements of collections
	memory   topKeys
	elements topKeys
	Prefixes *Prefixes
}

// New returns an empty Collector.
func New(opts Options) *Collector {
	return &Collector{
		opts: opts, ByDB: map[int]*Sum{}, ByType: map[string]*Sum{}, ByEnc: map[string]*Sum{},
		memory:   topKeys{most: opts.Top, by: func(k *Key) int64 { return k.Memory }},
		elements: topKeys{most: opts.Top, by: func(k *Key) int64 { return k.Elements }},
		Prefixes: newPrefixes(opts),
	}
}

// ttlNames are the classes of the TTL histogram, in order; limits in ms are in ttlClass.
var ttlNames = [...]string{"never", "expired", "1m", "1h", "1d", "7d", "30d", "1y", "later"}

// TTLNames returns the names of the classes of TTL: never, expired, and within which time.
func TTLNames() []string { return ttlNames[:] }

func ttlClass(expireMs, now int64) int {
	const minute, day = 60_000, 24 * 3600_000
	if expireMs < 0 {
		return 0
	}
	left := expireMs - now
	for i, limit := range []int64{0, minute, 60 * minute, day, 7 * day, 30 * day, 365 * day} {
		if left < limit {
			return i + 1
		}
	}
	return len(ttlNames) - 1
}

// Measure reads the elements of a key and returns what it takes. end returns the offset behind the record then.
func Measure(it *rdb.Item, end func() int64) (*Key, error) {
	k := &Key{DB: it.DB, Name: it.Key, Type: it.Value.Type.Object().String(), Encoding: it.Value.Type.String(), ExpireMs: it.ExpireMs}
	m, err := measureValue(&it.Value)
	if err != nil {
		return nil, err
	}
	k.Elements, k.Largest = m.elements, m.largest
	k.Memory = keyMemory(it) + m.valueMemory(&it.Value)
	k.Bytes = end() - it.Offset
	return k, nil
}

// measureValue reads a value to its end.
func measureValue(v *rdb.Value) (*measure, error) {
	m := &measure{}
	switch v.Kind {
	case rdb.KindString:
		m.elements, m.largest = 1, int64(len(v.Str))
		return m, nil
	case rdb.KindRaw:
		m.elements = int64(v.Len)
		return m, nil
	case rdb.KindNodes:
		for n := (rdb.Node{}); ; {
			ok, err := v.NextNode(&n)
			if err != nil || !ok {
				return m, err
			}
			m.elements += int64(n.Len)
			m.nodes += 32 + alloc(int64(len(n.Data)))
			m.largest = max(m.largest, int64(len(n.Data)/max(n.Len, 1)))
		}
	}
	for e := (rdb.Elem{}); ; {
		ok, err := v.NextElem(&e)
		if err != nil || !ok {
			return m, err
		}
		m.element(len(e.Member), len(e.Value))
		if v.Type.Object() == rdb.Hash {
			m.pieces += sds(int64(len(e.Value)))
		}
	}
}

// Add counts a key. Its name is kept only if it is one of the largest.
func (c *Collector) Add(k *Key) {
	expired := k.ExpireMs >= 0 && k.ExpireMs < c.opts.NowMs
	c.Total.add(k, expired)
	sumOf(c.ByDB, k.DB).add(k, expired)
	sumOf(c.ByType, k.Type).add(k, expired)
	sumOf(c.ByEnc, k.Encoding).add(k, expired)
	c.TTL[ttlClass(k.ExpireMs, c.opts.NowMs)]++
	c.Sizes[bucket(k.Memory)]++
	if k.Type != "string" {
		c.Counts[bucket(k.Elements)]++
	}
	c.memory.add(k)
	if k.Type != "string" {
		c.elements.add(k)
	}
	c.Prefixes.add(k, expired)
}

func bucket(n int64) int { return min(max(bits.Len64(uint64(n))-1, 0), 40) }

func sumOf[K comparable](m map[K]*Sum, k K) *Sum {
	s := m[k]
	if s == nil {
		s = &Sum{}
		m[k] = s
	}
	return s
}

// LargestByMemory returns the keys that take the most memory, largest first.
func (c *Collector) LargestByMemory() []*Key { return c.memory.sorted() }

// LargestByElements returns the collections with the most elements, largest first.
func (c *Collector) LargestByElements() []*Key { return c.elements.sorted() }

// topKeys keeps the largest keys: a heap with the smallest of them at its root.
type topKeys struct {
	most int
	by   func(*Key) int64
	keys []*Key
}

func (t *topKeys) Len() int           { return len(t.keys) }
func (t *topKeys) Less(i, j int) bool { return t.by(t.keys[i]) < t.by(t.keys[j]) }
func (t *topKeys) Swap(i, j int)      { t.keys[i], t.keys[j] = t.keys[j], t.keys[i] }
func (t *topKeys) Push(k any)         { t.keys = append(t.keys, k.(*Key)) }

// Pop is part of heap.Interface.
func (t *topKeys) Pop() any {
	k := t.keys[len(t.keys)-1]
	t.keys = t.keys[:len(t.keys)-1]
	return k
}

func (t *topKeys) add(k *Key) {
	full := len(t.keys) >= t.most
	if t.most <= 0 || full && t.by(k) <= t.by(t.keys[0]) {
		return
	}
	kept := *k
	kept.Name = slices.Clone(k.Name)
	heap.Push(t, &kept)
	if full {
		heap.Pop(t)
	}
}

func (t *topKeys) sorted() []*Key {
	return slices.SortedStableFunc(slices.Values(t.keys), func(a, b *Key) int {
		switch x, y := t.by(a), t.by(b); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return slices.Compare(a.Name, b.Name)
	})
}
