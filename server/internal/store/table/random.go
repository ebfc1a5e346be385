package table

import "math/rand/v2"

// Random returns an entry chosen at random, all about equally likely: exactly so in tables of one segment. It is invalid when the
// table is empty.
func (t *Table) Random() Entry {
	e, _ := t.random(false)
	return e
}

// RandomVolatile returns a random entry among those with a time to live.
func (t *Table) RandomVolatile() Entry {
	e, _ := t.random(true)
	return e
}

func (t *Table) random(volatile bool) (Entry, bool) {
	if t.n == 0 || volatile && t.vol == 0 {
		return Entry{}, false
	}
	for {
		// The directory's share of a segment is its share of the entries.
		s := t.dir[rand.Uint64()>>t.shift]
		if s.n == 0 || volatile && s.vol == 0 {
			continue
		}
		words := s.words()
		for range 64 {
			if w := words[rand.IntN(len(words))]; w != 0 && (!volatile || w&volatileBit != 0) {
				return At(&t.sp.Reader, handleOf(w)), true
			}
		}
		from := rand.IntN(len(words)) // sparse: take the next one
		for i := range words {
			if w := words[(from+i)%len(words)]; w != 0 && (!volatile || w&volatileBit != 0) {
				return At(&t.sp.Reader, handleOf(w)), true
			}
		}
	}
}

// Sample shows fn up to n entries that stand next to each other at a random place: a cheap sample for eviction.
func (t *Table) Sample(n int, volatile bool, fn func(Entry)) {
	for tries := 0; n > 0 && tries < 10; tries++ {
		s := t.dir[rand.Uint64()>>t.shift]
		if s.n == 0 || volatile && s.vol == 0 {
			continue
		}
		words := s.words()
		from := rand.IntN(len(words))
		for i := range words {
			w := words[(from+i)%len(words)]
			if w == 0 || volatile && w&volatileBit == 0 {
				continue
			}
			fn(At(&t.sp.Reader, handleOf(w)))
			if n--; n == 0 {
				return
			}
		}
	}
}

// ScanVolatile visits entries with a time to live, bucket by bucket from the given one on, until it has seen at least n of them or
// looked at maxBuckets buckets, and returns the bucket to go on from (which may be past a directory that shrinks: it wraps).
// fn must not change the table.
func (t *Table) ScanVolatile(bucket, n, maxBuckets int, fn func(Entry)) (next int) {
	bucket &= len(t.dir) - 1
	// At most once around: an entry that fn was shown must not come again.
	for left := len(t.dir); n > 0 && maxBuckets > 0 && left > 0; maxBuckets-- {
		s := t.dir[bucket]
		if s.vol > 0 {
			for _, w := range s.words() {
				if w&volatileBit != 0 {
					fn(At(&t.sp.Reader, handleOf(w)))
					n--
				}
			}
		}
		span := 1 << (64 - t.shift - s.depth) // all buckets of the segment
		bucket = (bucket&^(span-1) + span) & (len(t.dir) - 1)
		left -= span
	}
	return bucket
}
