// Package inbox is where mails and SMS of a project under development go: into its
// own database and never outside. /dev/inbox shows them, as a page and as JSON.
package inbox

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/mail/message"
	"github.com/galleyhq/galley/internal/mail/transport"
)

// Bounds of the inbox: what is older goes.
const (
	maxEntries = 500
	maxBytes   = 32 << 20
)

// Entry is a message in the inbox.
type Entry struct {
	ID          int64            `json:"id"`
	Channel     string           `json:"channel"` // mail or sms
	At          time.Time        `json:"created_at"`
	Message     string           `json:"message_id,omitempty"`
	From        string           `json:"from,omitempty"`
	To          []string         `json:"to"`
	Cc          []string         `json:"cc,omitempty"`
	Bcc         []string         `json:"bcc,omitempty"`
	Subject     string           `json:"subject,omitempty"`
	Text        string           `json:"text"`
	HTML        string           `json:"html,omitempty"`
	Headers     []message.Header `json:"headers,omitempty"`
	Attachments []Attachment     `json:"attachments,omitempty"`
	Template    string           `json:"template,omitempty"`
	Code        string           `json:"code,omitempty"` // of an SMS with one
}

// Attachment is what the inbox keeps of one.
type Attachment struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int    `json:"size"` // bytes
}

// Store keeps messages in the table galley.mail_inbox.
type Store struct{ DB database.DB }

// Name implements transport.Transport.
func (Store) Name() string { return "inbox" }

// Send implements transport.Transport: it puts a mail into the inbox.
func (s Store) Send(ctx context.Context, m *message.Message) (transport.Receipt, error) {
	e := Entry{Channel: "mail", Message: m.ID, From: m.From.String(), To: texts(m.To), Cc: texts(m.Cc), Bcc: texts(m.Bcc),
		Subject: m.Subject, Text: m.Text, HTML: m.HTML, Headers: headers(m), Template: m.Tag}
	for _, a := range m.Attachments {
		e.Attachments = append(e.Attachments, Attachment{a.Name, a.Type, len(a.Content)})
	}
	keys := []string{}
	for _, a := range m.Recipients() {
		keys = append(keys, a.Key())
	}
	return transport.Receipt{ID: m.MessageID()}, s.Add(ctx, e, keys)
}

// headers are those of the mail as it would go over the wire.
func headers(m *message.Message) []message.Header {
	raw, err := transport.MIME(m)
	if err != nil {
		return m.Headers
	}
	head, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	var out []message.Header
	for line := range strings.SplitSeq(head, "\r\n") {
		name, value, ok := strings.Cut(line, ":")
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") || !ok {
			if n := len(out); n > 0 {
				out[n-1].Value += " " + strings.TrimSpace(line)
			}
			continue
		}
		out = append(out, message.Header{Name: name, Value: strings.TrimSpace(value)})
	}
	return out
}

func texts(list []message.Address) []string {
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = a.Address
		if a.Name != "" {
			out[i] = a.Name + " <" + a.Address + ">"
		}
	}
	return out
}

// Add puts a message into the inbox, unless it is there, for recipients named by their
// keys, and the oldest ones out of it.
func (s Store) Add(ctx context.Context, e Entry, keys []string) error {
	content, err := json.Marshal(e)
	if err != nil {
		return fault.Internal(err)
	}
	recipients, err := json.Marshal(keys)
	if err != nil {
		return fault.Internal(err)
	}
	if err := s.exec(ctx, `INSERT INTO galley.mail_inbox (channel, recipients, content, size, message)
		VALUES ($1, array(SELECT jsonb_array_elements_text($2::jsonb)), $3, $4, nullif($5, '')) ON CONFLICT (message) DO NOTHING`,
		e.Channel, string(recipients), string(content), len(content), e.Message); err != nil {
		return err
	}
	return s.exec(ctx, `DELETE FROM galley.mail_inbox WHERE id IN (SELECT id FROM
		(SELECT id, row_number() OVER (ORDER BY id DESC) AS n, sum(size) OVER (ORDER BY id DESC) AS bytes FROM galley.mail_inbox) AS t
		WHERE n > $1::bigint OR (n > 1 AND bytes > $2::bigint))`, maxEntries, maxBytes)
}

// Filter says which messages are meant; zero values mean all.
type Filter struct {
	To      string // a recipient's key
	Channel string
	After   int64 // an id
	ID      int64
	Limit   int
}

// List returns messages, the newest first.
func (s Store) List(ctx context.Context, f Filter) ([]Entry, error) {
	if f.Limit <= 0 || f.Limit > maxEntries {
		f.Limit = maxEntries
	}
	rows, err := database.Collect(s.DB.Query(ctx, database.Session{}, database.Statement{ReadOnly: true, SQL: `
		SELECT id, created_at, content FROM galley.mail_inbox
		WHERE ($1 = '' OR $1 = ANY (recipients)) AND ($2 = '' OR channel = $2) AND id > $3::bigint AND ($4::bigint = 0 OR id = $4::bigint)
		ORDER BY id DESC LIMIT $5::bigint`, Args: database.Args(f.To, f.Channel, f.After, f.ID, f.Limit),
		Types: []string{"text", "text"}}))
	if err != nil {
		return nil, err
	}
	out := make([]Entry, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal([]byte(*r[2]), &out[i]); err != nil {
			return nil, fault.Internal(err)
		}
		out[i].ID, _ = strconv.ParseInt(*r[0], 10, 64) // a bigint
		out[i].At, _ = time.Parse("2006-01-02 15:04:05.999999-07", *r[1])
	}
	return out, nil
}

// Delete deletes messages, and tells nothing of whether there were any.
func (s Store) Delete(ctx context.Context, f Filter) error {
	return s.exec(ctx, `DELETE FROM galley.mail_inbox
		WHERE ($1::text = '' OR $1::text = ANY (recipients)) AND ($2::text = '' OR channel = $2::text) AND ($3::bigint = 0 OR id = $3::bigint)`,
		f.To, f.Channel, f.ID)
}

func (s Store) exec(ctx context.Context, sql string, args ...any) error {
	_, err := database.Exec(s.DB.Query(ctx, database.Session{}, database.Statement{SQL: sql, Args: database.Args(args...)}))
	return err
}
