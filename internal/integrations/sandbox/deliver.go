package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/integrations/payment"
	"github.com/galleyhq/galley/internal/integrations/stripe"
	"github.com/galleyhq/galley/internal/jobs"
)

// Queue is that of the sandbox's jobs, and their kinds.
const (
	Queue       = "stripe_sandbox"
	DeliverKind = "stripe_sandbox.deliver"
	ExpireKind  = "stripe_sandbox.expire"
)

// reference is what a job is about.
type reference struct {
	ID string `json:"id"`
}

// Handlers do the jobs of the sandbox.
func (s *Sandbox) Handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{DeliverKind: s.deliver, ExpireKind: s.expire}
}

// send keeps events and has them delivered, each by a job of its own: they may arrive in
// any order, and more than once, as Stripe's do.
func send(ctx context.Context, tx database.Tx, parent string, events []event) error {
	specs := make([]jobs.Spec, len(events))
	for i, e := range events {
		id := ID("evt_")
		body, err := e.body(id, time.Now())
		if err != nil {
			return err
		}
		err = database.Run(ctx, tx, `INSERT INTO galley.stripe_events (id, type, parent, body) VALUES ($1, $2, $3, $4)`, id, e.Type, parent, string(body))
		if err != nil {
			return err
		}
		specs[i] = jobs.Spec{Queue: Queue, Kind: DeliverKind, Payload: reference{id}}
	}
	_, err := jobs.EnqueueMany(ctx, tx, specs)
	return err
}

// Resend delivers an event again.
func (s *Sandbox) Resend(ctx context.Context, id string) error {
	return s.inTx(ctx, func(tx database.Tx) error {
		rows, err := database.Records(ctx, tx, `SELECT id FROM galley.stripe_events WHERE id = $1`, id)
		if err == nil && len(rows) == 0 {
			err = payment.New(payment.NotFound, "there is no event %s", id)
		}
		if err != nil {
			return err
		}
		_, err = jobs.Enqueue(ctx, tx, jobs.Spec{Queue: Queue, Kind: DeliverKind, Payload: reference{id}})
		return err
	})
}

// Bounds of a delivery: Stripe waits for about as long.
const (
	patience  = 20 * time.Second
	maxAnswer = 300 // bytes of it that are kept
)

// deliver posts an event to the webhook. What is no 2xx is tried again.
func (s *Sandbox) deliver(ctx context.Context, j *jobs.Job) error {
	if !s.config.Active(ctx) {
		return jobs.Cancel(errors.New("the sandbox of Stripe is off"))
	}
	var ref reference
	if err := json.Unmarshal(j.Payload, &ref); err != nil {
		return jobs.Discard(err)
	}
	q := database.Owner{DB: s.config.DB}
	rows, err := database.Records(ctx, q, `SELECT body FROM galley.stripe_events WHERE id = $1`, ref.ID)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return jobs.Cancel(errors.New("the event is gone"))
	}
	answer, failed := s.post(ctx, []byte(rows[0].Text(0)))
	err = database.Run(ctx, q, `UPDATE galley.stripe_events SET attempts = attempts + 1, answer = $2,
		delivered_at = CASE WHEN $3 THEN coalesce(delivered_at, now()) ELSE delivered_at END WHERE id = $1`, ref.ID, answer, failed == nil)
	return errors.Join(failed, err)
}

// post sends a body with its signature. The answer is for whoever looks at the list.
func (s *Sandbox) post(ctx context.Context, body []byte) (answer string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.config.Webhook(), bytes.NewReader(body))
	if err != nil {
		return err.Error(), err
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("User-Agent", "Galley, in Stripe's place")
	r.Header.Set("Stripe-Signature", stripe.Sign(body, s.config.Secret, time.Now()))
	resp, err := s.config.HTTP.Do(r)
	if err != nil {
		return "no answer", fmt.Errorf("the webhook gave no answer: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // of an error it is only shown
	answer = resp.Status
	if resp.StatusCode/100 != 2 {
		answer += " " + strings.ReplaceAll(strings.ToValidUTF8(string(said), ""), "\x00", "")
		return answer, fmt.Errorf("the webhook answered %s", answer)
	}
	return answer, nil
}

// expire ends a session whose time is over.
func (s *Sandbox) expire(ctx context.Context, j *jobs.Job) error {
	var ref reference
	if err := json.Unmarshal(j.Payload, &ref); err != nil {
		return jobs.Discard(err)
	}
	_, err := s.Expire(ctx, ref.ID)
	if e, ok := errors.AsType[*payment.Error](err); ok && !e.Retryable { // paid, gone or off
		return nil
	}
	return err
}
