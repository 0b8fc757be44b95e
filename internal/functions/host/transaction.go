package host

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
)

// transaction is what transaction() runs in. A call has one at a time. On the
// embedded engine it holds the only writer from its first write on, so it ends at
// its deadline, whatever the function does.
type transaction struct {
	call    *call
	id      float64
	session database.Session // of Begin
	timeout time.Duration
	ctx     context.Context // ends with its time
	cancel  context.CancelFunc

	mu    sync.Mutex // of tx, which one statement at a time may use
	tx    database.Tx
	cause error // why it has ended; nil while it has not
}

// options are those of transaction().
type options struct {
	As       string   `json:"as"`
	ReadOnly bool     `json:"readOnly"`
	Timeout  *float64 `json:"timeout"` // seconds
}

// txBegin is tx.begin(options): the id of a new transaction.
func (s *Services) txBegin(ctx context.Context, args []engine.Value) (engine.Value, error) {
	c, err := callOf(ctx)
	if err != nil {
		return nil, err
	}
	o := options{As: asCaller}
	if err := object(engine.Args(args).Text(0), "the options of a transaction", &o); err != nil {
		return nil, err
	}
	t := &transaction{call: c, timeout: s.config.Limits.Transaction}
	if o.Timeout != nil {
		asked := seconds(*o.Timeout)
		if asked <= 0 {
			return nil, invalid("a transaction needs a time to end at")
		}
		t.timeout = min(t.timeout, asked)
	}
	if t.session, err = c.session(o.As); err != nil {
		return nil, err
	}
	if err := c.occupy(t); err != nil {
		return nil, err
	}
	if err := t.begin(ctx, database.TxOptions{ReadOnly: o.ReadOnly}); err != nil {
		c.vacate(t)
		return nil, err
	}
	return t.id, nil
}

// occupy makes a transaction that of the call, which has none.
func (c *call) occupy(t *transaction) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ended:
		return errEnded
	case c.scope.Tx != nil:
		return fault.New(fault.ActiveTransaction, "a hook runs in a transaction already: its sql is part of it")
	case c.tx != nil:
		return fault.New(fault.ActiveTransaction, "the call has a transaction open: it can have one at a time").
			WithHint("Await the first one, or do all of it within one transaction.")
	}
	c.last++
	t.id, c.tx = c.last, t
	return nil
}

// vacate leaves the call without its transaction.
func (c *call) vacate(t *transaction) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tx == t {
		c.tx = nil
	}
}

func (t *transaction) begin(ctx context.Context, o database.TxOptions) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ctx, t.cancel = context.WithTimeout(&t.call.ctx, t.timeout)
	tx, err := t.call.services.config.DB.Begin(t.ctx, t.session, o)
	if err != nil {
		t.cancel()
		return t.told(err)
	}
	t.tx = tx
	context.AfterFunc(t.ctx, t.expire)
	return nil
}

// expire ends a transaction whose time is over.
func (t *transaction) expire() {
	defer func() {
		if p := recover(); p != nil {
			t.call.logger().Error("functions: the end of a transaction failed", "panic", p)
		}
	}()
	_ = t.finish(t.expired(), rollback)
}

// expired is why a transaction ended that neither committed nor rolled back.
func (t *transaction) expired() error {
	if errors.Is(context.Cause(t.ctx), errEnded) {
		return errEnded
	}
	return fault.New(fault.IdleTransactionTimeout, "the transaction took longer than %s and was rolled back", t.timeout).
		WithHint("It keeps others from writing. Do what takes time before or after it; functions.transaction_timeout bounds it.")
}

// told is the error of a statement, or why its transaction had ended meanwhile.
func (t *transaction) told(err error) error {
	if err != nil && t.ctx.Err() != nil && (fault.Code(err) == fault.QueryCanceled || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		return t.expired()
	}
	return err
}

func rollback(ctx context.Context, tx database.Tx) error { return tx.Rollback(ctx) }
func commit(ctx context.Context, tx database.Tx) error   { return tx.Commit(ctx) }

// errDone is why what comes after the end of a transaction fails.
var errDone = fault.New(fault.NoActiveTransaction, "the transaction has ended")

// finish ends a transaction, once; others get why it had ended before.
func (t *transaction) finish(cause error, do func(context.Context, database.Tx) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cause != nil {
		return t.cause
	}
	t.cause = cause
	defer t.call.vacate(t)
	defer t.cancel()
	err := t.told(do(t.ctx, t.tx))
	// After a commit this does nothing; one that failed must not keep the writer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), patience)
	defer cancel()
	_ = t.tx.Rollback(ctx)
	return err
}

// patience bounds a rollback.
const patience = 5 * time.Second

// abandon ends a transaction whose call has ended.
func (t *transaction) abandon() {
	t.mu.Lock()
	begun := t.tx != nil
	t.mu.Unlock()
	if begun {
		_ = t.finish(errEnded, rollback)
	}
}

// transaction finds the open one by its id.
func (c *call) transaction(id float64) (*transaction, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tx == nil || c.tx.id != id {
		return nil, errDone
	}
	return c.tx, nil
}

// within runs something in a transaction, as a session.
func within[T any](ctx context.Context, t *transaction, s database.Session, do func(context.Context, database.Querier) (T, error)) (T, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cause != nil {
		var none T
		return none, t.cause
	}
	out, err := as(t.ctx, t.tx, t.session, s, do)
	return out, t.told(err)
}

// withinHook runs something in the transaction of a hook, as a session.
func withinHook[T any](ctx context.Context, c *call, s database.Session, do func(context.Context, database.Querier) (T, error)) (T, error) {
	c.hook.Lock()
	defer c.hook.Unlock()
	return as(ctx, c.scope.Tx, c.scope.Session, s, do)
}

// as runs something in a transaction whose session is own, as another session.
func as[T any](ctx context.Context, tx database.Tx, own, other database.Session, do func(context.Context, database.Querier) (T, error)) (out T, err error) {
	if other.Role == own.Role && other.Claims == own.Claims {
		return do(ctx, tx)
	}
	if err = tx.SetSession(ctx, other); err != nil {
		return out, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		// After a statement failed this fails too, as does everything that follows.
		if back := tx.SetSession(ctx, own); err == nil {
			err = back
		}
	}()
	return do(ctx, tx)
}

// txCommit is tx.commit(id).
func (s *Services) txCommit(ctx context.Context, args []engine.Value) (engine.Value, error) {
	return s.txEnd(ctx, args, commit)
}

// txRollback is tx.rollback(id).
func (s *Services) txRollback(ctx context.Context, args []engine.Value) (engine.Value, error) {
	return s.txEnd(ctx, args, rollback)
}

func (s *Services) txEnd(ctx context.Context, args []engine.Value, do func(context.Context, database.Tx) error) (engine.Value, error) {
	c, err := callOf(ctx)
	if err != nil {
		return nil, err
	}
	t, err := c.transaction(engine.Args(args).Number(0))
	if err != nil {
		return nil, err
	}
	return nil, t.finish(errDone, do)
}
