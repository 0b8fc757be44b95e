package metrics

import (
	"sync/atomic"
	"time"
)

// Histogram counts values by size. It takes any number of goroutines and no lock.
type Histogram struct {
	bounds []int64 // upper ends of the buckets, growing; a last one has no end
	unit   float64 // of the values that are observed, in one of those written
	counts []atomic.Int64
	sum    atomic.Int64
}

// Durations is a histogram of durations, written in seconds.
func Durations(bounds ...time.Duration) *Histogram {
	h := &Histogram{unit: float64(time.Second), counts: make([]atomic.Int64, len(bounds)+1)}
	for _, b := range bounds {
		h.bounds = append(h.bounds, int64(b))
	}
	return h
}

// Sizes is a histogram of whole numbers.
func Sizes(bounds ...int64) *Histogram {
	return &Histogram{bounds: bounds, unit: 1, counts: make([]atomic.Int64, len(bounds)+1)}
}

// Latency is a histogram of what callers wait for: from half a millisecond to ten
// seconds.
func Latency() *Histogram {
	const ms = time.Millisecond
	return Durations(ms/2, ms, 2*ms+ms/2, 5*ms, 10*ms, 25*ms, 50*ms, 100*ms, 250*ms, 500*ms, 1000*ms, 2500*ms, 5000*ms, 10000*ms)
}

// Observe counts a value: a time.Duration as its nanoseconds.
func (h *Histogram) Observe(v int64) {
	i := 0
	for i < len(h.bounds) && v > h.bounds[i] {
		i++
	}
	h.counts[i].Add(1)
	h.sum.Add(v)
}

// read returns the buckets, each by itself, and the sum.
func (h *Histogram) read() (counts []int64, sum int64) {
	counts = make([]int64, len(h.counts))
	for i := range h.counts {
		counts[i] = h.counts[i].Load()
	}
	return counts, h.sum.Load()
}
