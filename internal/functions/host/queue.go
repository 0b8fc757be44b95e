package host

import (
	"context"
	"encoding/json"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/jobs"
)

// inside runs something where the call writes: in its open transaction, in that of
// the hook, or in one of its own. session is what it runs as.
func inside[T any](ctx context.Context, c *call, session database.Session, do func(context.Context, database.Querier) (T, error)) (out T, err error) {
	if c.scope.Tx != nil {
		return withinHook(ctx, c, session, do)
	}
	if t := c.open(); t != nil {
		return within(ctx, t, session, do)
	}
	err = database.InTx(ctx, c.services.config.DB, session, database.TxOptions{}, func(tx database.Tx) (err error) {
		out, err = do(ctx, tx)
		return err
	})
	return out, err
}

// jobOptions are those of enqueue().
type jobOptions struct {
	Kind        string     `json:"kind"`
	Delay       float64    `json:"delay"` // seconds
	RunAt       *time.Time `json:"runAt"`
	Priority    int        `json:"priority"`
	MaxAttempts int        `json:"maxAttempts"`
	UniqueKey   string     `json:"uniqueKey"`
	Timeout     float64    `json:"timeout"` // seconds
	Deadline    *time.Time `json:"deadline"`
}

// enqueue is enqueue(queue, payload, options): the job's id. It is part of the
// transaction that is open, and needs no right of the caller's.
func (s *Services) enqueue(ctx context.Context, args []engine.Value) (engine.Value, error) {
	a := engine.Args(args)
	c, err := callOf(ctx)
	if err != nil {
		return nil, err
	}
	var o jobOptions
	if err := object(a.Text(2), "the options of a job", &o); err != nil {
		return nil, err
	}
	if a.Text(0) == "" {
		return nil, invalid("a job needs a queue")
	}
	spec := jobs.Spec{Queue: a.Text(0), Kind: o.Kind, Delay: seconds(o.Delay), Priority: o.Priority, MaxAttempts: o.MaxAttempts,
		UniqueKey: o.UniqueKey, Timeout: seconds(o.Timeout)}
	if o.RunAt != nil {
		spec.RunAt = *o.RunAt
	}
	if o.Deadline != nil {
		spec.Deadline = *o.Deadline
	}
	if payload := a.Text(1); payload != "" {
		spec.Payload = json.RawMessage(payload)
	}
	session, err := c.session(asService)
	if err != nil {
		return nil, err
	}
	id, err := inside(ctx, c, session, func(ctx context.Context, q database.Querier) (int64, error) {
		return jobs.Enqueue(ctx, q, spec)
	})
	return float64(id), err
}

// Mail is a mail as a function asks for it.
type Mail struct {
	To          []string       `json:"to"`
	Cc          []string       `json:"cc"`
	Bcc         []string       `json:"bcc"`
	ReplyTo     []string       `json:"replyTo"`
	From        string         `json:"from"`
	Subject     string         `json:"subject"`
	Text        string         `json:"text"`
	HTML        string         `json:"html"`
	Template    string         `json:"template"`
	Language    []string       `json:"language"`
	Data        map[string]any `json:"data"` // of the template
	Headers     []Header       `json:"headers"`
	Attachments []Attachment   `json:"attachments"`
	Delay       float64        `json:"delay"` // seconds
}

// Header is a line of a mail's head.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Attachment is a file that comes with a mail.
type Attachment struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Content []byte `json:"content"` // base64 in JSON
}

// Mailer sends mail by the queue once the transaction, which is the owner's, is
// committed, and gives the message's id.
type Mailer interface {
	Send(ctx context.Context, tx database.Querier, m Mail) (id string, err error)
}

// mailSend is mail.send(mail): the message's id.
func (s *Services) mailSend(ctx context.Context, args []engine.Value) (engine.Value, error) {
	c, err := callOf(ctx)
	if err != nil {
		return nil, err
	}
	var m Mail
	if err := object(engine.Args(args).Text(0), "the mail", &m); err != nil {
		return nil, err
	}
	if s.config.Mailer == nil {
		return nil, fault.New(fault.ObjectNotInPrerequisite, "this server sends no mail")
	}
	return inside(ctx, c, database.Session{}, func(ctx context.Context, q database.Querier) (string, error) {
		return s.config.Mailer.Send(ctx, q, m)
	})
}

// cacheGet is cache.get(key): {"value": …}, or null.
func (s *Services) cacheGet(ctx context.Context, args []engine.Value) (engine.Value, error) {
	c, err := callOf(ctx)
	if err != nil {
		return nil, err
	}
	get := func(ctx context.Context, q database.Querier) (engine.Value, error) {
		value, ok, err := s.config.Cache.GetBy(ctx, q, engine.Args(args).Text(0))
		if err != nil || !ok {
			return nil, err
		}
		return toJSON(map[string]json.RawMessage{"value": json.RawMessage(value)})
	}
	if c.scope.Tx != nil || c.open() != nil { // another connection might not be free before this one is
		return inside(ctx, c, database.Session{}, get)
	}
	return get(ctx, database.Owner{DB: s.config.DB})
}

// cacheSet is cache.set(key, value, seconds).
func (s *Services) cacheSet(ctx context.Context, args []engine.Value) (engine.Value, error) {
	a := engine.Args(args)
	if _, err := writing(ctx, "cache.set"); err != nil {
		return nil, err
	}
	return nil, s.config.Cache.Set(ctx, a.Text(0), a.Text(1), seconds(a.Number(2)))
}

// cacheDelete is cache.delete(key): whether there was a value.
func (s *Services) cacheDelete(ctx context.Context, args []engine.Value) (engine.Value, error) {
	if _, err := writing(ctx, "cache.delete"); err != nil {
		return nil, err
	}
	return s.config.Cache.Delete(ctx, engine.Args(args).Text(0))
}

// cacheIncrement is cache.increment(key, by, seconds): the number it is then.
func (s *Services) cacheIncrement(ctx context.Context, args []engine.Value) (engine.Value, error) {
	a := engine.Args(args)
	if _, err := writing(ctx, "cache.increment"); err != nil {
		return nil, err
	}
	by := a.Number(1)
	if by != float64(int64(by)) || by > safe || by < -safe {
		return nil, invalid("the cache adds whole numbers, not %v", by)
	}
	n, err := s.config.Cache.Increment(ctx, a.Text(0), int64(by), seconds(a.Number(2)))
	return float64(n), err
}

// safe is the largest integer up to which a script's numbers hold each one.
const safe = 1<<53 - 1
