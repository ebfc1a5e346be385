package zset

import (
	"bytes"
	"cmp"
	"math"
	"strconv"
	"unsafe"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
)

// A small sorted set is one listpack of member, score, member, score, ... in order. A score is stored as the text that
// AppendScore gives, which the listpack turns into an integer where it can.

// AppendScore appends the text of a score as Redis 7.0 stores it: an integer where the score is one, else 17 significant
// digits, or inf, -inf. It drops the sign of -0, which a large set keeps.
func AppendScore(dst []byte, f float64) []byte {
	switch {
	case math.IsInf(f, 0):
		if f < 0 {
			dst = append(dst, '-')
		}
		return append(dst, "inf"...)
	case f == math.Trunc(f) && math.Abs(f) < 1<<52:
		return strconv.AppendInt(dst, int64(f), 10)
	}
	return strconv.AppendFloat(dst, f, 'g', 17, 64)
}

// ParseScore reads the text of a score: 0 and false when it is none.
func ParseScore(b []byte) (float64, bool) {
	if len(b) == 0 {
		return 0, false
	}
	f, err := strconv.ParseFloat(unsafe.String(&b[0], len(b)), 64)
	if err != nil || math.IsNaN(f) {
		return 0, false
	}
	return f, true
}

// scoreOf returns the score in an element of a trusted listpack; what is no number counts as 0, as in Redis.
func scoreOf(v listpack.Value) float64 {
	if v.IsInt {
		return float64(v.Int)
	}
	f, _ := ParseScore(v.Str)
	return f
}

// PackedLen returns the number of members.
func PackedLen(lp []byte) int { return listpack.Len(lp) / 2 }

// PackedFind returns the position and the score of a member; the position is -1 when it is not there.
func PackedFind(lp, name []byte) (pos int, score float64) {
	pos = listpack.Find(lp, listpack.First(lp), name, 1)
	if pos < 0 {
		return pos, 0
	}
	return pos, PackedScore(lp, pos)
}

// PackedScore returns the score of the member at pos.
func PackedScore(lp []byte, pos int) float64 {
	return scoreOf(listpack.Get(lp, listpack.Next(lp, pos)))
}

// PackedRank returns how many members are before the one at pos.
func PackedRank(lp []byte, pos int) (rank int) {
	for p := listpack.First(lp); p != pos; rank++ {
		p = listpack.Next(lp, listpack.Next(lp, p))
	}
	return rank
}

// PackedInsert adds a member that is not there.
func PackedInsert(lp, name []byte, score float64) []byte {
	at := len(lp) - 1
	for pos := listpack.First(lp); pos >= 0; {
		v, next := listpack.Read(lp, pos)
		s, after := listpack.Read(lp, next)
		if c := cmp.Compare(scoreOf(s), score); c > 0 || c == 0 && CompareMember(v, name) > 0 {
			at = pos
			break
		}
		pos = after
	}
	lp, at = listpack.Insert(lp, at, name)
	var text [32]byte
	t := AppendScore(text[:0], score)
	if next := listpack.Next(lp, at); next >= 0 {
		lp, _ = listpack.Insert(lp, next, t)
		return lp
	}
	return listpack.Append(lp, t)
}

// PackedDelete removes n members from pos on.
func PackedDelete(lp []byte, pos, n int) []byte { return listpack.DeleteRange(lp, pos, 2*n) }

// PackedCountWhile returns how many members at the front satisfy before.
func PackedCountWhile(lp []byte, before func(name listpack.Value, score float64) bool) (n int) {
	for pos := listpack.First(lp); pos >= 0; n++ {
		v, next := listpack.Read(lp, pos)
		s, after := listpack.Read(lp, next)
		if !before(v, scoreOf(s)) {
			break
		}
		pos = after
	}
	return n
}

// CompareMember orders an element, as a client sees it, relative to b.
func CompareMember(v listpack.Value, b []byte) int {
	if !v.IsInt {
		return bytes.Compare(v.Str, b)
	}
	var buf [20]byte
	return bytes.Compare(strconv.AppendInt(buf[:0], v.Int, 10), b)
}
