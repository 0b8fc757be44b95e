package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
)

const (
	minRetry = time.Second
	maxRetry = 30 * time.Second
)

// listener waits on a connection of its own for news of schema changes: those
// of our event trigger (galley_schema) and the ones PostgREST's users send
// (pgrst). Whenever it has heard nothing for the poll interval, it reads the
// schema, because a change may come from someone who tells nobody.
type listener struct {
	db     *DB
	cancel context.CancelFunc
	done   chan struct{}
}

func startListener(db *DB) *listener {
	ctx, cancel := context.WithCancel(context.Background())
	l := &listener{db: db, cancel: cancel, done: make(chan struct{})}
	go l.run(ctx)
	return l
}

func (l *listener) stop() {
	l.cancel()
	<-l.done
}

// run keeps a listening connection until it is stopped.
func (l *listener) run(ctx context.Context) {
	defer close(l.done)
	retry := minRetry
	for ctx.Err() == nil {
		began := time.Now()
		err := l.listen(ctx)
		if ctx.Err() != nil {
			return
		}
		l.db.config.Logger.WarnContext(ctx, "schema listener lost its connection", "error", err)
		if time.Since(began) > maxRetry {
			retry = minRetry
		}
		select {
		case <-ctx.Done():
		case <-time.After(retry):
		}
		retry = min(2*retry, maxRetry)
	}
}

// listen runs until its connection fails. A panic counts as a failure.
func (l *listener) listen(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	config := l.db.pool.config.Copy()
	config.BuildContextWatcherHandler = func(pg *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.DeadlineContextWatcherHandler{Conn: pg.Conn()} // waiting is not cancelled, only left
	}
	config.OnNotification = func(_ *pgconn.PgConn, n *pgconn.Notification) {
		if n.Channel == "galley_schema" || n.Payload == "" || n.Payload == "reload schema" {
			l.db.changed()
		}
	}
	pg, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer newConn(pg, 0).close()
	if _, err := pg.Exec(ctx, "listen galley_schema; listen pgrst").ReadAll(); err != nil {
		return err
	}
	l.db.changed() // whatever happened before we listened
	return l.wait(ctx, pg)
}

func (l *listener) wait(ctx context.Context, pg *pgconn.PgConn) error {
	for {
		quiet, cancel := context.WithTimeout(ctx, l.db.config.PollInterval)
		err := pg.WaitForNotification(quiet)
		timedOut := errors.Is(quiet.Err(), context.DeadlineExceeded)
		cancel()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && (!timedOut || pg.IsClosed()):
			return err
		case err != nil:
			l.poll(ctx)
		}
	}
}

func (l *listener) poll(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, l.db.config.PollInterval)
	defer cancel()
	if l.db.schema.present.Load() == nil {
		return // nobody asked for it yet
	}
	if err := l.db.Reload(ctx); err != nil && ctx.Err() == nil {
		l.db.config.Logger.WarnContext(ctx, "the schema could not be read", "error", err)
	}
}
