// Package transport sends mails: by SMTP, or by the HTTP interface of SendGrid,
// Postmark, Resend or Amazon SES. All of them are here and nowhere else.
package transport

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/mail/message"
)

// Transport sends mails. Its methods may be called from any goroutine.
type Transport interface {
	// Name is what it is called in the configuration.
	Name() string
	// Send hands a mail over. An error that is a *Failure says whether to try
	// again; any other may pass. ctx bounds it; so does a time of its own.
	Send(ctx context.Context, m *message.Message) (Receipt, error)
}

// Receipt is what became of a mail that was handed over.
type Receipt struct {
	ID      string    // the provider's name for it, by which it reports later
	Refused []Refused // recipients that will not get it
}

// Refused is a recipient whom a mail cannot reach.
type Refused struct {
	Address string
	Reason  string
	Dead    bool // the mailbox does not exist: nothing is to be sent there again
}

// Failure is a mail that was not handed over.
type Failure struct {
	Permanent  bool          // trying again would end the same
	RetryAfter time.Duration // that the other side asked for, 0 if it did not
	Refused    []Refused
	Reason     string
}

// Error implements error.
func (f *Failure) Error() string { return f.Reason }

// patience bounds the handing over of one mail.
const patience = 60 * time.Second

// maxReason bounds what is kept of an answer, in bytes.
const maxReason = 500

// hide takes secrets out of what the other side said.
func hide(text string, secrets ...string) string {
	for _, s := range secrets {
		if len(s) >= 4 {
			text = strings.ReplaceAll(text, s, "…")
		}
	}
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "�")), " ")
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "") + "…"
	}
	return text
}

var errNoRecipients = errors.New("the server took none of the recipients")
