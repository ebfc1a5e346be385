package rdb

import (
	"fmt"
	"math"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/ziplist"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/zipmap"
)

// AppendZiplist appends the elements of a ziplist that was validated to the listpack lp, which may be in reused memory.
func AppendZiplist(lp, zl []byte) []byte {
	for pos := ziplist.First(zl); pos >= 0; {
		var v ziplist.Value
		if v, pos = ziplist.Read(zl, pos); v.IsInt {
			lp = listpack.AppendInt(lp, v.Int)
		} else {
			lp = listpack.Append(lp, v.Str)
		}
	}
	return lp
}

// AppendZipmap appends fields and values of a zipmap that was validated to the listpack lp.
func AppendZipmap(lp, zm []byte) []byte {
	for pos := zipmap.First(zm); pos >= 0; {
		var field, value []byte
		field, value, pos = zipmap.Read(zm, pos)
		lp = listpack.Append(listpack.Append(lp, field), value)
	}
	return lp
}

// ZiplistToListpack checks a ziplist and returns its elements as a listpack.
func ZiplistToListpack(zl []byte) ([]byte, error) {
	if _, err := ziplist.Validate(zl); err != nil {
		return nil, err
	}
	return AppendZiplist(listpack.New(len(zl)), zl), nil
}

// ZipmapToListpack checks a zipmap and returns its fields and values as a listpack.
func ZipmapToListpack(zm []byte) ([]byte, error) {
	if _, err := zipmap.Validate(zm); err != nil {
		return nil, err
	}
	return AppendZipmap(listpack.New(len(zm)), zm), nil
}

// ListpackToZiplist returns the elements of a listpack that was validated as a ziplist, for versions below 10.
func ListpackToZiplist(lp []byte) ([]byte, error) {
	zl := ziplist.New(len(lp) + len(lp)/4)
	for pos := listpack.First(lp); pos >= 0; {
		var v listpack.Value
		if v, pos = listpack.Read(lp, pos); v.IsInt {
			zl = ziplist.AppendInt(zl, v.Int)
			continue
		}
		if uint64(len(zl))+uint64(len(v.Str))+16 > math.MaxUint32 {
			return nil, fmt.Errorf("%w: a ziplist of more than 4 GiB", ErrNotEncoded)
		}
		zl = ziplist.AppendString(zl, v.Str)
	}
	return zl, nil
}
