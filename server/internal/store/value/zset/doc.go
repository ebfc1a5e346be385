// Package zset is the order of a large sorted set: a B+ tree that counts.
//
// A sorted set of more than a few elements is two structures over the same
// members. A hash table (package table) answers "which score has this member";
// this tree answers everything about order: rank, ranges by rank, by score and
// by member, both ways. The tree stores no member bytes. It names a member by
// the handle of its table entry, so an element costs 16 bytes here, times the
// slack of the nodes: about 17 bytes after a load or ascending inserts, about
// 20 after random ones. Redis's skip list takes 37 to 48 besides its dict.
//
//	Tree.root ── branch ─┬─ child{least entry, count, ...} ── branch ─┬─ leaf [63]Entry{score, handle}
//	                     ├─ child{...}                                ├─ leaf
//	                     └─ ...  up to 31                             └─ ...
//
// The order is that of Redis: by score, then by the member's bytes. A child
// slot holds the subtree's number of entries, so a rank is a sum along one path
// and every question about a range becomes a pair of ranks: a score bound or a
// lex bound is looked up once, then "how many" is a subtraction and "which" is a
// cursor at a rank.
//
// A child slot also holds the least entry below it, kept exact by every change:
// a stale copy there would name a member whose memory has been given back.
//
// # Snapshots (decision 0001)
//
// Each node has the epoch in which it was made. A node that a live snapshot may
// be reading (Memory.Frozen) is cloned before its first change, and so is every
// node on the path to it; the snapshot keeps the old root and never notices.
// Leaves hold no Go pointers, so the garbage collector does not scan them, and
// nodes are not linked sideways: a link would drag the neighbour into each copy.
package zset
