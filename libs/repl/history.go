package repl

import "slices"

// MaxPast is how many older histories a node remembers. Redis remembers one; with eight, seven failovers in a row still
// let a replica of the first master continue partially. INFO shows the newest as master_replid2.
const MaxPast = 8

// History says which stream the data of a node belongs to and how far in it the data is.
//
// Invariant E1: two nodes with equal ID and Offset have identical data. Every verb below keeps that true by drawing a
// new ID wherever the bytes to come might differ from what another node has seen, or will see, under the old one.
type History struct {
	// ID names the stream. A replica carries its master's.
	ID ID
	// Offset is the next byte: the data contains the effect of the bytes 0 to Offset-1, and of no other.
	Offset Offset
	// Past lists older streams that begin as this one does, the newest first, at most MaxPast of them.
	// Invariant: Past[i].End >= Past[i+1].End, and Past[0].End <= Offset.
	// The slice is never changed in place, so that a History can be copied.
	Past []Past
}

// Past is an older history of the same data.
type Past struct {
	ID ID
	// End is the next byte at the moment of parting: the bytes 0 to End-1 of that stream are also the first of ours,
	// byte End is the first that may differ. A replica of that stream may continue here when it asks for byte End or an
	// earlier one. With 50 bytes shared End is 50, and INFO's second_repl_offset says 51.
	End Offset
}

// Second returns the newest older history, for INFO's master_replid2 and second_repl_offset: its ID and the last number
// that PSYNC may name with it. Without one the ID is zero and the number -1 (R1).
func (h *History) Second() (ID, int64) {
	if len(h.Past) == 0 {
		return ID{}, -1
	}
	return h.Past[0].ID, h.Past[0].End.PSYNC()
}

// Promote begins a new history at the place where the old one was left (R2): a replica becomes a master. The backlog
// stays as it is. Sub-replicas have to be disconnected to learn the new ID; they come back with a partial sync.
func (h *History) Promote(fresh ID) { h.part(fresh) }

// AdoptContinue follows a master that granted a partial sync under id and reports whether that is another ID than
// ours (R5). If so, sub-replicas have to be disconnected; if not they notice nothing (R13).
func (h *History) AdoptContinue(id ID) (changed bool) {
	if id == h.ID {
		return false
	}
	h.part(id)
	return true
}

// AdoptFull takes over the history that came with a full sync: the data is now exactly that of (id, at). What was known
// of older histories is forgotten, for the data before them is gone (R13).
func (h *History) AdoptFull(id ID, at Offset) {
	*h = History{ID: id, Offset: at}
}

// Discard gives up a history because the data is no longer what it says: it was emptied, or a load that replaces it
// has begun. The offset stays as it is until a full sync sets it (R11); under the fresh ID it means nothing to others.
func (h *History) Discard(fresh ID) {
	h.ID, h.Past = fresh, nil
}

// part leaves the present history at Offset for the one called id.
func (h *History) part(id ID) {
	past := make([]Past, 0, MaxPast)
	past = append(past, Past{ID: h.ID, End: h.Offset})
	for _, p := range h.Past {
		if len(past) < MaxPast && p.ID != id {
			past = append(past, p)
		}
	}
	h.ID, h.Past = id, past
}

// shares returns where the stream called id parts from ours: the last byte that a replica of it may ask for.
func (h *History) shares(id ID) (Past, bool) {
	if i := slices.IndexFunc(h.Past, func(p Past) bool { return p.ID == id }); i >= 0 {
		return h.Past[i], true
	}
	return Past{}, false
}
