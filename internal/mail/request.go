package mail

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/mail/message"
)

// Request is a mail to be sent: of a template, or with a subject and text or HTML
// of its own. Only To and one of these is required.
type Request struct {
	To          List                 `json:"to"`
	Cc          List                 `json:"cc,omitempty"`
	Bcc         List                 `json:"bcc,omitempty"`
	From        string               `json:"from,omitempty"` // mail.from by default
	ReplyTo     List                 `json:"reply_to,omitempty"`
	Template    string               `json:"template,omitempty"`
	Language    List                 `json:"language,omitempty"` // those wanted, best first (BCP 47)
	Variables   Variables            `json:"variables,omitzero"`
	Subject     string               `json:"subject,omitempty"` // takes the place of the template's
	Text        string               `json:"text,omitempty"`
	HTML        string               `json:"html,omitempty"`
	Headers     []message.Header     `json:"headers,omitempty"`
	Attachments []message.Attachment `json:"attachments,omitempty"`

	Delay     time.Duration `json:"-"`
	ExpiresAt time.Time     `json:"-"` // after which it is not sent any more
}

// List is texts, of which JSON may give one alone.
type List []string

// UnmarshalJSON implements json.Unmarshaler.
func (l *List) UnmarshalJSON(raw []byte) error {
	var one string
	if err := json.Unmarshal(raw, &one); err == nil {
		*l = nil
		if one != "" {
			*l = List{one}
		}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(l))
}

// decode reads JSON that has no field but those of v, so that a misspelt one is
// not lost.
func decode(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the object")
		}
	}
	if err != nil {
		return fault.New(fault.InvalidParameter, "the request cannot be read: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// message makes the mail of a request.
func (s *Service) message(id string, r Request) (*message.Message, error) {
	m := &message.Message{ID: id, From: s.from, ReplyTo: s.replyTo, Subject: r.Subject, Text: r.Text, HTML: r.HTML,
		Headers: r.Headers, Attachments: r.Attachments, Tag: r.Template}
	if err := addressed(m, r); err != nil {
		return nil, err
	}
	if r.Template != "" {
		if err := s.fill(m, r); err != nil {
			return nil, err
		}
	}
	return m, m.Check()
}

func addressed(m *message.Message, r Request) (err error) {
	if r.From != "" {
		if m.From, err = message.ParseAddress(r.From); err != nil {
			return err
		}
	}
	for _, list := range []struct {
		texts List
		to    *[]message.Address
	}{{r.To, &m.To}, {r.Cc, &m.Cc}, {r.Bcc, &m.Bcc}, {r.ReplyTo, &m.ReplyTo}} {
		if len(list.texts) > message.MaxRecipients {
			return fault.New(fault.InvalidParameter, "a mail has at most %d recipients", message.MaxRecipients)
		}
		var out []message.Address
		for _, text := range list.texts {
			a, err := message.ParseAddress(text)
			if err != nil {
				return err
			}
			out = append(out, a)
		}
		if len(out) > 0 {
			*list.to = out
		}
	}
	return nil
}

// fill gives a mail what its template says.
func (s *Service) fill(m *message.Message, r Request) error {
	if r.Text != "" || r.HTML != "" {
		return fault.New(fault.InvalidParameter, "a mail has a template or a text, not both")
	}
	v := r.Variables
	if v.SiteURL == "" {
		v.SiteURL = s.config.SiteURL
	}
	if v.Email == "" && len(m.To) > 0 {
		v.Email = m.To[0].Address
	}
	content, err := s.templates.Render(r.Template, r.Language, v)
	if err != nil && !(m.Subject != "" && fault.Code(err) == fault.NotNullViolation) {
		return err
	}
	if m.Subject == "" {
		m.Subject = content.Subject
	}
	m.Text, m.HTML = content.Text, content.HTML
	return nil
}
