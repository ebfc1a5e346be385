package repltest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/lockstep-db/lockstep/libs/repl"
)

type key struct {
	db   int
	name string
}

// store is the model data: databases of strings, and a digest that is kept while they change. Two stores with different
// contents have different digests, but for one chance in 2^64.
type store struct {
	kv     map[key]string
	digest uint64
}

func newStore() *store { return &store{kv: map[key]string{}} }

func (s *store) clone() *store { return &store{maps.Clone(s.kv), s.digest} }

func (s *store) set(k key, v string) {
	s.del(k)
	s.kv[k] = v
	s.digest ^= hash(k, v)
}

func (s *store) del(k key) {
	if old, ok := s.kv[k]; ok {
		s.digest ^= hash(k, old)
		delete(s.kv, k)
	}
}

// hash is FNV-1a with a final mix.
func hash(k key, v string) uint64 {
	h := uint64(14695981039346656037)
	for _, part := range [...]string{strconv.Itoa(k.db), k.name, v} {
		for i := range len(part) {
			h = (h ^ uint64(part[i])) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211
	}
	h ^= h >> 31
	h *= 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// exec runs a write. APPEND and INCRBY show each command that is skipped or repeated.
func (s *store) exec(db int, args [][]byte) error {
	name := func(i int) key { return key{db, string(args[i])} }
	switch cmd := string(args[0]); {
	case cmd == "set" && len(args) == 3:
		s.set(name(1), string(args[2]))
	case cmd == "append" && len(args) == 3:
		v := s.kv[name(1)] + string(args[2])
		s.set(name(1), v[max(0, len(v)-64):])
	case cmd == "incrby" && len(args) == 3:
		a, _ := strconv.ParseInt(s.kv[name(1)], 10, 64)
		b, err := strconv.ParseInt(string(args[2]), 10, 64)
		if err != nil {
			return err
		}
		s.set(name(1), strconv.FormatInt(a*31+b, 10))
	case cmd == "del" && len(args) == 2:
		s.del(name(1))
	case cmd == "flushall" && len(args) == 1:
		clear(s.kv)
		s.digest = 0
	default:
		return fmt.Errorf("unknown command %q of %d words", cmd, len(args))
	}
	return nil
}

// encode writes a snapshot: the fields of replication, the entries, the digest.
func (s *store) encode(w io.Writer, aux []repl.Aux) error {
	b := bufio.NewWriterSize(w, 1024)
	num := func(n int) { b.Write(binary.AppendUvarint(nil, uint64(n))) }
	str := func(v string) { num(len(v)); b.WriteString(v) }
	num(len(aux))
	for _, f := range aux {
		str(f.Key)
		str(f.Value)
	}
	keys := slices.SortedFunc(maps.Keys(s.kv), func(a, b key) int {
		return (a.db-b.db)*1000 + compare(a.name, b.name)
	})
	num(len(keys))
	for _, k := range keys {
		num(k.db)
		str(k.name)
		str(s.kv[k])
	}
	b.Write(binary.LittleEndian.AppendUint64(nil, s.digest))
	return b.Flush()
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// header is what a snapshot says besides its entries.
type header struct {
	repl.SavedReader
	ofMaster bool // it was taken by a node without a master: the stream behind it says its database (R17)
}

// auxOfMaster is a field of the model.
const auxOfMaster = "of-master"

// decode reads a snapshot. pause is called now and then: loading takes time.
func decode(src io.Reader, pause func() bool) (*store, header, error) {
	r := bufio.NewReaderSize(src, 512)
	var saved header
	s := newStore()
	var failed error
	num := func() int {
		n, err := binary.ReadUvarint(r)
		if failed == nil {
			failed = err
		}
		return int(n)
	}
	str := func() string {
		p := make([]byte, num())
		if failed == nil {
			_, failed = io.ReadFull(r, p)
		}
		return string(p)
	}
	for n := num(); n > 0 && failed == nil; n-- {
		k, v := str(), str()
		if failed == nil {
			_, failed = saved.Field(k, v)
			saved.ofMaster = saved.ofMaster || k == auxOfMaster
		}
	}
	for n := num(); n > 0 && failed == nil; n-- {
		k := key{db: num()}
		k.name = str()
		v := str()
		if failed == nil {
			s.set(k, v)
		}
		if !pause() {
			return nil, saved, errors.New("loading was given up")
		}
	}
	var sum [8]byte
	if failed == nil {
		_, failed = io.ReadFull(r, sum[:])
	}
	if failed == nil && binary.LittleEndian.Uint64(sum[:]) != s.digest {
		failed = errors.New("the digest of the snapshot is not that of its entries")
	}
	if failed == nil && r.Buffered() > 0 {
		failed = errors.New("the snapshot goes on behind its digest")
	}
	return s, saved, failed
}
