package main

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"
)

// metric is one measured number.
type metric struct {
	key   string // in JSON, with the unit
	label string // in the table
	unit  unit
	value float64 // NaN when it is not known
}

type unit int

const (
	inMilliseconds unit = iota
	inBytes
	inMicroseconds
	inPercent
)

// result is what one resync showed, in the order of the table.
type result []metric

func (r *result) duration(key, label string, d time.Duration) {
	value := math.NaN()
	if d >= 0 {
		value = float64(d.Microseconds()) / 1000
	}
	*r = append(*r, metric{key + "_ms", label, inMilliseconds, value})
}

func (r *result) add(key, label string, u unit, value float64) {
	*r = append(*r, metric{key, label, u, value})
}

func (r *result) bytes(key, label string, n int64) {
	*r = append(*r, metric{key, label, inBytes, float64(n)})
}

// MarshalJSON writes an object in the order of r; what is not known is null.
func (r result) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, m := range r {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(strconv.AppendQuote(out, m.key), ':')
		var value any
		if !math.IsNaN(m.value) {
			value = m.value
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		out = append(out, text...)
	}
	return append(out, '}'), nil
}

// medians returns the median of each metric over the runs that know it.
func medians(runs []result) result {
	if len(runs) == 0 {
		return nil
	}
	middle := slices.Clone(runs[0])
	for i := range middle {
		var values []float64
		for _, run := range runs {
			if !math.IsNaN(run[i].value) {
				values = append(values, run[i].value)
			}
		}
		middle[i].value = median(values)
	}
	return middle
}

func median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return math.NaN()
	}
	slices.Sort(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// total returns the time of the whole resync in milliseconds.
func (r result) total() float64 {
	for _, m := range r {
		if m.key == "total_ms" {
			return m.value
		}
	}
	return math.NaN()
}
