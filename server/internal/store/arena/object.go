package arena

// ObjID names the root of a large value in a Space. 0 is a valid ID.
type ObjID uint32

const objectsPerChunk = 256

type objectChunk [objectsPerChunk]Big

// Big is the root of a large collection: a Go value that owns nodes in the Space (and perhaps on the Go heap).
//
// A root that a snapshot may see is never changed: its owner clones it first (see [Space.Frozen]).
type Big interface {
	// Free returns the blocks of part number step (0, 1, 2, ...) to sp, each with the epoch of its node, and
	// reports whether more parts follow. One part is some hundred blocks at most: the Space calls it in
	// slices of an engine turn. It must not change what a snapshot may read.
	Free(sp *Space, step int) (more bool)

	// Clone copies the root alone, so that the copy may be changed: the nodes stay shared and are cloned
	// when they are changed themselves.
	Clone(sp *Space) Big

	// Copy makes a deep copy in another Space (or the same). It reads the original through from.
	Copy(from *Reader, to *Space) Big

	// Memory estimates the bytes that the value takes, nodes included.
	Memory() int
}

// PutObject stores the root of a large value that was made in the current epoch.
func (sp *Space) PutObject(b Big) ObjID {
	id, ok := sp.freeIDs.pop()
	if !ok {
		if int(sp.nextID)%objectsPerChunk == 0 {
			sp.objects = append(sp.objects, new(objectChunk))
		}
		id = Handle(sp.nextID)
		sp.nextID++
	}
	sp.objects[id/objectsPerChunk][id%objectsPerChunk] = b
	sp.live++
	return ObjID(id)
}

// DropObject forgets a root whose nodes live on in a clone.
func (sp *Space) DropObject(id ObjID, bornEpoch uint32) {
	sp.live--
	if sp.Frozen(bornEpoch) {
		sp.deferFree(Handle(id)|objectBit, 0, noStripe)
		return
	}
	sp.forgetObject(id)
}

// FreeObject forgets a root and frees its nodes, later and in slices (see [Space.Reclaim]).
func (sp *Space) FreeObject(id ObjID, bornEpoch uint32) {
	if b := sp.Object(id); b.Free(sp, 0) {
		sp.dying = append(sp.dying, dying{b, 1})
	}
	sp.DropObject(id, bornEpoch)
}

// Dying returns the number of large values that are being freed.
func (sp *Space) Dying() int { return len(sp.dying) }

// TakeDied returns how many large values were freed since it was called last.
func (sp *Space) TakeDied() int64 {
	n := sp.died
	sp.died = 0
	return n
}

func (sp *Space) forgetObject(id ObjID) {
	sp.objects[id/objectsPerChunk][id%objectsPerChunk] = nil
	sp.freeIDs.push(Handle(id))
}

// dying is a large value whose nodes are being freed.
type dying struct {
	big  Big
	step int
}
