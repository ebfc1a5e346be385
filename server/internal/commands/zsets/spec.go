package zsets

import (
	"slices"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// Commands declares the family: arity, flags, keys and arguments are those of Redis 7.0.
func Commands() []*command.Spec {
	return slices.Concat(writeCommands(), popCommands(), rangeCommands(), readCommands(), combineCommands())
}
