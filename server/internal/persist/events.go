package persist

import "github.com/lockstep-db/lockstep/server/internal/event"

// tellSave publishes what becomes of a snapshot that is written (R45).
func (d *Driver) tellSave(t event.Target, background bool, phase event.Phase, err error) {
	event.Publish(&d.e.Events, event.Persistence{Target: t, Phase: phase, Background: background, Err: err})
}

// ended is the phase that something comes to an end with.
func ended(err error) event.Phase {
	if err != nil {
		return event.Failed
	}
	return event.Done
}

// tellLoading publishes how far a load is. What a server loads that has started is a reload.
func (d *Driver) tellLoading(cause event.Cause, phase event.Phase, err error) {
	if d.e.Events.Count(event.KindStarted) > 0 {
		cause = event.Reload
	}
	event.Publish(&d.e.Events, event.Loading{Cause: cause, Phase: phase, Done: d.Load.Done, Total: d.Load.Total, Err: err})
}

// telling publishes the progress of a load at each breath.
func (d *Driver) telling(cause event.Cause, breathe func(int64, int) error) func(int64, int) error {
	return func(bytes int64, keys int) error {
		err := breathe(bytes, keys)
		d.tellLoading(cause, event.Progress, nil)
		return err
	}
}
