package jobs

import (
	"context"
	"time"

	"github.com/galleyhq/galley/internal/database"
)

// sleeper decides how long the dispatcher waits between two looks.
type sleeper interface {
	// after is told whether the last look found work.
	after(ctx context.Context, busy bool) error
	// awake is told that somebody rang.
	awake()
	// pause is how long to wait unless somebody rings.
	pause() time.Duration
}

func newSleeper(c *Client) sleeper {
	if c.config.DB.Engine() == "postgres" {
		return &light{c: c, since: time.Now()}
	}
	return sound(c.config.Poll)
}

// sound is the sleep of a node that is told of every job: that of the embedded
// engine, in whose process they are enqueued.
type sound time.Duration

func (s sound) after(context.Context, bool) error { return nil }
func (s sound) awake()                            {}
func (s sound) pause() time.Duration              { return time.Duration(s) }

// light is the sleep of a node on PostgreSQL. NOTIFY lets no two transactions
// commit at once, so under load nobody says it: a node that had work lately looks
// by itself. After a while without, it says in galley.job_waiters that it goes to
// sleep, looks a few times more for what was enqueued by those who had not seen
// that, and then waits to be told.
type light struct {
	c      *Client
	since  time.Time // of the last work
	asleep bool
	looks  int // since it fell asleep
}

const (
	lookEvery  = 20 * time.Millisecond // of a node that is awake
	awakeFor   = time.Second
	firstLook  = 5 * time.Millisecond // after it fell asleep, then twice as long each time
	refreshing = 30 * time.Second     // how often a sleeping node says so again
)

func (l *light) after(ctx context.Context, busy bool) error {
	if busy {
		l.since = time.Now()
		if !l.asleep {
			return nil
		}
		l.asleep, l.looks = false, 0
		return l.tell(ctx, `DELETE FROM galley.job_waiters WHERE node = $1 OR since < now() - interval '2 minutes'`)
	}
	if l.asleep {
		l.looks++
		if time.Since(l.since) < refreshing {
			return nil
		}
	} else if time.Since(l.since) < awakeFor {
		return nil
	}
	if !l.asleep {
		l.asleep, l.looks = true, 0
	}
	l.since = time.Now()
	return l.tell(ctx, `INSERT INTO galley.job_waiters (node) VALUES ($1) ON CONFLICT (node) DO UPDATE SET since = now()`)
}

func (l *light) tell(ctx context.Context, sql string) error {
	_, err := database.Exec(database.Owner{DB: l.c.config.DB}.Query(ctx, database.Statement{SQL: sql, Args: database.Args(l.c.store.node)}))
	return err
}

func (l *light) awake() {}

func (l *light) pause() time.Duration {
	if !l.asleep {
		return lookEvery
	}
	return min(firstLook<<min(l.looks, 10), l.c.config.Poll)
}
