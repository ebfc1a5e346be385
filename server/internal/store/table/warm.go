package table

// Warmer brings what lookups of several keys need into the CPU's caches: misses that would follow one another then
// overlap, which saves most of the time of lookups in a table larger than the caches.
//
//	Add each key, then Finish, then look the keys up
type Warmer struct {
	n    int
	seg  [warmKeys]*segment
	tag  [warmKeys]uint64
	sink uint64 // keeps the compiler from dropping the loads
}

// warmKeys is how many keys one round takes. More would push one another out of the first cache.
const warmKeys = 64

// Add starts loading the slots of a key. Keys beyond the capacity of a round are left cold.
func (w *Warmer) Add(t *Table, key []byte) {
	if w.n == warmKeys {
		return
	}
	hash := Hash(key)
	s := t.dir[hash>>t.shift]
	tag := s.tag(hash)
	w.seg[w.n], w.tag[w.n] = s, tag
	w.n++
	w.sink ^= *s.at(s.home(tag)) // nothing depends on it: the next key does not wait
}

// Finish starts loading the entries and forgets the keys.
func (w *Warmer) Finish(t *Table) {
	for k := range w.n {
		s, tag := w.seg[k], w.tag[k]
		for i := s.home(tag); ; i++ {
			word := *s.at(i)
			if word>>tagShift == tag>>tagShift && word != 0 {
				w.sink ^= uint64(*At(&t.sp.Reader, handleOf(word)).head())
			}
			if word == 0 || word>>tagShift >= tag>>tagShift {
				break
			}
		}
		w.seg[k] = nil
	}
	w.n = 0
}
