package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// stallRate is the number of writes a second during the resync.
const stallRate = 4000

// measureStall measures how long the master lets a client wait while it serves a full resync and takes writes.
func measureStall(ctx context.Context, b *bench, program string) (r result, err error) {
	err = b.withServer(ctx, program, func(master *server) error {
		if err := b.o.fill(ctx, master); err != nil {
			return err
		}
		return b.withServer(ctx, program, func(replica *server) (err error) {
			o := *b.o
			o.rate = stallRate
			load, err := o.startLoad(ctx, master, 1)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, load.stop()) }()
			p := &pair{&o, master, replica}
			full, fault, err := p.full(ctx)
			if fault != "" {
				b.faults = append(b.faults, fmt.Sprintf("stall, %s: %s", master.program, fault))
			}
			for _, m := range full {
				if key, ok := strings.CutPrefix(m.key, "probe_"); ok {
					m.key = key
					r = append(r, m)
				}
			}
			return err
		})
	})
	return r, err
}
