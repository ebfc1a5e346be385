package app

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/lockstep-db/lockstep/server/internal/event"
)

// oomScore is what the kernel adds to our badness when memory runs out (oom-score-adj). While we change it we know what it was before.
type oomScore struct {
	base    int
	changed bool
}

const oomScoreFile = "/proc/self/oom_score_adj"

// watchOOMScore applies oom-score-adj now, when it changes, and when the role does.
func (a *App) watchOOMScore() {
	apply := func() error {
		if err := a.applyOOMScore(); err != nil {
			a.log.Warn("Unable to write oom_score_adj: " + err.Error())
			return errors.New("Failed to apply new oom_score_adj configuration, check server logs.")
		}
		return nil
	}
	_ = apply()
	a.cfg.OnChange(apply, "oom-score-adj", "oom-score-adj-values")
	event.On(&a.engine.Events, func(event.Role) { _ = apply() })
}

func (a *App) applyOOMScore() error {
	o := &a.oom
	mode := a.cfg.OOMScoreAdj
	switch {
	case mode == "no" && !o.changed:
		return nil
	case mode == "no":
		o.changed = false
		return writeOOMScore(o.base)
	case !o.changed:
		text, err := os.ReadFile(oomScoreFile)
		if err != nil {
			return err
		}
		if o.base, err = strconv.Atoi(strings.TrimSpace(string(text))); err != nil {
			return err
		}
		o.changed = true
	}
	score := a.cfg.OOMScoreAdjValues[0]
	if a.engine.Replica() {
		score = a.cfg.OOMScoreAdjValues[1]
	}
	if mode != "absolute" {
		score += o.base
	}
	return writeOOMScore(max(min(score, 1000), -1000))
}

func writeOOMScore(score int) error {
	return os.WriteFile(oomScoreFile, []byte(strconv.Itoa(score)), 0)
}
