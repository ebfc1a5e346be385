//go:build invariants

package arena

import "fmt"

// invariants is the build tag under which freed memory is filled with a pattern and checked when it is
// handed out again: a write through a stale handle is found at the next allocation of the block.
const invariants = true

const poisonByte = 0xdb

func poison(b []byte) {
	for i := range b {
		b[i] = poisonByte
	}
}

func checkPoison(b []byte) {
	for i := range b {
		if b[i] != poisonByte {
			panic(fmt.Sprintf("BUG: arena: byte %d of a freed block was written", i))
		}
	}
}
