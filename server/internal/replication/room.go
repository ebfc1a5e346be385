package replication

import (
	"fmt"

	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/libs/repl/wire"
	"github.com/lockstep-db/lockstep/server/internal/persist"
)

// SetFreeMemory sets how much memory the data may take besides what it has; negative: not known.
func (d *Driver) SetFreeMemory(f func() int64) { d.freeMemory = f }

// room is what repl-diskless-load auto decides by (B6); nil when the directive is another. It is of the moment at which the
// snapshot was announced.
func (d *Driver) room() *repl.Room {
	if d.cfg.ReplDisklessLoad != "auto" {
		return nil
	}
	st := d.e.Store()
	r := repl.Room{Keys: int64(st.Len()), Used: int64(st.Used()), Free: -1}
	if d.freeMemory != nil {
		r.Free = d.freeMemory()
	}
	return &r
}

// chooseLoad decides when the first bytes are there, on the goroutine of the transfer: they say how much memory the master uses.
func (d *Driver) chooseLoad(f *following, frame *wire.Frame, room repl.Room) repl.Load {
	memory := int64(-1)
	if _, err := f.r.Peek(1); err == nil {
		head, _ := f.r.Peek(f.r.Buffered())
		memory = persist.UsedMemory(head)
	}
	how := repl.ChooseLoad(room, frame.Size, memory)
	d.log.Info(fmt.Sprintf("MASTER <-> REPLICA sync: loading %v (repl-diskless-load auto: length %d, memory of the master %d, free here %d)", how, frame.Size, memory, room.Free))
	return how
}
