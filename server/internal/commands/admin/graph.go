package admin

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
)

// A graph of spikes is text, a column for each sample and at most graphWidth of them side by side:
//
//	command - high 500 ms, low 300 ms (all time high 500 ms)
//	--------------------------------------------------------------------------------
//	  #      graphRows rows: a row is three steps high, drawn as _ o #; a column is filled up with |
//	  |
//	 _|
//	_||
//
//	852      how long ago each was, read downwards: 8s, 5s, 2s
//	sss
const (
	graphWidth = 80
	graphRows  = 4
)

const graphSteps = "_o#"

// drawSeries draws the spikes of an event as seen at now (Unix seconds).
func drawSeries(s LatencySeries, now int64) []byte {
	byMs := func(a, b LatencySample) int { return int(a.Ms - b.Ms) }
	low, high := slices.MinFunc(s.Samples, byMs).Ms, slices.MaxFunc(s.Samples, byMs).Ms
	b := fmt.Appendf(nil, "%s - high %d ms, low %d ms (all time high %d ms)\n", s.Event, high, low, s.Worst)
	b = append(append(b, bytes.Repeat([]byte("-"), graphWidth)...), '\n')
	for i := 0; i < len(s.Samples); i += graphWidth {
		if i > 0 {
			b = append(b, '\n')
		}
		part := s.Samples[i:min(i+graphWidth, len(s.Samples))]
		b = drawColumns(b, part, low, high)
		b = drawAges(b, part, now)
	}
	return b
}

func drawColumns(b []byte, samples []LatencySample, low, high int64) []byte {
	const steps = int64(graphRows * len(graphSteps))
	span := max(high-low, 1)
	for row := int64(graphRows - 1); row >= 0; row-- {
		for _, p := range samples {
			step := min((p.Ms-low)*steps/span, steps-1) - row*int64(len(graphSteps))
			switch {
			case step < 0:
				b = append(b, ' ')
			case step < int64(len(graphSteps)):
				b = append(b, graphSteps[step])
			default:
				b = append(b, '|')
			}
		}
		b = append(b, '\n')
	}
	return b
}

// drawAges writes below each column how long ago its spike was, behind an empty line.
func drawAges(b []byte, samples []LatencySample, now int64) []byte {
	labels, longest := make([]string, len(samples)), 0
	for i, p := range samples {
		labels[i] = age(now - p.Time)
		longest = max(longest, len(labels[i]))
	}
	for row := -1; row < longest; row++ {
		for _, l := range labels {
			if row >= 0 && row < len(l) {
				b = append(b, l[row])
			} else {
				b = append(b, ' ')
			}
		}
		b = append(b, '\n')
	}
	return b
}

// age writes seconds in the largest unit that they fill.
func age(s int64) string {
	switch {
	case s < 60:
		return strconv.FormatInt(s, 10) + "s"
	case s < 60*60:
		return strconv.FormatInt(s/60, 10) + "m"
	case s < 24*60*60:
		return strconv.FormatInt(s/(60*60), 10) + "h"
	}
	return strconv.FormatInt(s/(24*60*60), 10) + "d"
}
