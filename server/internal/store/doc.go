// Package store holds the data: databases of keys with values of six types, their times to live, eviction,
// cursors and snapshots. It knows no protocol, no socket and no clock: time comes with every call, in Unix milliseconds.
//
//	Store ── DB ──┬─ arena.Space   memory, one for each database: FLUSHDB and SWAPDB take no time
//	              └─ table.Table   key -> entry
//
//	entry   kind | clock | key | time to live | value
//	value   inline bytes   strings up to 4 KiB, small collections (listpack, intset)
//	        blob           longer bytes, in a block of their own, so that EXPIRE and RENAME do not copy them
//	        object         the root of a large collection (arena.Big)
//
// All methods belong to the engine's goroutine, except those of a [Snapshot]'s databases (decision 0001).
// Slices that lookups return are views: they are valid until the next change of the store.
//
// Files: db.go ref.go (finding and changing entries: what the types' files build on), strings.go list.go hash.go
// set.go zset.go (one file a type), expire.go evict.go clock.go scan.go generic.go snapshot.go.
package store
