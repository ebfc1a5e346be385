package codec

import (
	"errors"
	"fmt"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/intset"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// ErrExists says that the key is there already.
var ErrExists = errors.New("the key exists already")

// Load adds a key with a decoded value to the database. Nothing is changed when it fails.
func Load(db *store.DB, key []byte, v *rdb.Value, at store.Attributes) error {
	added, err := load(db, key, v, at)
	if err == nil && !added {
		err = ErrExists
	}
	return err
}

func load(db *store.DB, key []byte, v *rdb.Value, at store.Attributes) (bool, error) {
	switch v.Kind {
	case rdb.KindString:
		return db.LoadString(key, v.Str, at), nil
	case rdb.KindRaw:
		if v.Type.Object() == rdb.Stream {
			return loadStream(db, key, v, at)
		}
		raw := append([]byte{byte(v.Type)}, v.Raw...)
		return db.LoadBytes(key, store.KindModule, raw, at), nil
	}
	switch v.Type.Object() {
	case rdb.List:
		return loadList(db, key, v, at)
	case rdb.Set:
		return loadSet(db, key, v, at)
	case rdb.Zset:
		return loadZSet(db, key, v, at)
	case rdb.Hash:
		return loadHash(db, key, v, at)
	}
	return false, fmt.Errorf("a value of type %v cannot be kept", v.Type)
}

// packed returns the listpack of a flat value, converted if it has an older encoding.
func packed(v *rdb.Value) ([]byte, error) {
	switch v.Kind {
	case rdb.KindListpack:
		return v.Blob, nil
	case rdb.KindZiplist:
		return rdb.ZiplistToListpack(v.Blob)
	case rdb.KindZipmap:
		return rdb.ZipmapToListpack(v.Blob)
	}
	return nil, fmt.Errorf("BUG: %v is no flat encoding", v.Kind)
}

func loadList(db *store.DB, key []byte, v *rdb.Value, at store.Attributes) (bool, error) {
	b := db.NewListDraft()
	defer b.Discard()
	switch v.Kind {
	case rdb.KindZiplist, rdb.KindListpack:
		lp, err := packed(v)
		if err != nil {
			return false, err
		}
		b.AddPacked(lp)
	case rdb.KindNodes:
		for {
			var n rdb.Node
			ok, err := v.NextNode(&n)
			if err != nil {
				return false, err
			}
			if !ok {
				break
			}
			if err := addNode(b, &n); err != nil {
				return false, err
			}
		}
	default:
		err := eachElem(v, func(e *rdb.Elem) error {
			b.Add(e.Member)
			return nil
		})
		if err != nil {
			return false, err
		}
	}
	return b.Load(key, at), nil
}

func addNode(b *store.ListDraft, n *rdb.Node) error {
	switch n.Kind {
	case rdb.NodePlain:
		b.AddPlain(n.Data)
	case rdb.NodeListpack:
		b.AddPacked(n.Data)
	case rdb.NodeZiplist:
		lp, err := rdb.ZiplistToListpack(n.Data)
		if err != nil {
			return err
		}
		b.AddPacked(lp)
	}
	return nil
}

func eachElem(v *rdb.Value, f func(e *rdb.Elem) error) error {
	for {
		var e rdb.Elem
		ok, err := v.NextElem(&e)
		if err != nil || !ok {
			return err
		}
		if err := f(&e); err != nil {
			return err
		}
	}
}

// draft is a collection under construction.
type draft interface {
	Load(key []byte, at store.Attributes) (added bool)
	Discard()
}

// finish stores a draft, or gives it up if filling it failed.
func finish(d draft, key []byte, at store.Attributes, err error) (bool, error) {
	if err != nil {
		d.Discard()
		return false, err
	}
	return d.Load(key, at), nil
}

func loadZSet(db *store.DB, key []byte, v *rdb.Value, at store.Attributes) (bool, error) {
	if v.Kind != rdb.KindElements {
		lp, err := packed(v)
		if err != nil {
			return false, err
		}
		return db.LoadZSet(key, lp, at)
	}
	d := db.NewZSetDraft()
	err := eachElem(v, func(e *rdb.Elem) error {
		if !d.Add(e.Member, e.Score) {
			return fmt.Errorf("member %q twice in a sorted set", e.Member)
		}
		return nil
	})
	return finish(d, key, at, err)
}

func loadSet(db *store.DB, key []byte, v *rdb.Value, at store.Attributes) (bool, error) {
	if v.Kind == rdb.KindIntset && intset.Len(v.Blob) <= db.Limits().SetIntEntries {
		return db.LoadInts(key, v.Blob, at), nil
	}
	d := db.NewSetDraft(min(v.Len, draftHint))
	err := eachElem(v, func(e *rdb.Elem) error {
		if !d.Add(e.Member) {
			return fmt.Errorf("member %q twice in a set", e.Member)
		}
		return nil
	})
	return finish(d, key, at, err)
}

func loadHash(db *store.DB, key []byte, v *rdb.Value, at store.Attributes) (bool, error) {
	if v.Type == rdb.TypeHashTTL || v.Type == rdb.TypeHashListpackTTL || v.Type == rdb.TypeHashTTLPreGA || v.Type == rdb.TypeHashListpackTTLPreGA {
		return false, errors.New("fields of a hash that expire on their own are not known to this version")
	}
	if v.Kind != rdb.KindElements {
		lp, err := packed(v)
		if err != nil {
			return false, err
		}
		return db.LoadHash(key, lp, v.Type == rdb.TypeHashZipmap, at)
	}
	d := db.NewHashDraft(min(v.Len, draftHint))
	err := eachElem(v, func(e *rdb.Elem) error {
		if !d.Add(e.Member, e.Value) {
			return fmt.Errorf("field %q twice in a hash", e.Member)
		}
		return nil
	})
	return finish(d, key, at, err)
}

// draftHint bounds what is reserved for a collection on the word of a file.
const draftHint = 1 << 20
