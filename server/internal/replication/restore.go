package replication

import (
	"github.com/lockstep-db/lockstep/libs/rdb/aof"
	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/persist"
)

// Start begins with what was loaded from disk: restored is the state in the file's header, if there was a file.
func (d *Driver) Start(restored *persist.Loaded) {
	d.p.Expired = nil
	var saved repl.Saved
	var ok bool
	if restored != nil {
		saved, ok = savedState(restored.Aux)
	}
	host, port, replica := d.cfg.MasterAddr()
	switch {
	case ok && replica:
		d.stream.RestoreReplica(saved)
		d.masterDB = saved.DB
		d.log.Info("Before turning into a replica, using my own master parameters to synthesize a cached master: I may be able to synchronize with the new master with just a partial transfer.")
	case ok && !d.seeded:
		d.stream.RestoreMaster(freshID(), saved)
	}
	if replica {
		d.becomeReplica(repl.Addr{Host: host, Port: port})
	}
	d.syncJournal()
}

// loadExpired hears of the keys that a master leaves out as it loads its file at the start: their time is over. The replicas that will
// continue still have them, so a DEL for each goes into the stream, which begins where the file was written (R8).
func (d *Driver) loadExpired(aux map[string]string, db int, key []byte) {
	if _, _, replica := d.cfg.MasterAddr(); replica {
		return
	}
	if !d.seeded {
		saved, ok := savedState(aux)
		if !ok {
			return
		}
		d.seeded = true
		d.stream.RestoreMaster(freshID(), saved)
		d.syncJournal()
	}
	name := "DEL"
	if d.cfg.LazyfreeLazyExpire {
		name = "UNLINK"
	}
	var e command.Effects
	e.AddNamed(db, name, key)
	d.e.Journal.Write(&e, false)
}

func savedState(aux map[string]string) (repl.Saved, bool) {
	var r repl.SavedReader
	for k, v := range aux {
		if _, err := r.Field(k, v); err != nil {
			return repl.Saved{}, false
		}
	}
	return r.Saved()
}

// aux is what a file that is begun now says of replication: it is of the instant of its snapshot (R8).
func (d *Driver) aux() []persist.Aux {
	saved, ok := d.stream.Saved()
	if !ok {
		return nil
	}
	saved.DB = d.selected()
	var out []persist.Aux
	for _, f := range saved.Aux() {
		out = append(out, persist.Aux{Name: f.Key, Value: f.Value})
	}
	return out
}

// selected is the database that the stream has selected at its offset.
func (d *Driver) selected() int {
	if !d.isReplica() {
		return max(d.e.Journal.ReplicationDB(), 0)
	}
	if d.follow != nil && d.follow.s != nil {
		return d.follow.s.DB
	}
	return d.masterDB
}

// position is where the data is, as the append-only file notes it.
func (d *Driver) position() aof.Position {
	if !d.stream.Active() {
		return aof.Position{}
	}
	if id := d.stream.ID(); id != d.posID {
		d.posID, d.posText = id, id.String()
	}
	return aof.Position{History: d.posText, Offset: int64(d.stream.Offset()), DB: d.selected()}
}
