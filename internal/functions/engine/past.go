package engine

import (
	"math/bits"
	"sync/atomic"
)

// Past is what is remembered of the instances of a function, which share it. The zero value
// is ready.
type Past struct {
	calls atomic.Uint64 // the last ones, a bit for each that was long or failed
}

// often is how many of the last 64 calls are long where that is no accident: anything takes
// long once on a busy machine.
const often = 3

// Note tells of a call: whether it computed for long, or failed, so that its instance or the
// next one has to be looked after.
func (p *Past) Note(long bool) {
	for {
		was := p.calls.Load()
		now := was << 1
		if long {
			now |= 1
		}
		if now == was || p.calls.CompareAndSwap(was, now) {
			return
		}
	}
}

// Long tells whether the next call will be like that, too, by what is known.
func (p *Past) Long() bool { return bits.OnesCount64(p.calls.Load()) >= often }
