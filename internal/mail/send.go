package mail

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/mail/message"
)

// attempts of a job that sends: over about a day, by the queue's growing delays.
const attempts = 14

// reference is the payload of a job whose message is recorded already.
type reference struct {
	Message string `json:"message"`
}

// Send has a mail sent once the caller's transaction is committed, and never if it
// is not. The transaction must be the owner's. The id is that of the message, by
// which its status can be asked for. A mistake in the request is found here, one
// of the template's too.
func (s *Service) Send(ctx context.Context, tx database.Querier, r Request) (id string, err error) {
	id = newID()
	return id, s.send(ctx, tx, id, r)
}

func (s *Service) send(ctx context.Context, tx database.Querier, id string, r Request) error {
	m, err := s.message(id, r)
	if err != nil {
		return err
	}
	e := entry{id: id, channel: MailKind, subject: m.Subject, template: r.Template, keys: keysOf(m.Recipients())}
	if e.content, err = json.Marshal(r); err != nil {
		return fault.Internal(err)
	}
	return s.enqueue(ctx, tx, e, jobs.Spec{Queue: MailKind, Delay: r.Delay, Deadline: r.ExpiresAt}, s.config.Settings.Mail.PerRecipient)
}

// enqueue records a message and its job in a transaction.
func (s *Service) enqueue(ctx context.Context, tx database.Querier, e entry, spec jobs.Spec, perRecipient int64) error {
	address, wait, err := tooMany(ctx, tx, e.keys, perRecipient, e.id)
	switch {
	case err != nil:
		return err
	case address != "":
		return limited(address, wait)
	}
	spec.Payload, spec.MaxAttempts, spec.Timeout = reference{e.id}, attempts, jobTime
	if e.job, err = jobs.Enqueue(ctx, tx, spec); err != nil {
		return err
	}
	return add(ctx, tx, e)
}

// limited is the refusal of one message too many.
func limited(address string, wait time.Duration) error {
	return fault.New("54000", "%s has got too many messages in the last hour", address).
		WithStatus(http.StatusTooManyRequests).WithHint("Try again in %d seconds.", int(math.Ceil(wait.Seconds())))
}

func keysOf(list []message.Address) []string {
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = a.Key()
	}
	return out
}

// newID is a random UUID (RFC 9562, version 4).
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return uuid(b)
}

func uuid(b [16]byte) string {
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func clip(s string) string {
	if s = strings.ReplaceAll(strings.ToValidUTF8(s, "�"), "\x00", "�"); len(s) > maxDetail {
		s = strings.ToValidUTF8(s[:maxDetail], "") + "…"
	}
	return s
}
