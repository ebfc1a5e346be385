package store

// TakeOver puts the data of another store, which nobody else uses, in the place of this one's. What was here is freed in slices of
// Reclaim; snapshots of either stay as they are. It takes no time: the databases change hands.
func (st *Store) TakeOver(from *Store) {
	for i, db := range st.dbs {
		if db != nil {
			st.retired = append(st.retired, db.sp)
			st.dbs[i] = nil
		}
		if db := from.dbs[i]; db != nil {
			db.st, st.dbs[i], from.dbs[i] = st, db, nil
		}
	}
	st.retired = append(st.retired, from.retired...)
	from.retired = nil
}

// Discard frees the data of another store, which nobody uses any more, in slices of Reclaim.
func (st *Store) Discard(from *Store) {
	from.Flush()
	st.retired = append(st.retired, from.retired...)
	from.retired, from.dbs = nil, nil
}

// Apart returns an empty store with the limits and the time of this one, for data that is being loaded on another goroutine.
func (st *Store) Apart() *Store {
	other := New(len(st.dbs))
	other.Limits, other.clock = st.Limits, st.clock
	return other
}
