package engine

import (
	"strconv"
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/session"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// A key that is watched again is the same watch, and what WATCH costs does not grow with the keys that are watched: 100,000 of them, looked
// through one by one for each, would take minutes.
func TestWatchOfManyKeys(t *testing.T) {
	const keys = 100_000
	e := &Engine{store: store.New(1), watched: map[dbKey]map[*session.Session]*session.WatchedKey{}}
	s := &session.Session{}
	for range 2 {
		for i := range keys {
			e.Watch(s, strconv.AppendInt(nil, int64(i), 10))
		}
	}
	if len(s.Watched) != keys || len(e.watched) != keys {
		t.Errorf("%d watches of the session, %d of the engine; want %d", len(s.Watched), len(e.watched), keys)
	}
	e.touchWatched(0, []byte("17"))
	if !s.Has(session.DirtyCAS) {
		t.Error("a change of a watched key goes unnoticed")
	}
	e.Unwatch(s)
	if len(s.Watched) != 0 || len(e.watched) != 0 || s.Has(session.DirtyCAS) {
		t.Errorf("after UNWATCH: %d watches of the session, %d of the engine", len(s.Watched), len(e.watched))
	}
}
