package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/database"
)

// Config is what a keeper needs to know. Only DB is required.
type Config struct {
	DB database.DB
	// Poll is how often new and changed schedules are looked for; 1 s by default.
	Poll time.Duration
	// Keep is how long runs are remembered; 30 days by default.
	Keep   time.Duration
	Logger *slog.Logger // nil means slog.Default
}

// Keeper enqueues what is due. Every node has one; which of them sees to a due time
// makes no difference.
type Keeper struct {
	c     Config
	store store
	stop  context.CancelFunc
	loop  sync.WaitGroup
}

// New returns a keeper, which does nothing until it is started.
func New(c Config) (*Keeper, error) {
	if c.DB == nil {
		return nil, errors.New("schedule: no database")
	}
	if c.Poll <= 0 {
		c.Poll = time.Second
	}
	if c.Keep <= 0 {
		c.Keep = 30 * 24 * time.Hour
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return &Keeper{c: c, store: store{c.DB}}, nil
}

// Start begins to keep the schedules.
func (k *Keeper) Start() {
	ctx, stop := context.WithCancel(context.Background())
	k.stop = stop
	k.loop.Go(func() { k.keep(ctx) })
}

// Stop ends it. What was due is enqueued or not, never half.
func (k *Keeper) Stop() {
	if k.stop != nil {
		k.stop()
		k.loop.Wait()
	}
}

// cleanEvery is how often old runs are forgotten.
const cleanEvery = 10 * time.Minute

func (k *Keeper) keep(ctx context.Context) {
	var cleaned time.Time
	for ctx.Err() == nil {
		wait := k.c.Poll
		err := protect(func() error {
			next, err := k.once(ctx)
			if err == nil {
				wait = min(wait, next)
			}
			if err == nil && time.Since(cleaned) > cleanEvery {
				cleaned = time.Now()
				err = k.store.forget(ctx, k.c.Keep)
			}
			return err
		})
		if err != nil && ctx.Err() == nil {
			k.c.Logger.ErrorContext(ctx, "schedules could not be kept and are tried again", "error", err)
		}
		timer := time.NewTimer(max(wait, time.Millisecond))
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// protect makes an error of a panic.
func protect(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn()
}

// once sees to everything that is due, and tells how long until something else is.
func (k *Keeper) once(ctx context.Context) (time.Duration, error) {
	for {
		list, err := k.store.due(ctx)
		if err != nil {
			return 0, err
		}
		seen := 0
		for _, d := range list {
			did, err := k.see(ctx, d)
			if err != nil {
				// One that cannot be enqueued keeps no other waiting.
				k.c.Logger.ErrorContext(ctx, "a schedule could not be run and is tried again", "schedule", d.id, "error", err)
			}
			if did {
				seen++
			}
		}
		if len(list) < maxDue || seen == 0 {
			return k.store.wait(ctx)
		}
	}
}

// setBack is by how much the clock must have been set back for a schedule to go by
// the new one. Until then it waits, so that nothing is done twice within hours.
const setBack = 3 * time.Hour

// see does what one schedule needs: its first time, or its runs.
func (k *Keeper) see(ctx context.Context, d due) (did bool, err error) {
	e, err := Parse(d.expression, d.zone)
	if err != nil {
		return true, k.store.fault(ctx, d, err)
	}
	plan := plan{due: d}
	switch {
	case d.next.IsZero():
		plan.next = e.Next(d.now)
	case d.next.After(d.now): // its last run is in the future
		k.c.Logger.WarnContext(ctx, "the clock was set back: a schedule goes by the new one", "schedule", d.id, "last", d.last)
		plan.next = e.Next(d.now)
	default:
		if plan.runs, err = e.owed(d.next, d.now, d.missed, d.limit); err != nil {
			return true, k.store.fault(ctx, d, err)
		}
		plan.next = e.following(d.next, d.now)
	}
	return k.store.commit(ctx, plan)
}
