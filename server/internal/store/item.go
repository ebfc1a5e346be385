package store

import (
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
)

// Item is a key with its value, for reading: on the engine's goroutine (DB.Item) or in a snapshot.
type Item struct {
	e   table.Entry
	rd  *arena.Reader
	now age // when the Item was made, or its snapshot
}

// Key returns the key: a view.
func (it Item) Key() []byte { return it.e.Key() }

// Kind returns type and encoding of the value.
func (it Item) Kind() Kind { return Kind(it.e.Kind()) }

// Expire returns when the key expires (Unix ms; 0: never).
func (it Item) Expire() int64 { return it.e.Expire() }

// Clock returns the 24 bits of LRU or LFU.
func (it Item) Clock() uint32 { return it.e.Clock() }

// Bytes returns the value of a kind that is bytes: a view.
func (it Item) Bytes() []byte { return valueBytes(it.rd, it.e) }

// Big returns the root of a large value. It is read through Reader.
func (it Item) Big() arena.Big { return valueBig(it.rd, it.e) }

// IsBig reports whether the value is a Big.
func (it Item) IsBig() bool { return it.e.Flags()&flagObject != 0 }

// Reader is what the nodes of Big are read with.
func (it Item) Reader() *arena.Reader { return it.rd }

// IdleSeconds returns the seconds since the last access under an LRU policy.
func (it Item) IdleSeconds() int64 { return int64((it.now.seconds - it.Clock()) & clockMask) }

// Freq returns the access counter under an LFU policy, less what has gone with time.
func (it Item) Freq() uint8 { return uint8(it.now.decayed(it.Clock())) }
