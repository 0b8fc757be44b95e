// Package idle gives memory back to the system while a server has nothing to do.
// Go itself keeps up to as much again as is in use, for two minutes and longer,
// which is right for a server under load and much for one of many on a machine. A server
// under load may have more than that in turn: it collects its garbage half as often.
package idle

import (
	"context"
	"log/slog"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// look is how often activity is looked at, and little the bytes allocated in
	// that time by a server that only waits.
	look   = 2 * time.Second
	little = 512 << 10
	// worth is what must have been allocated since the last time, in bytes, and
	// worthPages by how much more of the program's file must have come back.
	worth      = 4 << 20
	worthPages = 8 << 20

	usual = 100 // percent of what is in use that Go lets become garbage
	busy  = 200 // that a server does
)

// collectLess has garbage collected half as often, unless GOGC or the program says how
// often. What a server has in use is some ten megabytes, so that it takes as much memory more, and a
// tenth of a short request's processor time less.
func collectLess() {
	if os.Getenv("GOGC") != "" {
		return
	}
	if before := debug.SetGCPercent(busy); before != usual {
		debug.SetGCPercent(before)
	}
}

// Release gives back what is not in use, once each time that the process becomes
// quiet, until ctx is done.
func Release(ctx context.Context, log *slog.Logger) {
	defer func() {
		if p := recover(); p != nil {
			log.ErrorContext(ctx, "memory is not given back any more", "panic", p)
		}
	}()
	collectLess()
	tick := time.NewTicker(look)
	defer tick.Stop()
	release(ctx, tick.C, allocated,
		&part{held: allocated, give: debug.FreeOSMemory, worth: worth},
		&part{held: programPages, give: unmapProgram, worth: worthPages})
}

// part is something that can be given back once there is enough of it.
type part struct {
	held  func() uint64 // a measure of it, in bytes
	give  func()
	worth uint64 // how much more than after the last time
	left  uint64 // what it was then
}

func (p *part) release() {
	if p.held() > p.left+p.worth {
		p.give()
		p.left = p.held()
	}
}

func release(ctx context.Context, tick <-chan time.Time, allocated func() uint64, parts ...*part) {
	last := allocated()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
		now := allocated()
		if now-last < little {
			for _, p := range parts {
				p.release()
			}
		}
		last = now
	}
}

// allocated is how many bytes the process has allocated since it began.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
