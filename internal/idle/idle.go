// Package idle gives memory back to the system while a server has nothing to do.
// Go itself keeps up to as much again as is in use, for two minutes and longer,
// which is right for a server under load and much for one of many on a machine.
package idle

import (
	"context"
	"log/slog"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// look is how often activity is looked at, and little the bytes allocated in
	// that time by a server that only waits.
	look   = 2 * time.Second
	little = 512 << 10
	// worth is what must have been allocated since the last time, in bytes.
	worth = 4 << 20
)

// Release gives back what is not in use, once each time that the process becomes
// quiet, until ctx is done.
func Release(ctx context.Context, log *slog.Logger) {
	defer func() {
		if p := recover(); p != nil {
			log.ErrorContext(ctx, "memory is not given back any more", "panic", p)
		}
	}()
	tick := time.NewTicker(look)
	defer tick.Stop()
	release(ctx, tick.C, allocated, func() {
		debug.FreeOSMemory()
		if err := unmapProgram(); err != nil {
			log.DebugContext(ctx, "the program's own pages are not given back", "error", err)
		}
	})
}

func release(ctx context.Context, tick <-chan time.Time, allocated func() uint64, free func()) {
	last, freed := allocated(), uint64(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
		now := allocated()
		if now-last < little && now-freed > worth {
			free()
			freed = now
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
