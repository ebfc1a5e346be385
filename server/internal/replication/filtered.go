package replication

import (
	"bytes"
	"context"

	"github.com/lockstep-db/lockstep/server/internal/persist"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// sendWithoutKeys answers SYNC of a client that wants a snapshot of the functions alone, as redis-cli --functions-rdb does, and hangs
// up. It is no replica and takes no part in the planning of snapshots: what it gets is small and made at once.
func (d *Driver) sendWithoutKeys(r *replica) (errText string) {
	o := d.p.EncodeOptions(1)
	o.Pace = nil // rdb-key-save-delay is for keys
	if !r.withFunctions {
		o.Functions = nil
	}
	none := store.New(1).Snapshot()
	defer none.Release()
	var b bytes.Buffer
	if err := persist.Encode(context.Background(), &b, none, o); err != nil {
		return "ERR encode functions: " + err.Error()
	}
	d.log.Info("Functions are sent to " + r.name())
	r.s.W.Bulk(b.Bytes())
	r.s.W.Buf = r.s.W.Buf[:len(r.s.W.Buf)-2] // a snapshot has no line break behind it
	d.e.CloseAfterWrite(r.s)
	return ""
}
