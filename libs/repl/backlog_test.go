package repl

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// A backlog is driven with random appends, cursors, resizes and compared with the whole stream kept as one slice:
// what a cursor reads is the stream, byte for byte, from where it was attached (E2).
func TestBacklogAgainstWholeStream(t *testing.T) {
	for seed := range uint64(60) {
		m := &backlogModel{t: t, rng: rand.New(rand.NewPCG(seed, 1)), b: NewBacklog(1), base: Offset(seed)}
		m.b.SetSize(int64(1 + m.rng.IntN(200_000)))
		m.b.Open(m.base)
		for range 300 {
			m.step()
			m.check()
		}
	}
}

type backlogModel struct {
	t       *testing.T
	rng     *rand.Rand
	b       *Backlog
	base    Offset
	stream  []byte
	cursors []*Cursor
	at      []Offset
}

func (m *backlogModel) step() {
	switch m.rng.IntN(10) {
	case 0, 1, 2:
		p := m.bytes(m.rng.IntN(30_000))
		m.b.Append(p)
		m.stream = append(m.stream, p...)
	case 3, 4:
		p := m.bytes(m.rng.IntN(6000))
		dst := m.b.Reserve(m.rng.IntN(6000)) // may be more or less than what follows
		m.b.Commit(append(dst, p...))
		m.stream = append(m.stream, p...)
	case 5:
		w := m.b.Window()
		at := w.Start + Offset(m.rng.Int64N(w.Len()+1))
		c, ok := m.b.Attach(at)
		if !ok {
			m.t.Fatalf("Attach(%d) refused within %+v", at, w)
		}
		m.cursors, m.at = append(m.cursors, c), append(m.at, at)
	case 6, 7, 8:
		if len(m.cursors) > 0 {
			m.read(m.rng.IntN(len(m.cursors)))
		}
	case 9:
		if n := len(m.cursors); n > 0 && m.rng.IntN(2) == 0 {
			m.cursors[n-1].Close()
			m.cursors, m.at = m.cursors[:n-1], m.at[:n-1]
		} else if m.rng.IntN(4) == 0 {
			m.b.SetSize(int64(1 + m.rng.IntN(200_000)))
		}
	}
}

func (m *backlogModel) bytes(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(m.rng.Uint32())
	}
	return p
}

func (m *backlogModel) read(i int) {
	c := m.cursors[i]
	if c.Offset() != m.at[i] {
		m.t.Fatalf("cursor at %d, want %d", c.Offset(), m.at[i])
	}
	for range 1 + m.rng.IntN(3) {
		p := c.Next()
		want := m.stream[m.at[i]-m.base:]
		if len(p) == 0 && len(want) > 0 || !bytes.HasPrefix(want, p) {
			m.t.Fatalf("cursor at %d read %d bytes that are not the stream's", m.at[i], len(p))
		}
		n := m.rng.IntN(len(p) + 1)
		c.Advance(n)
		m.at[i] += Offset(n)
	}
}

func (m *backlogModel) check() {
	w := m.b.Window()
	end := m.base + Offset(len(m.stream))
	if w.End != end || w.Start < m.base || w.Start > end {
		m.t.Fatalf("window %+v, want end %d", w, end)
	}
	slowest := end
	for i, c := range m.cursors {
		slowest = min(slowest, m.at[i])
		if c.Lag() != int64(end-m.at[i]) {
			m.t.Fatalf("lag %d at %d, want %d", c.Lag(), m.at[i], end-m.at[i])
		}
	}
	if w.Start > slowest {
		m.t.Fatalf("window starts at %d behind a cursor at %d", w.Start, slowest)
	}
	// Not more than two blocks are held that neither the size nor a cursor asks for.
	if over := m.b.first; over < len(m.b.blocks)-1 {
		oldest := m.b.blocks[over]
		if oldest.refs == 0 && int64(end-oldest.end()) >= m.b.Size()+MaxBlock {
			m.t.Fatalf("a block that ends at %d is held for nobody, end %d, size %d", oldest.end(), end, m.b.Size())
		}
	}
	var held int64
	for _, x := range m.b.blocks[m.b.first:] {
		held += int64(cap(x.data))
	}
	for _, x := range m.b.spare {
		held += int64(cap(x.data))
	}
	if got := m.b.Memory(); got.Total != held || got.Window+got.Cursors != held {
		m.t.Fatalf("memory %+v, blocks hold %d", got, held)
	}
}

// R14: the window never gets smaller than configured once that much was appended, whatever the resizing did.
func TestWindowKeepsItsSize(t *testing.T) {
	b := NewBacklog(100_000)
	b.Open(0)
	for range 100 {
		b.Append(make([]byte, 7001))
	}
	if n := b.Window().Len(); n < 100_000 || n > 100_000+2*MinBlock {
		t.Fatalf("window of %d bytes, want 100000 and at most two blocks more", n)
	}
	before := b.Window()
	b.SetSize(1 << 20)
	if b.Window() != before {
		t.Fatalf("growing the size changed the window from %+v to %+v", before, b.Window())
	}
	b.SetSize(50_000)
	if n := b.Window().Len(); n < 50_000 || n > 50_000+2*MinBlock {
		t.Fatalf("window of %d bytes after shrinking to 50000", n)
	}
}

// R28, B5: what a slow cursor holds beyond the window is counted, and freed when it closes.
func TestSlowCursorIsCounted(t *testing.T) {
	b := NewBacklog(64 << 10)
	b.Open(0)
	slow, _ := b.Attach(0)
	quick, _ := b.Attach(0)
	chunk := make([]byte, 10_000)
	for range 100 {
		b.Append(chunk)
		for p := quick.Next(); len(p) > 0; p = quick.Next() {
			quick.Advance(len(p))
		}
	}
	if slow.Lag() != 1_000_000 || quick.Lag() != 0 {
		t.Fatalf("lags %d and %d, want 1000000 and 0", slow.Lag(), quick.Lag())
	}
	if m := b.Memory(); m.Window != 64<<10 || m.Cursors < 1_000_000-64<<10 {
		t.Fatalf("memory %+v", m)
	}
	slow.Close()
	if m := b.Memory(); m.Total > 64<<10+4*MinBlock {
		t.Fatalf("memory %+v after the slow cursor closed", m)
	}
	if b.Window().Start == 0 {
		t.Fatal("the window still starts at 0")
	}
}

func TestTapWithoutReplicas(t *testing.T) {
	b := NewBacklog(1 << 20)
	c := b.Tap(77)
	if b.Window().Active || !b.Recording() {
		t.Fatal("a tapped backlog must record and keep no window")
	}
	for range 1000 {
		b.Append(make([]byte, 1000))
		c.Advance(len(c.Next()))
	}
	for len(c.Next()) > 0 {
		c.Advance(len(c.Next()))
	}
	if m := b.Memory(); m.Total > (1+spareBlocks)*MaxBlock/16 {
		t.Fatalf("a tap that reads at once holds %+v", m)
	}
	c.Close()
	if b.Recording() {
		t.Fatal("nobody reads, but the backlog records")
	}
}

func TestOpenDetachesCursors(t *testing.T) {
	b := NewBacklog(100)
	b.Open(0)
	c, _ := b.Attach(0)
	b.Append([]byte("abc"))
	b.Open(500)
	if !c.Detached() || c.Next() != nil || c.Lag() != 0 {
		t.Fatal("cursor survived the end of its stream")
	}
	c.Advance(0)
	c.Close()
	if _, ok := b.Attach(499); ok {
		t.Fatal("attached before the window")
	}
	if _, ok := b.Attach(501); ok {
		t.Fatal("attached behind the end")
	}
}

// 0005: in the steady state a command costs no allocation, whatever the number of replicas.
func TestAppendAllocatesNothing(t *testing.T) {
	s := NewStream(ID{1}, 1<<20)
	s.Start(ID{2})
	var cs []*Cursor
	for range 3 {
		c, _ := s.Attach(s.Offset())
		cs = append(cs, c)
	}
	cmd := bytes.Repeat([]byte("x"), 120)
	turn := func() {
		s.Commit(append(s.Reserve(200), cmd...))
		s.Append(cmd)
		for _, c := range cs {
			for p := c.Next(); len(p) > 0; p = c.Next() {
				c.Advance(len(p))
			}
		}
	}
	for range 20_000 {
		turn()
	}
	before := s.Backlog().Memory()
	if n := testing.AllocsPerRun(20_000, turn); n != 0 {
		t.Fatalf("%v allocations for two appends and three reads", n)
	}
	if after := s.Backlog().Memory(); after.Total > before.Total {
		t.Fatalf("memory grew from %d to %d", before.Total, after.Total)
	}
}

func BenchmarkAppend(b *testing.B) {
	s := NewStream(ID{1}, 1<<20)
	s.Start(ID{2})
	c, _ := s.Attach(s.Offset())
	cmd := bytes.Repeat([]byte("x"), 60)
	b.ReportAllocs()
	b.SetBytes(60)
	for b.Loop() {
		s.Commit(append(s.Reserve(60), cmd...))
		if c.Lag() > 8192 {
			c.Advance(len(c.Next()))
		}
	}
}
