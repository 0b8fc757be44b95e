// Package message is a mail as a person wrote it or a template gave it: addresses,
// subject, text, HTML, attachments. Whatever is in one has been checked, so that
// no value of it can add a header or a recipient (RFC 5322).
package message

import (
	"encoding/base64"
	"mime"
	"slices"
	"strings"
)

// Bounds of a message.
const (
	MaxRecipients  = 50
	MaxSubject     = 500     // bytes
	MaxBody        = 1 << 20 // bytes of the text, and of the HTML
	MaxAttachments = 10
	MaxSize        = 11 << 20 // bytes of all of it
	maxHeaders     = 20
	maxHeaderValue = 900
	maxFileName    = 200
)

// Message is a mail.
type Message struct {
	ID          string // a UUID; the Message-ID and idempotency keys come of it
	From        Address
	ReplyTo     []Address
	To, Cc, Bcc []Address
	Subject     string
	Text, HTML  string // at least one of them
	Headers     []Header
	Attachments []Attachment
	Tag         string // the template's name, for the statistics of providers
}

// Header is a header of the sender's own.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Attachment is a file that comes with a mail.
type Attachment struct {
	Name    string `json:"name"`
	Type    string `json:"type"`    // application/octet-stream by default
	Content []byte `json:"content"` // base64 in JSON
}

// Base64 is the content as providers take it.
func (a Attachment) Base64() string { return base64.StdEncoding.EncodeToString(a.Content) }

// MessageID is the header of this name: the same for each attempt, so that whoever
// gets two of a mail can tell.
func (m *Message) MessageID() string { return "<" + m.ID + "@" + m.From.Domain() + ">" }

// Recipients are all who are to get the mail, each once.
func (m *Message) Recipients() []Address {
	var out []Address
	seen := map[string]bool{}
	for _, a := range slices.Concat(m.To, m.Cc, m.Bcc) {
		if !seen[a.Key()] {
			seen[a.Key()] = true
			out = append(out, a)
		}
	}
	return out
}

// Without is the mail without some recipients, named by their keys.
func (m *Message) Without(keys map[string]bool) *Message {
	out := *m
	for _, list := range []*[]Address{&out.To, &out.Cc, &out.Bcc} {
		*list = slices.DeleteFunc(slices.Clone(*list), func(a Address) bool { return keys[a.Key()] })
	}
	return &out
}

// Check tells what is wrong with a message, and fills in types of attachments.
func (m *Message) Check() error {
	n := len(m.To) + len(m.Cc) + len(m.Bcc)
	switch {
	case m.From.Address == "":
		return invalid("a mail needs a sender").WithHint("Set mail.from.")
	case n == 0:
		return invalid("a mail needs a recipient")
	case n > MaxRecipients:
		return invalid("a mail has at most %d recipients", MaxRecipients)
	case len(m.ReplyTo) > MaxRecipients:
		return invalid("a mail has at most %d addresses to reply to", MaxRecipients)
	case hasControl(m.Subject) || len(m.Subject) > MaxSubject:
		return invalid("a subject holds a control character or has more than %d bytes", MaxSubject)
	case strings.TrimSpace(m.Text) == "" && strings.TrimSpace(m.HTML) == "":
		return invalid("a mail needs a text or HTML")
	case len(m.Text) > MaxBody || len(m.HTML) > MaxBody:
		return invalid("the text of a mail has at most %d bytes", MaxBody)
	}
	if err := checkHeaders(m.Headers); err != nil {
		return err
	}
	return m.checkAttachments()
}

func (m *Message) checkAttachments() error {
	if len(m.Attachments) > MaxAttachments {
		return invalid("a mail has at most %d attachments", MaxAttachments)
	}
	size := len(m.Text) + len(m.HTML)
	for i := range m.Attachments {
		a := &m.Attachments[i]
		if a.Name == "" || len(a.Name) > maxFileName || hasControl(a.Name) || strings.ContainsAny(a.Name, `/\"`) {
			return invalid("%q is no name of an attachment", a.Name)
		}
		if a.Type == "" {
			a.Type = "application/octet-stream"
		}
		if kind, _, err := mime.ParseMediaType(a.Type); err != nil || !strings.Contains(kind, "/") || hasControl(a.Type) {
			return invalid("%q is no media type", a.Type)
		}
		size += len(a.Content)
	}
	if size > MaxSize {
		return invalid("a mail has at most %d bytes", MaxSize)
	}
	return nil
}

// ours are the headers that are made of a message's fields, or on the way.
var ours = map[string]bool{
	"from": true, "to": true, "cc": true, "bcc": true, "subject": true, "date": true, "sender": true, "reply-to": true,
	"message-id": true, "mime-version": true, "return-path": true, "received": true, "dkim-signature": true, "user-agent": true,
	"authentication-results": true, "errors-to": true, "disposition-notification-to": true,
}

func checkHeaders(list []Header) error {
	if len(list) > maxHeaders {
		return invalid("a mail has at most %d headers of its own", maxHeaders)
	}
	for _, h := range list {
		name := strings.ToLower(h.Name)
		if !isHeaderName(name) || ours[name] || strings.HasPrefix(name, "content-") || strings.HasPrefix(name, "resent-") ||
			strings.HasPrefix(name, "arc-") {
			return invalid("%q is no header that a mail may bring", h.Name)
		}
		if hasControl(h.Value) || len(h.Value) > maxHeaderValue {
			return invalid("the header %s holds a control character or has more than %d bytes", h.Name, maxHeaderValue)
		}
	}
	return nil
}

func isHeaderName(name string) bool {
	return name != "" && len(name) <= 64 && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	})
}

// OneLine makes a subject of what a template gave: spaces for line breaks and
// other control characters, and no more than fits.
func OneLine(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "�"), func(r rune) bool {
		return r == ' ' || hasControl(string(r))
	}), " ")
	if len(s) > MaxSubject {
		s = strings.ToValidUTF8(s[:MaxSubject-3], "") + "…"
	}
	return s
}
