package arena

// View is a Space as it was at one moment. Any goroutine may read it until it is released.
type View struct {
	Reader
	epoch uint32
}

// Epoch returns the epoch in which nodes made now are born. Epochs begin at 1.
func (sp *Space) Epoch() uint32 { return sp.epoch }

// Frozen reports whether a live snapshot may see a node that was made in the given epoch.
func (sp *Space) Frozen(epoch uint32) bool { return epoch <= sp.newest }

// Snapshot begins a view of the present state and raises the epoch.
func (sp *Space) Snapshot() *View {
	v := &View{Reader: sp.Reader, epoch: sp.epoch}
	sp.views = append(sp.views, sp.epoch)
	sp.newest = sp.epoch
	sp.epoch++
	return v
}

// Views returns the number of live snapshots.
func (sp *Space) Views() int { return len(sp.views) }

// Release ends a view. The memory that it held is freed by Reclaim.
func (sp *Space) Release(v *View) {
	for i, e := range sp.views {
		if e == v.epoch {
			sp.views = append(sp.views[:i], sp.views[i+1:]...)
			break
		}
	}
	v.epoch, v.Reader = 0, Reader{}
	sp.newest = 0
	if n := len(sp.views); n > 0 {
		sp.newest = sp.views[n-1]
	}
}

// objectBit marks an entry of the deferred list that is an ObjID.
const objectBit = 1 << 63

func (sp *Space) deferFree(h Handle, size int) {
	sp.deferredBytes += size
	sp.deferred.pushAt(h, sp.newest)
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
	for ; budget > 0; budget-- {
		epoch, ok := sp.deferred.peekEpoch()
		if !ok || len(sp.views) > 0 && epoch >= sp.views[0] {
			break
		}
		h, _ := sp.deferred.pop()
		if h&objectBit != 0 {
			sp.forgetObject(ObjID(h &^ objectBit))
			continue
		}
		before := sp.used
		sp.free(h, 0)
		sp.deferredBytes -= before - sp.used
	}
	epoch, ok := sp.deferred.peekEpoch()
	return len(sp.dying) > 0 || ok && (len(sp.views) == 0 || epoch < sp.views[0])
}

// dyingStepCost is what one Big.Free step counts in the budget of Reclaim.
const dyingStepCost = 256

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
