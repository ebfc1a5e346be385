// Package table is a hash table of entries in an [arena.Space]: the keyspace of a database, and the dictionary of
// large hashes, sets and sorted sets.
//
//	directory  2^depth pointers, by the first bits of the hash
//	segment    16 to 1024 slots; covers one prefix of its own depth; grows in steps, then splits in two
//	slot       tag (22 bits) | handle (40) | volatile (1) | fresh (1);  0 = empty
//	tag        home (10 bits of the hash) | disc (12 others)
//
// No operation touches more than one or two segments (and seldom the directory), so that none takes long. A segment's slots stay
// sorted by tag with gaps between: an entry sits at or after the slot that its home maps to, and all slots in
// between are taken (linear probing in Robin Hood order, without wrapping around). So a search for a missing key stops early, an
// iteration in order of the home is a plain walk, and growing or deleting never has to look at an entry.
//
// disc holds 12 bits of the hash from bit depth/6*6 on: the bits that the next splits need, so that only every sixth
// split reads the entries.
//
// # Copy on write
//
// A segment remembers the epoch in which it was made, and its entries need none: the fresh bit says that an entry
// was made (or moved to new memory) since then, so that no snapshot older than the segment can see it.
//
//	segment frozen (a live snapshot may see it)   clone the segment, clear all fresh bits, then as below
//	frozen, but all readers are past it           set all fresh bits, then as below: see NewOrdered
//	not frozen, entry fresh or no snapshot alive  change the entry in place
//	not frozen, entry not fresh                   write a new entry, free the old one later
//
// The volatile bit marks entries with a time to live: expiry and eviction find them without reading any other.
package table
