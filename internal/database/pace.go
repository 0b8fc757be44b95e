package database

import (
	"sync/atomic"
	"time"
)

// Pace is how long the transactions of one kind have kept the embedded engine's writer
// lately. Its zero value knows nothing yet; a nil one never does.
type Pace struct{ quick atomic.Int32 }

const (
	quickTime = 5 * time.Millisecond
	quickRuns = 4 // one after the other, until the next is expected to be quick too
)

// Note counts a transaction that kept the writer for a time.
func (p *Pace) Note(held time.Duration) {
	switch {
	case p == nil:
	case held > quickTime:
		p.quick.Store(0)
	case p.quick.Load() < quickRuns:
		p.quick.Add(1)
	}
}

// Quick tells whether the next one is expected to be quick.
func (p *Pace) Quick() bool { return p != nil && p.quick.Load() >= quickRuns }
