package app

import "github.com/lockstep-db/lockstep/server/internal/persist"

func (h adminHost) ChangeReplID()                 {}
func (a *App) replicasLag() bool                  { return false }
func (a *App) startReplication(_ *persist.Loaded) {}
