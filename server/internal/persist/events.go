package persist

import "github.com/lockstep-db/lockstep/server/internal/event"

// tellSave publishes what becomes of a file that is saved (R45).
func (d *Driver) tellSave(phase event.Phase, background bool, err error) {
	event.Publish(&d.e.Events, event.Persistence{Target: event.RDB, Phase: phase, Background: background, Err: err})
}

// tellLoading publishes how far a load is. What a server loads that has started is a reload.
func (d *Driver) tellLoading(phase event.Phase, err error) {
	cause := event.FromRDB
	if d.e.Events.Count(event.KindStarted) > 0 {
		cause = event.Reload
	}
	event.Publish(&d.e.Events, event.Loading{Cause: cause, Phase: phase, Done: d.Load.Done, Total: d.Load.Total, Err: err})
}

// telling publishes the progress of a load from time to time.
func (d *Driver) telling(breathe func(int64, int) error) func(int64, int) error {
	return func(bytes int64, keys int) error {
		err := breathe(bytes, keys)
		d.tellLoading(event.Progress, nil)
		return err
	}
}
