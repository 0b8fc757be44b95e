package mail

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/mail/feedback"
	"github.com/galleyhq/galley/internal/mail/message"
)

// maxReport bounds what a provider reports at once, in bytes.
const maxReport = 2 << 20

// Reports takes what providers report, at POST /hooks/mail/PROVIDER. One without a
// configured secret is closed.
func (s *Service) Reports() http.Handler {
	m := s.config.Settings.Mail
	sns := &feedback.SNS{Topic: m.SES.TopicARN, Client: s.config.HTTP}
	type reader func(ctx context.Context, h http.Header, body []byte) ([]feedback.Event, error)
	readers := map[string]reader{}
	if key := m.SendGrid.WebhookSecret; key != "" {
		readers["sendgrid"] = func(_ context.Context, h http.Header, b []byte) ([]feedback.Event, error) {
			return feedback.SendGrid(key, h, b)
		}
	}
	if secret := m.Postmark.WebhookSecret; secret != "" {
		readers["postmark"] = func(_ context.Context, h http.Header, b []byte) ([]feedback.Event, error) {
			return feedback.Postmark(secret, h, b)
		}
	}
	if secret := m.Resend.WebhookSecret; secret != "" {
		readers["resend"] = func(_ context.Context, h http.Header, b []byte) ([]feedback.Event, error) {
			return feedback.Resend(secret, h, b, time.Now())
		}
	}
	if sns.Topic != "" {
		readers["ses"] = func(ctx context.Context, _ http.Header, b []byte) ([]feedback.Event, error) { return sns.Read(ctx, b) }
	}
	return httpapi.Handler(func(w http.ResponseWriter, r *http.Request) error {
		provider := r.PathValue("provider")
		read, ok := readers[provider]
		if !ok {
			return fault.New("PGRST125", "Invalid path specified in request URL").WithStatus(http.StatusNotFound)
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReport))
		if err != nil {
			return fault.New("54000", "the report is too large").WithStatus(http.StatusRequestEntityTooLarge)
		}
		events, err := read(r.Context(), r.Header, body)
		if err != nil {
			return fault.New(fault.InsufficientPrivilege, "%s", err).WithStatus(http.StatusForbidden)
		}
		for _, e := range events {
			if err := s.happened(r.Context(), provider, e); err != nil {
				return err
			}
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
}

// happened writes down what a provider reported. A message that somebody
// complained about stays so, whatever is reported later.
func (s *Service) happened(ctx context.Context, provider string, e feedback.Event) error {
	state := map[string]string{feedback.Bounce: "bounced", feedback.Complaint: "complained", feedback.Delivered: "delivered"}[e.Kind]
	if key, err := message.Key(e.Address); err == nil && e.Kind != feedback.Delivered {
		if err := s.store.suppress(ctx, key, e.Kind, provider, e.Detail); err != nil {
			return err
		}
	}
	if e.Message == "" {
		return nil
	}
	return database.Run(ctx, s.store, `UPDATE galley.mail_messages SET state = $2, detail = coalesce($3, detail)
		WHERE transport_id = $1 AND transport = $4 AND (state IN ('sent', 'delivered') OR state = 'bounced' AND $2 = 'complained')`,
		e.Message, state, orNull(clip(e.Detail)), provider)
}
