package store

// Policy is a value of maxmemory-policy.
type Policy uint8

const (
	NoEviction Policy = iota
	AllKeysLRU
	AllKeysLFU
	AllKeysRandom
	VolatileLRU
	VolatileLFU
	VolatileRandom
	VolatileTTL
)

func (p Policy) lfu() bool { return p == AllKeysLFU || p == VolatileLFU }

// Aged reports whether keys are chosen by when or how often they were used.
func (p Policy) Aged() bool     { return p.lfu() || p == AllKeysLRU || p == VolatileLRU }
func (p Policy) volatile() bool { return p >= VolatileLRU }

// Limits are the settings that shape the data. The engine changes them (CONFIG SET) on its own goroutine.
type Limits struct {
	MaxString int64 // proto-max-bulk-len

	HashPackedEntries int // hash-max-listpack-entries
	HashPackedValue   int // hash-max-listpack-value, bytes
	ListPackedSize    int // list-max-listpack-size: > 0 elements a node, -1..-5 4 to 64 KiB
	ListCompressDepth int // list-compress-depth: nodes at each end of a new list that are not compressed; 0: none is
	ListPlain         int // elements of so many bytes get a node of their own; 0: 1 GiB (DEBUG QUICKLIST-PACKED-THRESHOLD)
	SetIntEntries     int // set-max-intset-entries
	ZSetPackedEntries int // zset-max-listpack-entries
	ZSetPackedValue   int // zset-max-listpack-value, bytes
	SketchSparseBytes int // hll-sparse-max-bytes
	StreamNodeBytes   int // stream-node-max-bytes
	StreamNodeEntries int // stream-node-max-entries

	Policy       Policy // maxmemory-policy
	Samples      int    // maxmemory-samples
	LFULogFactor int    // lfu-log-factor
	LFUDecayTime int    // lfu-decay-time, minutes
}

// DefaultLimits returns the defaults of Redis 7.0.
func DefaultLimits() Limits {
	return Limits{
		MaxString:         512 << 20,
		HashPackedEntries: 128, HashPackedValue: 64,
		ListPackedSize:    -2,
		SetIntEntries:     512,
		ZSetPackedEntries: 128, ZSetPackedValue: 64,
		SketchSparseBytes: 3000,
		StreamNodeBytes:   4096, StreamNodeEntries: 100,
		Samples: 5, LFULogFactor: 10, LFUDecayTime: 1,
	}
}
