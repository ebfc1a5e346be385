package repl

import "sort"

// Sizes of blocks. A block is a sixteenth of the backlog's size within these bounds, so that dropping the oldest block
// never takes more than that share of the window, and a small backlog does not hand out tiny blocks.
const (
	MinBlock = 16 << 10
	MaxBlock = 1 << 20
)

// spareBlocks is how many dropped blocks are kept to be filled again. In the steady state one block is dropped for each
// that is begun, so one would do; two cover a cursor that moves on late.
//
// They are never more than an eighth of the backlog's size, so a small backlog keeps none.
const spareBlocks = 2

// Backlog holds the newest part of a stream once, for all who read it (decision 0005, R14):
//
//	        Window.Start                                        Window.End
//	        |                                                   |
//	blocks: [ refs 0 ][ refs 0 ][ refs 1 ][ refs 0 ][ refs 2, filling ]
//	                                ^                    ^  ^
//	                             cursor A                B  C
//
// It is an append-only list of reference-counted blocks. A [Cursor] counts on the one block that it stands in; since
// blocks are dropped from the front only, that keeps all later ones too. A block is dropped when no cursor stands in it
// and what remains is at least the configured size, or when nothing is kept at all and no cursor needs it. So the
// window may be larger than configured, by up to two blocks in peace and by as much as the slowest cursor lags: what is
// held anyway may as well serve a partial sync.
//
// A backlog is closed (no block, nothing recorded), a mere log (kept only for cursors, such as the AOF's), or kept
// (a window for partial syncs). Appending allocates nothing once as many blocks exist as the window has.
type Backlog struct {
	size int64 // bytes to keep for partial syncs when kept is true
	kept bool

	// blocks[first:] are held, the oldest first. The last is the one being filled. Their offsets are contiguous.
	blocks []*block
	first  int
	spare  []*block
	memory int64 // capacity of the held and the spare blocks

	cursors []*Cursor
	scratch []byte // where a reservation goes that is too large to be worth a block's remainder
}

// block is a piece of the stream. data is append-only: bytes once written never change while the block is held, so a
// slice from [Cursor.Next] may be read by a writer that runs later, or by the kernel.
type block struct {
	start Offset // of data[0]
	data  []byte
	refs  int // cursors that stand in this block
	next  *block
}

func (b *block) end() Offset { return b.start + Offset(len(b.data)) }

// NewBacklog returns a closed backlog that will keep size bytes (repl-backlog-size) when it is opened.
func NewBacklog(size int64) *Backlog { return &Backlog{size: max(size, 1)} }

// Open starts recording at the offset at, as an empty window that is kept for partial syncs. What was held before is
// dropped, and cursors that were attached are detached.
func (b *Backlog) Open(at Offset) {
	b.Close()
	b.kept = true
	b.begin(at)
}

// Close stops recording and frees everything. Cursors are detached: they have no next byte any more.
func (b *Backlog) Close() {
	for _, c := range b.cursors {
		c.block = nil
		c.log = nil
	}
	*b = Backlog{size: b.size}
}

// Keep says whether a window is kept for partial syncs, or only what cursors need. Turning it off without a cursor
// closes the backlog.
func (b *Backlog) Keep(on bool) {
	b.kept = on
	b.trim()
}

// Recording says whether appended bytes go anywhere.
func (b *Backlog) Recording() bool { return b.first < len(b.blocks) }

// Window returns the part of the stream that is held for partial syncs.
func (b *Backlog) Window() Window {
	if !b.Recording() || !b.kept {
		return Window{}
	}
	return Window{Active: true, Start: b.blocks[b.first].start, End: b.End()}
}

// End returns the next byte to be appended. It is 0 when the backlog is closed.
func (b *Backlog) End() Offset {
	if !b.Recording() {
		return 0
	}
	return b.tail().end()
}

// Size returns the configured size of the window in bytes.
func (b *Backlog) Size() int64 { return b.size }

// SetSize changes the configured size (repl-backlog-size). What fits the new size stays (R14).
func (b *Backlog) SetSize(n int64) {
	b.size = max(n, 1)
	b.spare = nil
	b.recount()
	b.trim()
}

// blockSize returns the capacity of a new block.
func (b *Backlog) blockSize() int {
	return int(min(max(b.size/16, MinBlock), MaxBlock))
}

func (b *Backlog) tail() *block { return b.blocks[len(b.blocks)-1] }

// room is the part of the last block that is not filled yet.
func (b *Backlog) room() []byte {
	t := b.tail()
	return t.data[len(t.data):cap(t.data)]
}

// Reserve returns an empty slice with room for n bytes, to be appended to and then given to [Backlog.Commit]. Where it
// can, that is the place in the block where the bytes will stay, so that a command is encoded once and never copied.
// A reservation larger than an eighth of a block is scratch memory that Commit copies: a large value is better
// appended in pieces with [Backlog.Append]. The backlog must be recording.
func (b *Backlog) Reserve(n int) []byte {
	room := b.room()
	if n <= len(room) {
		return room[:0]
	}
	if n <= b.blockSize()/8 {
		b.roll()
		return b.room()[:0]
	}
	if n > cap(b.scratch) {
		if n > MaxBlock {
			return make([]byte, 0, n)
		}
		b.scratch = make([]byte, 0, n)
	}
	return b.scratch[:0]
}

// Commit appends what was written into the slice that the last [Backlog.Reserve] returned. It may have grown beyond
// what was reserved.
func (b *Backlog) Commit(p []byte) {
	if len(p) == 0 {
		return
	}
	if room := b.room(); len(p) <= len(room) && &p[0] == &room[0] {
		t := b.tail()
		t.data = t.data[:len(t.data)+len(p)]
		return
	}
	b.Append(p)
}

// Append copies p to the end of the stream, over as many blocks as it takes. The backlog must be recording.
func (b *Backlog) Append(p []byte) {
	for len(p) > 0 {
		if len(b.room()) == 0 {
			b.roll()
		}
		t := b.tail()
		n := min(len(p), cap(t.data)-len(t.data))
		t.data = append(t.data, p[:n]...)
		p = p[n:]
	}
}

// roll begins a block behind the last one and drops what is no longer needed for it.
func (b *Backlog) roll() {
	b.begin(b.End())
	b.trim()
}

// begin adds an empty block whose first byte will be at the given offset.
func (b *Backlog) begin(at Offset) {
	nb := b.take()
	nb.start = at
	if b.Recording() {
		b.tail().next = nb
	}
	if b.first > 32 && b.first*2 > len(b.blocks) {
		kept := copy(b.blocks, b.blocks[b.first:])
		clear(b.blocks[kept:])
		b.blocks, b.first = b.blocks[:kept], 0
	}
	b.blocks = append(b.blocks, nb)
}

// take returns an empty block, a spare one if there is one.
func (b *Backlog) take() *block {
	if last := len(b.spare) - 1; last >= 0 {
		nb := b.spare[last]
		b.spare = b.spare[:last]
		return nb
	}
	n := b.blockSize()
	b.memory += int64(n)
	return &block{data: make([]byte, 0, n)}
}

// trim drops blocks from the front that neither the window nor a cursor needs. The last block stays as long as anything
// is recorded, because it says where the stream is.
func (b *Backlog) trim() {
	if !b.kept && len(b.cursors) == 0 {
		b.Close()
		return
	}
	for len(b.blocks)-b.first > 1 {
		oldest := b.blocks[b.first]
		if oldest.refs > 0 || b.kept && int64(b.End()-oldest.end()) < b.size {
			return
		}
		b.blocks[b.first] = nil
		b.first++
		b.drop(oldest)
	}
}

func (b *Backlog) drop(old *block) {
	spares := min(spareBlocks, int(b.size/8)/b.blockSize())
	if len(b.spare) < spares && cap(old.data) == b.blockSize() {
		old.data, old.next = old.data[:0], nil
		b.spare = append(b.spare, old)
		return
	}
	b.memory -= int64(cap(old.data))
}

func (b *Backlog) recount() {
	b.memory = 0
	for _, x := range b.blocks[b.first:] {
		b.memory += int64(cap(x.data))
	}
}

// find returns the block that holds the byte at, or the last one when at is the end.
func (b *Backlog) find(at Offset) *block {
	held := b.blocks[b.first:]
	i := sort.Search(len(held), func(i int) bool { return held[i].end() > at })
	return held[min(i, len(held)-1)]
}

// Memory tells what the backlog costs, each byte once (R27).
type Memory struct {
	// Total is the capacity of all blocks: INFO's mem_total_replication_buffers.
	Total int64
	// Window is the part of Total that the configured size accounts for: mem_replication_backlog.
	Window int64
	// Cursors is the rest, held because a cursor lags: mem_clients_slaves.
	Cursors int64
}

// Memory returns what the backlog costs now.
func (b *Backlog) Memory() Memory {
	m := Memory{Total: b.memory, Window: b.memory}
	if allowed := b.size; len(b.cursors) > 0 && m.Total > allowed {
		m.Window, m.Cursors = allowed, m.Total-allowed
	}
	return m
}
