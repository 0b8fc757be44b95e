package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/mail/message"
	"github.com/galleyhq/galley/internal/mail/transport"
)

// Times of a job that sends, and of writing down what became of it.
const (
	jobTime   = 2 * time.Minute
	writeTime = 10 * time.Second
)

// deliverMail does a job of kind "mail".
func (s *Service) deliverMail(ctx context.Context, j *jobs.Job) error {
	ctx, cancel := context.WithTimeout(ctx, jobTime)
	defer cancel()
	defer s.clean(ctx)
	rec, err := s.record(ctx, j, MailKind)
	if err != nil || done(rec.state) {
		return err
	}
	var r Request
	if err := decode(rec.content, &r); err != nil {
		return s.hopeless(ctx, rec, err)
	}
	m, err := s.message(rec.id, r)
	if err != nil {
		return s.hopeless(ctx, rec, err)
	}
	dead, err := s.store.suppressed(ctx, keysOf(m.Recipients()))
	if err != nil {
		return err
	}
	if m = m.Without(dead); len(m.Recipients()) == 0 {
		return s.finish(ctx, rec, outcome{state: "suppressed", detail: "nothing is sent to its recipients any more"})
	}
	receipt, err := s.mail.Send(ctx, m)
	return s.conclude(ctx, j, rec, s.mail.Name(), receipt, err)
}

// record returns the message of a job. One that SQL enqueued is recorded now.
func (s *Service) record(ctx context.Context, j *jobs.Job, channel string) (record, error) {
	var ref reference
	_ = json.Unmarshal(j.Payload, &ref) // a request has no such field
	rec, found, err := s.store.find(ctx, ref.Message, j.ID)
	switch {
	case err != nil && fault.Code(err) == fault.InvalidText: // not even an id
		return rec, jobs.Discard(err)
	case err != nil, found:
		return rec, err
	case ref.Message != "":
		return rec, jobs.Cancel(fmt.Errorf("the message %s is gone", ref.Message))
	}
	e, limit, err := s.parse(j.Payload, channel)
	if err != nil {
		return rec, jobs.Discard(err)
	}
	e.job = j.ID
	address, wait, err := tooMany(ctx, s.store, e.keys, limit, e.id)
	switch {
	case err != nil:
		return rec, err
	case address != "":
		return rec, jobs.RetryIn(wait, limited(address, wait))
	}
	err = database.InTx(ctx, s.config.DB, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		return add(ctx, tx, e)
	})
	if err != nil {
		return rec, err
	}
	rec, _, err = s.store.find(ctx, "", j.ID)
	return rec, err
}

// parse reads a request that SQL enqueued.
func (s *Service) parse(payload []byte, channel string) (entry, int64, error) {
	e := entry{id: newID(), channel: channel, content: payload}
	if channel == SMSKind {
		return s.parseSMS(e)
	}
	var r Request
	if err := decode(payload, &r); err != nil {
		return e, 0, err
	}
	m, err := s.message(e.id, r)
	if err != nil {
		return e, 0, err
	}
	e.subject, e.template, e.keys = m.Subject, r.Template, keysOf(m.Recipients())
	return e, s.config.Settings.Mail.PerRecipient, nil
}

// conclude writes down what a transport made of a message, and says what becomes
// of its job.
func (s *Service) conclude(ctx context.Context, j *jobs.Job, rec record, by string, receipt transport.Receipt, err error) error {
	f, isFailure := errors.AsType[*transport.Failure](err)
	if isFailure {
		receipt.Refused = f.Refused
	}
	if listed := s.bury(ctx, by, receipt.Refused); err == nil && listed != nil {
		s.config.Logger.ErrorContext(ctx, "mail: a suppression was not written", "error", listed)
	}
	switch {
	case err == nil:
		o := outcome{state: "sent", transport: by, transportID: receipt.ID, detail: reasons(receipt.Refused)}
		if by == s.inbox.Name() {
			o.state = "captured"
		}
		return s.finish(ctx, rec, o)
	case isFailure && f.Permanent:
		return errors.Join(s.finish(ctx, rec, outcome{state: "failed", transport: by, detail: f.Reason}), jobs.Discard(err))
	}
	o := outcome{state: "queued", transport: by, detail: err.Error()}
	if j.Attempt >= j.MaxAttempts {
		o.state = "failed"
	}
	if written := s.finish(ctx, rec, o); written != nil {
		s.config.Logger.ErrorContext(ctx, "mail: what happened was not written", "message", rec.id, "error", written)
	}
	if isFailure && f.RetryAfter > 0 {
		return jobs.RetryIn(min(f.RetryAfter, time.Hour), err)
	}
	return err
}

// bury suppresses the addresses of mailboxes that do not exist.
func (s *Service) bury(ctx context.Context, by string, refused []transport.Refused) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	var all []error
	for _, r := range refused {
		if !r.Dead {
			continue
		}
		key, err := message.Key(r.Address)
		if err == nil {
			err = s.store.suppress(ctx, key, Bounce, by, r.Reason)
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}

func reasons(refused []transport.Refused) string {
	out := ""
	for _, r := range refused {
		out += r.Address + ": " + r.Reason + "\n"
	}
	return clip(out)
}

// hopeless fails a message that no attempt would make better.
func (s *Service) hopeless(ctx context.Context, rec record, err error) error {
	return errors.Join(s.finish(ctx, rec, outcome{state: "failed", detail: err.Error()}), jobs.Discard(err))
}

// finish writes down what became of a message, even when the job's time is over.
func (s *Service) finish(ctx context.Context, rec record, o outcome) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	o.detail = clip(o.detail)
	return s.store.finish(ctx, rec.id, o)
}
