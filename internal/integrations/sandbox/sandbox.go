// Package sandbox stands in for Stripe where there is no key: it keeps checkouts and
// refunds in the project's own database, shows pages that are paid without a card, and
// sends the project's webhook signed events of Stripe's shape, through jobs. Nothing
// leaves the machine, and nothing is in memory only: any node does any part of it.
package sandbox

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	_ "embed" // the tables
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/integrations/payment"
	"github.com/galleyhq/galley/internal/integrations/stripe"
	"github.com/galleyhq/galley/internal/jobs"
)

//go:embed sql/tables.sql
var tables string

// Schema is the steps that build the tables of the sandboxes, for migrate.Own.
func Schema() []string { return []string{tables} }

// Config is what the sandbox needs.
type Config struct {
	DB      database.DB
	URL     func() string              // where browsers find the server
	Webhook func() string              // the URL that events are posted to
	Secret  string                     // the webhook's
	Active  func(context.Context) bool // false refuses everything
	HTTP    *http.Client               // for events
	Logger  *slog.Logger
}

// Sandbox is a payment.Provider.
type Sandbox struct{ config Config }

// New returns the sandbox.
func New(c Config) *Sandbox { return &Sandbox{c} }

// WebhookSecret makes a secret that events are signed with out of the project's: the same
// on all nodes, and of no use elsewhere.
func WebhookSecret(project string) string {
	mac := hmac.New(sha256.New, []byte(project))
	mac.Write([]byte("galley: webhooks of the sandbox of Stripe"))
	return "whsec_" + hex.EncodeToString(mac.Sum(nil))
}

// session is a checkout as it is kept.
type session struct {
	Checkout payment.Checkout `json:"checkout"`
	Status   string           `json:"status"`
	Paid     bool             `json:"paid"`
	Intent   string           `json:"intent,omitempty"` // pi_…, once a card was tried
	Charge   string           `json:"charge,omitempty"`
	Email    string           `json:"email,omitempty"`
	Name     string           `json:"name,omitempty"`
	Country  string           `json:"country,omitempty"`
	Card     string           `json:"card,omitempty"` // its country
	Refunded int64            `json:"refunded,omitempty"`
	Problem  string           `json:"problem,omitempty"` // with the last card
	Created  time.Time        `json:"created"`
	Expires  time.Time        `json:"expires"`

	id string
}

// The states of a session.
const (
	open     = "open"
	complete = "complete"
	expired  = "expired"
)

// Stripe's bounds of a session's time, with some room for clocks and for the way.
const (
	leastTime = 29 * time.Minute
	mostTime  = 24*time.Hour + time.Minute
)

// ID makes an identifier as Stripe does, which nobody guesses.
func ID(prefix string) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	for i, b := range raw {
		raw[i] = letters[int(b)%len(letters)]
	}
	return prefix + string(raw)
}

// inTx runs something in a transaction of the owner, while the sandbox is active.
func (s *Sandbox) inTx(ctx context.Context, do func(database.Tx) error) error {
	if !s.config.Active(ctx) {
		return payment.New(payment.NotConfigured, "the sandbox of Stripe is off")
	}
	return database.InTx(ctx, s.config.DB, database.Session{}, database.TxOptions{}, do)
}

// Checkout implements payment.Provider.
func (s *Sandbox) Checkout(ctx context.Context, r payment.Checkout) (out payment.Session, err error) {
	request, err := json.Marshal(r)
	if err != nil {
		return out, err
	}
	err = s.inTx(ctx, func(tx database.Tx) error {
		made := session{Checkout: r, Status: open, Created: time.Now().UTC().Truncate(time.Second), id: ID("cs_test_")}
		made.Expires = made.Created.Add(24 * time.Hour)
		if r.ExpiresAt != nil {
			made.Expires = r.ExpiresAt.UTC()
		}
		before, err := claim(ctx, tx, "session", made.id, "", r.Key, string(request), made)
		if err != nil || before != nil {
			if err == nil {
				out, err = s.told(before.id, before.body)
			}
			return err
		}
		if left := time.Until(made.Expires); left < leastTime || left > mostTime {
			return payment.Invalid("expiresAt", "a time between 30 minutes and 24 hours from now")
		}
		out = s.show(made)
		_, err = jobs.Enqueue(ctx, tx, jobs.Spec{Queue: Queue, Kind: ExpireKind, Payload: reference{made.id}, RunAt: made.Expires})
		return err
	})
	if err == nil {
		err = s.forget(ctx)
	}
	return out, err
}

// kept is an object that a key stands for already.
type kept struct{ id, body string }

// claim keeps a new object under its key. If there is one of the same request, it is
// that one; of another request it is a mistake.
func claim(ctx context.Context, tx database.Tx, kind, id, parent, key, request string, body any) (*kept, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	rows, err := database.Records(ctx, tx, `INSERT INTO galley.stripe_objects (id, kind, parent, key, request, body)
		VALUES ($1, $2, nullif($3, ''), $4, $5, $6) ON CONFLICT (kind, key) DO NOTHING RETURNING id`, id, kind, parent, key, request, string(text))
	if err != nil || len(rows) > 0 {
		return nil, err
	}
	rows, err = database.Records(ctx, tx, `SELECT id, request, body FROM galley.stripe_objects WHERE kind = $1 AND key = $2`, kind, key)
	switch {
	case err != nil:
		return nil, err
	case len(rows) == 0:
		return nil, payment.New(payment.Unavailable, "the object of the key was removed meanwhile")
	case rows[0].Text(1) != request:
		e := payment.New(payment.Idempotency, "the key %s was used for another request", key)
		e.Status = http.StatusBadRequest
		return nil, e
	}
	return &kept{rows[0].Text(0), rows[0].Text(2)}, nil
}

// find reads a session, and keeps it for the transaction.
func find(ctx context.Context, tx database.Tx, where, value string) (session, error) {
	var found session
	rows, err := database.Records(ctx, tx, `SELECT id, body FROM galley.stripe_objects WHERE kind = 'session' AND `+where+` = $1 FOR UPDATE`, value)
	if err != nil {
		return found, err
	}
	if len(rows) == 0 {
		e := payment.New(payment.NotFound, "there is no %s", value)
		e.Status, e.StripeCode = http.StatusNotFound, "resource_missing"
		return found, e
	}
	found.id = rows[0].Text(0)
	return found, json.Unmarshal([]byte(rows[0].Text(1)), &found)
}

// keep writes a session that has changed. Its parent is its payment, by which refunds find it.
func keep(ctx context.Context, tx database.Tx, changed session) error {
	text, err := json.Marshal(changed)
	if err != nil {
		return err
	}
	return database.Run(ctx, tx, `UPDATE galley.stripe_objects SET body = $2, parent = nullif($3, '') WHERE id = $1`, changed.id, string(text), changed.Intent)
}

// told is a session as it was kept.
func (s *Sandbox) told(id, body string) (payment.Session, error) {
	found := session{id: id}
	if err := json.Unmarshal([]byte(body), &found); err != nil {
		return payment.Session{}, fault.Internal(err)
	}
	return s.show(found), nil
}

// show is a session as functions see it.
func (s *Sandbox) show(found session) payment.Session {
	c := found.Checkout
	out := payment.Session{ID: found.id, Status: found.Status, PaymentStatus: "unpaid", OrderID: c.OrderID, AmountTotal: c.Total(), Currency: c.Currency,
		Email: orNil(found.Email), Country: orNil(found.Country), ExpiresAt: found.Expires, Metadata: stripe.Metadata(c)}
	if out.Email == nil {
		out.Email = orNil(c.Email)
	}
	if found.Paid {
		out.PaymentStatus, out.PaymentIntent, out.CardCountry = "paid", &found.Intent, orNil(found.Card)
	}
	if found.Status == open {
		link := s.config.URL() + payPath + found.id
		out.URL = &link
	}
	return out
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Session implements payment.Provider.
func (s *Sandbox) Session(ctx context.Context, id string) (out payment.Session, err error) {
	err = s.inTx(ctx, func(tx database.Tx) error {
		found, err := find(ctx, tx, "id", id)
		out = s.show(found)
		return err
	})
	return out, err
}

// Expire implements payment.Provider.
func (s *Sandbox) Expire(ctx context.Context, id string) (out payment.Session, err error) {
	err = s.change(ctx, id, func(found *session) ([]event, error) {
		if found.Status != open {
			return nil, notOpen(*found)
		}
		found.Status = expired
		out = s.show(*found)
		return []event{sessionEvent("checkout.session.expired", s, *found)}, nil
	})
	return out, err
}

func notOpen(found session) error {
	e := payment.New(payment.NotOpen, "the session is %s", found.Status)
	e.Status = http.StatusBadRequest
	return e
}

// change changes a session, and sends what is to be told of it.
func (s *Sandbox) change(ctx context.Context, id string, do func(*session) ([]event, error)) error {
	return s.inTx(ctx, func(tx database.Tx) error {
		found, err := find(ctx, tx, "id", id)
		if err != nil {
			return err
		}
		events, err := do(&found)
		if err != nil {
			return err
		}
		if err := keep(ctx, tx, found); err != nil {
			return err
		}
		return send(ctx, tx, found.id, events)
	})
}

// Refund implements payment.Provider.
func (s *Sandbox) Refund(ctx context.Context, r payment.RefundRequest) (out payment.Refund, err error) {
	request, err := json.Marshal(r)
	if err != nil {
		return out, err
	}
	err = s.inTx(ctx, func(tx database.Tx) error {
		paid, err := find(ctx, tx, "parent", r.PaymentIntent)
		if err != nil {
			return err
		}
		left := paid.Checkout.Total() - paid.Refunded
		made := payment.Refund{ID: ID("re_"), Status: "succeeded", Amount: r.Amount, Currency: paid.Checkout.Currency, PaymentIntent: r.PaymentIntent}
		if r.Amount == 0 {
			made.Amount = left
		}
		before, err := claim(ctx, tx, "refund", made.ID, r.PaymentIntent, r.Key, string(request), made)
		if err != nil || before != nil {
			if err == nil {
				err = json.Unmarshal([]byte(before.body), &out)
			}
			return err
		}
		if err := refundable(paid, left, made.Amount); err != nil {
			return err
		}
		paid.Refunded += made.Amount
		out = made
		if err := keep(ctx, tx, paid); err != nil {
			return err
		}
		return send(ctx, tx, paid.id, []event{refundEvent(paid, made, r), chargeEvent("charge.refunded", paid)})
	})
	return out, err
}

func refundable(paid session, left, amount int64) error {
	code, message := "", ""
	switch {
	case !paid.Paid:
		code, message = "charge_not_captured", "nothing was paid"
	case left <= 0:
		code, message = "charge_already_refunded", "it was given back already"
	case amount > left:
		code, message = "refund_exceeds_remaining", "more than the rest of what was paid"
	default:
		return nil
	}
	e := payment.New(payment.InvalidRequest, "%s", message)
	e.StripeCode, e.Status = code, http.StatusBadRequest
	return e
}

// keepFor is how long the sandbox remembers; Stripe forgets keys after a day.
const keepFor = 30 * 24 * time.Hour

// forget removes what is old, a part at a time.
func (s *Sandbox) forget(ctx context.Context) error {
	for _, table := range []string{"stripe_objects", "stripe_events"} {
		err := database.Run(ctx, database.Owner{DB: s.config.DB}, `DELETE FROM galley.`+table+` WHERE id IN (SELECT id FROM galley.`+table+`
			WHERE created_at < now() - make_interval(secs => $1::float8) ORDER BY created_at LIMIT 100)`, keepFor.Seconds())
		if err != nil {
			return err
		}
	}
	return nil
}
