// Package clean removes what accounts have no more use for: flows, codes and
// challenges that are too old to be answered, refresh tokens that were used long
// ago, sessions that have ended, events of the audit log by the settings, and
// counts of limits that are full again.
//
//	c := clean.New(clean.Config{DB: db, Settings: settings.Auth})
//	c.Start()
//	defer c.Stop()
//
// Every node has one; what decides which of them cleans this hour is a row that all
// of them see. Rows are looked for first, outside of any transaction, and removed by
// their ids in small batches, so that nobody who signs in waits for long.
package clean

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/auth/limit"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Config is what a cleaner needs to know. DB and Settings are required.
type Config struct {
	DB       database.DB
	Settings config.Auth
	Logger   *slog.Logger // nil means slog.Default
	Now      func() time.Time
}

// Cleaner removes rows now and then.
type Cleaner struct {
	c       Config
	limiter *limit.Limiter
	stop    context.CancelFunc
	loop    sync.WaitGroup
}

// New returns a cleaner, which does nothing until it is started.
func New(c Config) *Cleaner {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Cleaner{c: c, limiter: limit.New(c.DB)}
}

const (
	every    = time.Hour
	first    = time.Minute      // after the start, so that it is in nobody's way
	patience = 10 * time.Minute // of one round
	batch    = 500              // rows removed by one statement
	batches  = 200              // of one kind in a round; the rest is for the next one
)

// Start begins to clean.
func (c *Cleaner) Start() {
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	c.loop.Go(func() {
		wait := first
		for {
			timer := time.NewTimer(wait + rand.N(first))
			select {
			case <-ctx.Done():
				timer.Stop()
				return
			case <-timer.C:
			}
			if err := c.protect(ctx); err != nil && ctx.Err() == nil {
				c.c.Logger.WarnContext(ctx, "auth: old rows were not all removed", "error", err)
			}
			wait = every
		}
	})
}

// Stop ends it.
func (c *Cleaner) Stop() {
	if c.stop != nil {
		c.stop()
		c.loop.Wait()
	}
}

// protect cleans, unless another node did within the hour.
func (c *Cleaner) protect(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	ctx, done := context.WithTimeout(ctx, patience)
	defer done()
	mine, err := c.limiter.Once(ctx, "clean", "", every-2*first)
	if err != nil || !mine {
		return err
	}
	return c.Clean(ctx)
}

// Clean removes what is of no more use, at most batches of each kind.
func (c *Cleaner) Clean(ctx context.Context) error {
	for _, k := range c.kinds() {
		for range batches {
			n, err := c.remove(ctx, k)
			if err != nil {
				return fmt.Errorf("%s: %w", k.table, err)
			}
			if n < batch {
				break
			}
		}
	}
	return c.limiter.Clean(ctx)
}

// kind is rows of a table that have had their time.
type kind struct {
	table string
	id    string // the type of its id
	old   string // tells of a row r that it may go; $1 is the time it is measured by
	since time.Time
	naive bool // the time is one without a zone, in UTC
}

// remove removes a batch of a kind. What has changed since it was found stays.
func (c *Cleaner) remove(ctx context.Context, k kind) (int, error) {
	at := any(k.since)
	if k.naive {
		at = k.since.UTC().Format("2006-01-02 15:04:05.999999")
	}
	q := database.Owner{DB: c.c.DB}
	rows, err := database.Records(ctx, q, fmt.Sprintf("select r.id from %s r where %s limit %d", k.table, k.old, batch), at)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	type id struct {
		ID string `json:"id"`
	}
	found := make([]id, len(rows))
	for i, r := range rows {
		found[i].ID = r.Text(0)
	}
	text, err := json.Marshal(found)
	if err != nil {
		return 0, fault.Internal(err)
	}
	err = database.Run(ctx, q, fmt.Sprintf("delete from %s r where r.id in (select v.id from jsonb_to_recordset($2::jsonb) as v(id %s)) and %s",
		k.table, k.id, k.old), at, string(text))
	return len(rows), err
}
