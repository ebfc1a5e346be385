package replication

import (
	"fmt"
	"io"
	"time"

	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/server/internal/info"
	"github.com/lockstep-db/lockstep/server/internal/persist"
	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// guard keeps a replica's data from a master that has lost its own (B4): repl-accept-empty-master no. It looks at the head of
// the snapshot, which any Redis sends, before anything is emptied; with repl-diskless-load swapdb at what has been loaded,
// before it takes the data's place. Otherwise a snapshot is read from the socket only by a replica that has nothing to guard.
type guard struct {
	refused repl.Refusal // what was wrong with the last snapshot; RefuseNothing since one was taken
	times   int64        // refusals in a row
}

// refuses decides about a received file, and leaves it at its beginning. The error is one of reading it: what cannot be read
// is no reason to empty anything.
func (d *Driver) refuses(f *following, file vfs.File) (bool, error) {
	st := d.e.Store()
	if d.cfg.ReplAcceptEmptyMaster || st.Len() == 0 {
		return false, nil
	}
	head, err := persist.Peek(file, d.p.DecodeOptions())
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return false, err
	}
	same := 0
	if head.DB < st.Databases() {
		same = st.DB(head.DB).Len()
	}
	return d.refusesKeys(f, same, head.Keys), nil
}

// refusesLoaded decides about a data set that was loaded while the old one was kept.
func (d *Driver) refusesLoaded(l *loading) bool {
	return l.in.how.KeepsOld && d.refusesKeys(l.f, d.e.Store().Len(), int64(l.into.Len()))
}

// refusesKeys decides about a snapshot with so many keys where we have same.
func (d *Driver) refusesKeys(f *following, same int, keys int64) bool {
	if d.cfg.ReplAcceptEmptyMaster {
		return false
	}
	held := repl.Held{Keys: int64(d.e.Store().Len()), Same: int64(same), History: d.stream.ID()}
	offer := repl.Offer{Keys: keys}
	offer.ID, _ = d.link.SyncTarget()
	why := repl.JudgeOffer(held, offer)
	if why == repl.RefuseNothing {
		return false
	}
	d.refuse(f, why, held, offer)
	return true
}

func (d *Driver) refuse(f *following, why repl.Refusal, held repl.Held, offer repl.Offer) {
	d.guard.refused = why
	d.guard.times++
	what := "its data set is empty"
	if why == repl.RefuseYounger {
		what = fmt.Sprintf("its history is another and it has %d keys where we have %d", offer.Keys, held.Same)
	}
	d.log.Warn(fmt.Sprintf("Refusing the data set of MASTER %s: %s. We keep our %d keys, and ask again in a while. If this is what you want, set repl-accept-empty-master yes; if the master lost its data, promote this replica.",
		d.link.Master(), what, held.Keys))
	d.reportFailure(f, "refused, the master is "+why.String())
	now := time.Now()
	d.do(d.link.Refused(now))
	d.tickLink(now)
}

// guardConfigured asks a refused master again at once when it would be taken now.
func (d *Driver) guardConfigured() {
	if d.guard.refused != repl.RefuseNothing && d.cfg.ReplAcceptEmptyMaster {
		now := time.Now()
		d.link.RetryNow(now)
		d.tickLink(now)
	}
}

func (d *Driver) infoGuard(b *info.Builder) {
	if d.guard.refused != repl.RefuseNothing {
		b.Str("lockstep_master_refused", d.guard.refused.String())
		b.Int("lockstep_master_refused_times", d.guard.times)
	}
}
