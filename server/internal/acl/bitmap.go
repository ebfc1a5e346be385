package acl

import (
	"math/bits"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// bitmap is a set of commands and subcommands: bit i is the one with ID i.
type bitmap []uint64

func (b bitmap) has(id int) bool { return b[id/64]>>(id%64)&1 != 0 }

func (b bitmap) set(id int) { b[id/64] |= 1 << (id % 64) }

func (b bitmap) clear(id int) { b[id/64] &^= 1 << (id % 64) }

func (b bitmap) add(of bitmap) {
	for i := range b {
		b[i] |= of[i]
	}
}

func (b bitmap) remove(of bitmap) {
	for i := range b {
		b[i] &^= of[i]
	}
}

// count tells how many of some commands are in the set, and how many are not.
func (b bitmap) count(of bitmap) (in, out int) {
	for i := range b {
		in += bits.OnesCount64(b[i] & of[i])
		out += bits.OnesCount64(of[i] &^ b[i])
	}
	return in, out
}

// category is a category with its commands. A rule about it is one about all subcommands of these, too: those are in sets only, where they
// belong to other categories. Commands that Redis 7.0 has not are no members: how many there are must not change which categories describe a user.
type category struct {
	name          string
	members, sets bitmap
}

// categories lists all in Redis's order, which decides between those that fit a user equally well.
func (l *List) newCategories() (out []category) {
	for _, name := range command.CategoryNames() {
		c := category{name: name, members: l.newBitmap(), sets: l.newBitmap()}
		bit := command.ParseCategory([]byte(name))
		for _, spec := range l.specs {
			if spec.Categories()&bit == 0 {
				continue
			}
			if !spec.Extension() {
				c.members.set(spec.ID)
			}
			c.sets.set(spec.ID)
			for _, sub := range spec.Subs {
				c.sets.set(sub.ID)
			}
		}
		out = append(out, c)
	}
	return out
}

func (l *List) newBitmap() bitmap { return make(bitmap, len(l.specs)/64+1) }
