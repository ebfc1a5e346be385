package main

import (
	"os"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/lockstep-db/lockstep/rdbcheck/input"
)

// progress shows on a terminal how far a long read has come. It appears after a second and leaves no trace.
type progress struct {
	bar *progressbar.ProgressBar
}

// watch begins a bar for an input; it does nothing when standard error is no terminal.
func (p *progress) watch(std streams) input.Watch {
	f, ok := std.err.(*os.File)
	if !ok {
		return nil
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return func(name string, size int64) func(int) {
		begun, done := time.Now(), int64(0)
		return func(n int) {
			done += int64(n)
			if p.bar == nil && time.Since(begun) < time.Second {
				return
			}
			if p.bar == nil {
				p.bar = progressbar.NewOptions64(size, progressbar.OptionSetWriter(f), progressbar.OptionSetDescription(name),
					progressbar.OptionShowBytes(true), progressbar.OptionThrottle(200*time.Millisecond),
					progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(size > 0), progressbar.OptionFullWidth())
			}
			p.bar.Set64(done)
		}
	}
}

// clear removes the bar.
func (p *progress) clear() {
	if p.bar != nil {
		p.bar.Finish()
		p.bar = nil
	}
}
