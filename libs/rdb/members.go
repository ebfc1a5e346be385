package rdb

import "hash/maphash"

// members is a set of what was met in a collection. It holds 128 bits of hash of each: random bits of the machine would
// have to fail before two different members meet. Starting anew costs nothing, however large it was.
type members struct {
	slots []member // a power of two; at most half of them are taken
	taken int
	round uint32 // slots of other rounds are free
	seeds [2]maphash.Seed
	ready bool
}

type member struct {
	hash  [2]uint64
	round uint32
}

const (
	fewMembers  = 64
	keptMembers = 1 << 16 // a table that is larger is given back
)

// forget starts a new set.
func (m *members) forget() {
	if !m.ready {
		m.seeds, m.ready = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, true
	}
	m.taken = 0
	if m.round++; m.round == 0 || len(m.slots) > keptMembers || m.slots == nil {
		m.slots, m.round = make([]member, fewMembers), 1
	}
}

// first says whether b was not seen since forget.
func (m *members) first(b []byte) bool {
	h := [2]uint64{maphash.Bytes(m.seeds[0], b), maphash.Bytes(m.seeds[1], b)}
	if 2*m.taken >= len(m.slots) {
		m.grow()
	}
	s := m.find(h)
	if s.round == m.round {
		return false
	}
	*s = member{h, m.round}
	m.taken++
	return true
}

// find returns the slot of h, or the free one where it belongs.
func (m *members) find(h [2]uint64) *member {
	mask := uint64(len(m.slots) - 1)
	for i := h[0] & mask; ; i = (i + 1) & mask {
		if s := &m.slots[i]; s.round != m.round || s.hash == h {
			return s
		}
	}
}

func (m *members) grow() {
	old := m.slots
	m.slots = make([]member, 2*len(old))
	for i := range old {
		if old[i].round == m.round {
			*m.find(old[i].hash) = old[i]
		}
	}
}
