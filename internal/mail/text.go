package mail

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/mail/sms"
)

// SMS is a text message to be sent.
type SMS struct {
	To   string          `json:"to"` // with its country code
	Text string          `json:"text"`
	Code string          `json:"code,omitempty"` // the one-time code in it, for hooks and the inbox
	User json.RawMessage `json:"user,omitempty"` // whose it is, for hooks

	ExpiresAt time.Time `json:"-"` // after which it is not sent any more
}

func (r SMS) message(id string) (sms.Message, error) {
	to, err := sms.Number(r.To)
	if err != nil {
		return sms.Message{}, err
	}
	m := sms.Message{ID: id, To: to, Text: r.Text, Code: r.Code, User: r.User}
	return m, m.Check()
}

// SendSMS has a text message sent, as Send does a mail.
func (s *Service) SendSMS(ctx context.Context, tx database.Querier, r SMS) (id string, err error) {
	if s.config.Settings.SMS.Chosen() == "none" {
		return "", fault.New(fault.FeatureNotSupported, "sms.transport is none: no SMS is sent")
	}
	id = newID()
	m, err := r.message(id)
	if err != nil {
		return "", err
	}
	e := entry{id: id, channel: SMSKind, keys: []string{m.To}}
	if e.content, err = json.Marshal(r); err != nil {
		return "", fault.Internal(err)
	}
	return id, s.enqueue(ctx, tx, e, jobs.Spec{Queue: SMSKind, Deadline: r.ExpiresAt}, s.config.Settings.SMS.PerRecipient)
}

// TestCode is the fixed code of a test number. Nothing is sent to one.
func (s *Service) TestCode(number string) (code string, ok bool) {
	digits, err := sms.Number(number)
	if err != nil {
		return "", false
	}
	for _, entry := range s.config.Settings.SMS.TestNumbers {
		if n, code, _ := strings.Cut(entry, "="); strings.TrimPrefix(n, "+") == digits {
			return code, true
		}
	}
	return "", false
}

// deliverSMS does a job of kind "sms".
func (s *Service) deliverSMS(ctx context.Context, j *jobs.Job) error {
	ctx, cancel := context.WithTimeout(ctx, jobTime)
	defer cancel()
	defer s.clean(ctx)
	rec, err := s.record(ctx, j, SMSKind)
	if err != nil || done(rec.state) {
		return err
	}
	var r SMS
	if err := decode(rec.content, &r); err != nil {
		return s.hopeless(ctx, rec, err)
	}
	m, err := r.message(rec.id)
	if err != nil {
		return s.hopeless(ctx, rec, err)
	}
	if _, ok := s.TestCode(m.To); ok {
		return s.finish(ctx, rec, outcome{state: "suppressed", transport: "test", detail: "a test number"})
	}
	dead, err := s.store.suppressed(ctx, []string{m.To})
	if err != nil {
		return err
	}
	if dead[m.To] {
		return s.finish(ctx, rec, outcome{state: "suppressed", detail: "nothing is sent to its recipient any more"})
	}
	receipt, err := s.sms.Send(ctx, m)
	return s.conclude(ctx, j, rec, s.sms.Name(), receipt, err)
}

// parseSMS reads a text message that SQL enqueued.
func (s *Service) parseSMS(e entry) (entry, int64, error) {
	var r SMS
	if err := decode(e.content, &r); err != nil {
		return e, 0, err
	}
	m, err := r.message(e.id)
	e.keys = []string{m.To}
	return e, s.config.Settings.SMS.PerRecipient, err
}
