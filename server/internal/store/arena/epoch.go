package arena

import "slices"

// View is a Space as it was at one moment. Any goroutine may read it until it is released.
type View struct {
	Reader
	epoch  uint32
	passed uint64 // see Pass
}

// Epoch returns the epoch in which nodes made now are born. Epochs begin at 1.
func (sp *Space) Epoch() uint32 { return sp.epoch }

// Frozen reports whether a live snapshot may see a node that was made in the given epoch.
func (sp *Space) Frozen(epoch uint32) bool { return epoch <= sp.newest }

// Snapshot begins a view of the present state and raises the epoch.
func (sp *Space) Snapshot() *View {
	v := &View{Reader: sp.Reader, epoch: sp.epoch}
	sp.views = append(sp.views, v)
	sp.newest = sp.epoch
	sp.epoch++
	sp.passed = 0
	return v
}

// Pass says that nobody will read any more, through this view, what is placed below a bound (see [Space.FreeAt]). Bounds rise. It is
// called on the Space's goroutine.
func (sp *Space) Pass(v *View, bound uint64) {
	v.passed = bound
	sp.settle()
}

// Passed returns the place below which no live view is read any more; 0: there is no such place.
func (sp *Space) Passed() uint64 { return sp.passed }

// settle works out what follows from the views that are alive.
func (sp *Space) settle() {
	sp.newest, sp.passed = 0, 0
	if n := len(sp.views); n > 0 {
		sp.newest, sp.passed = sp.views[n-1].epoch, sp.views[0].passed
		for _, v := range sp.views[1:] {
			sp.passed = min(sp.passed, v.passed)
		}
	}
}

// Views returns the number of live snapshots.
func (sp *Space) Views() int { return len(sp.views) }

// Release ends a view. The memory that it held is freed by Reclaim.
func (sp *Space) Release(v *View) {
	sp.views = slices.DeleteFunc(sp.views, func(w *View) bool { return w == v })
	*v = View{}
	sp.settle()
}

// objectBit marks an entry of the deferred list that is an ObjID.
const objectBit = 1 << 63

// stripes is how many parts of the places FreeAt tells apart: a stripe's blocks are freed when all of it is passed.
const (
	stripeBits = 6
	stripes    = 1 << stripeBits
	noStripe   = stripes // of blocks that have no place
)

func (sp *Space) deferFree(h Handle, size, stripe int) {
	sp.deferredBytes += size
	sp.deferredBlocks++
	sp.deferred[stripe].pushAt(h, sp.newest)
}

// Reclaim frees what deleted values and released snapshots have left behind, some budget blocks of it, and
// reports whether there is more to do now. The engine calls it every turn.
func (sp *Space) Reclaim(budget int) (more bool) {
	for n := len(sp.dying); n > 0 && budget > 0; n = len(sp.dying) {
		d := &sp.dying[n-1]
		if !d.big.Free(sp, d.step) {
			sp.dying[n-1] = dying{}
			sp.dying = sp.dying[:n-1]
			sp.died++
		}
		d.step++
		budget -= dyingStepCost
	}
	for budget > 0 && sp.trimIdle() {
		budget -= trimCost
	}
	for i := 0; i < len(sp.deferred) && sp.deferredBlocks > 0; i++ {
		q := &sp.deferred[i]
		for ; sp.unseen(q, i); budget-- {
			if budget <= 0 {
				return true
			}
			h, _ := q.pop()
			sp.deferredBlocks--
			sp.freeDeferred(h)
		}
		if q.n == 0 && i != noStripe {
			*q = queue{} // a snapshot comes seldom, and there are many stripes
		}
	}
	return len(sp.dying) > 0 || len(sp.idle) > 0 && sp.dirtyUnits > sp.idleUnits()
}

// unseen reports whether the first block of a deferred list can be freed: no live view may see it, or will look at it again.
func (sp *Space) unseen(q *queue, stripe int) bool {
	epoch, ok := q.peekEpoch()
	return ok && (len(sp.views) == 0 || epoch < sp.views[0].epoch || stripe != noStripe && uint64(stripe) < sp.passed>>(64-stripeBits))
}

func (sp *Space) freeDeferred(h Handle) {
	if h&objectBit != 0 {
		sp.forgetObject(ObjID(h &^ objectBit))
		return
	}
	before := sp.used
	sp.free(h, 0)
	sp.deferredBytes -= before - sp.used
}

// dyingStepCost is what one Big.Free step counts in the budget of Reclaim.
const dyingStepCost = 512

// trimCost is what a chunk that goes back to the kernel counts there.
const trimCost = 2000

// Unmap gives up to n regions of a Space that nobody uses any more back to the kernel and reports whether
// some are left. No view may be alive.
func (sp *Space) Unmap(n int) (more bool) {
	if len(sp.views) > 0 {
		panic("BUG: arena: unmap of a Space with live snapshots")
	}
	for i := len(sp.meta) - 1; i > 0; i-- {
		if n == 0 {
			return true
		}
		if r := sp.meta[i]; r.size > 0 {
			unmapMemory(sp.chunks[i], r.size)
			n--
		}
		sp.meta, sp.chunks = sp.meta[:i], sp.chunks[:i]
	}
	sp.dropSpare()
	return false
}
