// Package arena keeps the data of one database outside the Go heap.
//
// A [Space] maps chunks of 4 MiB and hands out blocks from them by size class; the garbage collector sees
// none of it (decision 0002). A block is named by a [Handle], which stays valid until the block is freed:
//
//	handle (40 bits) = chunk index (21 bits) | offset in the chunk / 8 (19 bits);  0 = no block
//
//	chunk  4 MiB     64 units of 64 KiB
//	slab   1..16     units that follow each other, cut into blocks of one size class
//	block            8-byte steps up to 128 bytes, then 8 sizes per doubling up to 1 MiB
//
// A block above 1 MiB is a mapping of its own and takes one chunk index. A slab that gets empty returns its
// units to the chunk, and idle units go back to the kernel, so that memory falls after mass deletion.
//
// # Epochs
//
// Snapshots are copy on write (decision 0001). Every node of the data (a table segment, a large value, the root
// of a collection) remembers the epoch in which it was made. [Space.Snapshot] raises the epoch and returns a
// [View]: a [Reader] that other goroutines may use until [Space.Release]. While a view is alive
//
//   - [Space.Frozen] tells whether some view may see a node: then clone it, do not change it;
//   - [Space.Free] puts blocks that a view may see on a deferred list, which [Space.Reclaim] works off in
//     slices once those views are released;
//   - [Space.FreeAt] does so with blocks that have a place in an order in which all views are read. [Space.Pass] says how far
//     the readers of a view are: blocks below that of all views are freed although the views live on.
//
// A Space belongs to one goroutine (the engine). Only a View's Reader may be used elsewhere.
package arena
