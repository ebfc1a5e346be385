package persist

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/server/internal/event"
)

// DecodeOptions are the configured choices of a reader.
func (d *Driver) DecodeOptions() rdb.DecodeOptions {
	c := d.e.Config()
	skipped := 0
	return rdb.DecodeOptions{Deep: c.SanitizeDumpPayload == "yes", SkipChecksum: !c.RDBChecksum || d.skipChecksum,
		EmptyKey: func(key []byte) {
			if skipped++; skipped <= 10 {
				d.log.Info(fmt.Sprintf("rdbLoadObject skipping empty key: %.128s", key))
			}
		}}
}

// Onto says what a file is loaded onto.
type Onto uint8

const (
	OntoNothing  Onto = iota // what was there is gone
	OntoOther                // its libraries of functions must not be there yet
	OntoWhatever             // what has the same name is replaced
)

// AdoptFunctions takes the libraries of a file that was loaded.
func (d *Driver) AdoptFunctions(res *Loaded, onto Onto) error {
	if d.TakeFunctions == nil {
		return nil
	}
	return d.TakeFunctions(res.Functions, onto)
}

// LoadFile reads the RDB file into the store. A missing file is no error; found says which. The engine answers
// clients now and then meanwhile.
func (d *Driver) LoadFile(keepExpired bool, onto Onto) (res *Loaded, found bool, err error) {
	name := d.Path()
	f, err := d.fs.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("open RDB file: %w", err)
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil {
		d.Load.Total = st.Size()
	}
	start := time.Now()
	d.Load.begin(start, d.Load.Total)
	d.e.SetLoading(true, false)
	d.tellLoading(event.FromRDB, event.Begun, nil)
	defer d.e.SetLoading(false, false)
	res, err = Load(d.e.Store(), f, LoadOptions{RDB: d.DecodeOptions(), KeepExpired: keepExpired, Now: start.UnixMilli(), Overwrite: onto != OntoNothing, Expired: d.Expired, Breathe: d.telling(event.FromRDB, d.Breathe())})
	if err == nil {
		err = d.AdoptFunctions(res, onto)
	}
	if err != nil {
		d.logCorruption(err)
		d.tellLoading(event.FromRDB, event.Failed, err)
		return nil, true, fmt.Errorf("%s: %w", name, err)
	}
	d.Loaded(res)
	d.log.Info(fmt.Sprintf("Done loading RDB, keys loaded: %d, keys expired: %d, empty keys skipped: %d.", res.Keys, res.Expired, res.Empty))
	d.log.Info(fmt.Sprintf("DB loaded from disk: %.3f seconds", time.Since(start).Seconds()))
	d.tellLoading(event.FromRDB, event.Done, nil)
	return res, true, nil
}

// logCorruption says what is wrong with an RDB file in the words that people look for.
func (d *Driver) logCorruption(err error) {
	var syntax *rdb.SyntaxError
	if errors.As(err, &syntax) {
		what := rdb.Complaint(syntax.Type, syntax)
		d.log.Warn(fmt.Sprintf("Internal error in RDB reading offset %d -> %s", syntax.Offset, what))
		d.log.Warn(fmt.Sprintf("--- RDB ERROR DETECTED --- [offset %d] %s", syntax.Offset, what))
	}
}

// Loaded books a finished load for INFO.
func (d *Driver) Loaded(res *Loaded) {
	d.Load.LastLoaded, d.Load.LastExpired = int64(res.Keys), int64(res.Expired)
	d.Load.RDBUsedMem, _ = strconv.ParseInt(res.Aux["used-mem"], 10, 64)
}

// breatheEvery is how long loading keeps the engine from its clients.
const breatheEvery = 2 * time.Millisecond

// Breathe returns the function that lets the engine handle events during a load: clients get -LOADING, INFO shows progress.
func (d *Driver) Breathe() func(bytes int64, keys int) error {
	d.breathed = time.Now()
	seen := 0
	return func(bytes int64, keys int) error {
		d.Load.Done = bytes
		n := keys - seen
		seen = keys
		return d.breathe(n)
	}
}

// breathe comes after some more keys.
func (d *Driver) breathe(keys int) error {
	for begun := time.Now(); ; {
		left := d.loadDelay(keys) - time.Since(begun)
		if left <= 0 {
			break
		}
		time.Sleep(min(left, breatheEvery))
		if err := d.e.Breathe(); err != nil {
			return err
		}
	}
	if time.Since(d.breathed) < breatheEvery {
		return nil
	}
	err := d.e.Breathe()
	d.breathed = time.Now()
	return err
}

// loadDelay is the directive key-load-delay for some keys: microseconds for each or, when it is negative, one for so many.
func (d *Driver) loadDelay(keys int) time.Duration {
	us := time.Duration(d.e.Config().KeyLoadDelay)
	if us < 0 {
		return time.Duration(keys) * time.Microsecond / -us
	}
	return time.Duration(keys) * us * time.Microsecond
}

func (l *LoadState) begin(now time.Time, total int64) {
	l.Start, l.Done, l.Total = now.Unix(), 0, total
}
