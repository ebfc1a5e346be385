package info

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/lockstep-db/lockstep/server/internal/engine"
)

func fixed(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

func commandStats(b *Builder, e *engine.Engine) {
	for _, s := range e.Table().Specs() {
		c := &e.Stats.Commands[s.ID]
		if c.Calls+c.Failed+c.Rejected == 0 {
			continue
		}
		us := c.Ns / 1000
		per := 0.0
		if c.Calls > 0 {
			per = float64(us) / float64(c.Calls)
		}
		b.Str("cmdstat_"+s.FullName(), fmt.Sprintf("calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d", c.Calls, us, per, c.Rejected, c.Failed))
	}
}

func errorStats(b *Builder, e *engine.Engine) {
	codes := make([]string, 0, len(e.Stats.Errors))
	for c := range e.Stats.Errors {
		codes = append(codes, c)
	}
	sort.Strings(codes)
	for _, c := range codes {
		b.Str("errorstat_"+c, "count="+strconv.FormatInt(e.Stats.Errors[c], 10))
	}
}

func latencyStats(b *Builder, e *engine.Engine) {
	if !e.Config().LatencyTracking {
		return
	}
	for _, s := range e.Table().Specs() {
		h := e.Stats.Commands[s.ID].Latency
		if h == nil {
			continue
		}
		var parts []string
		for _, p := range e.Config().LatencyTrackingInfoPercentiles {
			name := strings.TrimRight(strings.TrimRight(strconv.FormatFloat(p, 'f', 6, 64), "0"), ".")
			parts = append(parts, fmt.Sprintf("p%s=%.3f", name, float64(h.ValueAtPercentile(p))/1000))
		}
		b.Str("latency_percentiles_usec_"+s.FullName(), strings.Join(parts, ","))
	}
}
