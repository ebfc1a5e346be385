package keys

import (
	"slices"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// Commands declares the family: arity, flags, keys and arguments are those of Redis 7.0.
func Commands(h Host) []*command.Spec {
	f := &family{h: h}
	return slices.Concat(f.keyspaceSpecs(), f.keyspaceSpecs2(), f.expirySpecs(), f.expirySpecs2(), f.valuesSpecs(), f.valuesSpecs2(), f.valuesSpecs3())
}
