package store

// expired reports whether the key's time is over, as far as the mode wants to know.
func (r *ref) expired(now int64) bool {
	at := r.entry().Expire()
	return at != 0 && now > at && r.db.st.mode != ExpireIgnore
}

// expire treats an expired key as the mode says. It returns false: the key is not there for the caller.
func (db *DB) expire(r *ref) bool {
	if db.st.mode == ExpireDelete {
		db.deleteExpired(r)
	} else {
		r.t = r.t.Missing()
	}
	return false
}

func (db *DB) deleteExpired(r *ref) {
	db.st.Stats.Expired++
	if db.st.onExpire != nil {
		db.st.onExpire(db.index, r.key())
	}
	r.remove()
}
