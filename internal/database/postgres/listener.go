package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"github.com/galleyhq/galley/internal/database"
)

const (
	minRetry = time.Second
	maxRetry = 30 * time.Second
)

// listener waits on a connection of its own for notifications: news of schema
// changes, those of our event trigger (galley_schema) and the ones PostgREST's
// users send (pgrst), and what others in this process listen to. Whenever it has
// heard nothing for the poll interval, it reads the schema, because a change may
// come from someone who tells nobody.
type listener struct {
	db     *DB
	hub    database.Hub
	cancel context.CancelFunc
	done   chan struct{}

	mu       sync.Mutex
	waiting  context.CancelFunc // ends a wait, to change what is listened to
	outdated bool               // the channels have changed since
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
		l.db.rows.Lost()
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

// Listen implements database.Notifier.
func (d *DB) Listen(channel string, fn func(database.Notification)) (stop func()) {
	leave := d.listen.hub.Listen(channel, fn)
	d.listen.changed()
	return func() {
		leave()
		d.listen.changed()
	}
}

// changed makes the connection listen to the channels as they are now.
func (l *listener) changed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outdated = true
	if l.waiting != nil {
		l.waiting()
	}
}

// subscribe listens to what is wanted. Whatever was sent before may be lost.
func (l *listener) subscribe(ctx context.Context, pg *pgconn.PgConn) error {
	l.mu.Lock()
	l.outdated = false
	l.mu.Unlock()
	sql := "unlisten *; listen galley_schema; listen pgrst"
	for _, name := range l.hub.Channels() {
		sql += "; listen " + quoteIdent(name)
	}
	if _, err := pg.Exec(ctx, sql).ReadAll(); err != nil {
		return err
	}
	l.hub.SendLost()
	return nil
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
		if n.Channel == "galley_schema" || n.Channel == "pgrst" && (n.Payload == "" || n.Payload == "reload schema") {
			l.db.changed()
		}
		l.hub.Send(n.Channel, database.Notification{Payload: n.Payload})
	}
	pg, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer newConn(pg, 0).close()
	if err := l.subscribe(ctx, pg); err != nil {
		return err
	}
	l.db.changed() // whatever happened before we listened
	return l.wait(ctx, pg)
}

func (l *listener) wait(ctx context.Context, pg *pgconn.PgConn) error {
	heard := time.Now()
	for {
		quiet, cancel := context.WithTimeout(ctx, time.Until(heard.Add(l.db.config.PollInterval)))
		err := l.interruptible(cancel, func() error { return pg.WaitForNotification(quiet) })
		ended := quiet.Err()
		cancel()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && (ended == nil || pg.IsClosed()):
			return err
		case errors.Is(ended, context.DeadlineExceeded):
			heard = time.Now()
			l.poll(ctx)
		case err == nil:
			heard = time.Now()
			continue
		default:
			if err := l.subscribe(ctx, pg); err != nil {
				return err
			}
		}
	}
}

// interruptible does something that changed ends, unless it is due already.
func (l *listener) interruptible(cancel context.CancelFunc, do func() error) error {
	l.mu.Lock()
	l.waiting = cancel
	if l.outdated {
		cancel()
	}
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		l.waiting = nil
		l.mu.Unlock()
	}()
	return do()
}

// pollLimit bounds one look at the catalogue, however often they are.
const pollLimit = 30 * time.Second

func (l *listener) poll(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, pollLimit)
	defer cancel()
	if l.db.schema.present.Load() == nil {
		return // nobody asked for it yet
	}
	if err := l.db.Reload(ctx); err != nil && ctx.Err() == nil {
		l.db.config.Logger.WarnContext(ctx, "the schema could not be read", "error", err)
	}
}
