package transport

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/galleyhq/galley/internal/mail/message"
)

// SendGrid hands mails over by the v3 API (docs.sendgrid.com, "Mail Send").
type SendGrid struct {
	API API
	URL string
	Key string
}

// Name implements Transport.
func (SendGrid) Name() string { return "sendgrid" }

type sendgridAddress struct {
	Email string `json:"email"`
	Name  string `json:"name,omitempty"`
}

func sendgridAddresses(list []message.Address) []sendgridAddress {
	var out []sendgridAddress
	for _, a := range list {
		out = append(out, sendgridAddress{a.Address, a.Name})
	}
	return out
}

// Send implements Transport.
func (s SendGrid) Send(ctx context.Context, m *message.Message) (Receipt, error) {
	m, err := visible(m)
	if err != nil {
		return Receipt{}, err
	}
	body := map[string]any{
		"personalizations": []any{omitEmpty(map[string]any{
			"to": sendgridAddresses(m.To), "cc": sendgridAddresses(m.Cc), "bcc": sendgridAddresses(m.Bcc)})},
		"from": sendgridAddress{m.From.Address, m.From.Name}, "subject": m.Subject,
		"custom_args": map[string]string{"galley_message": m.ID},
	}
	var content []map[string]string
	for _, part := range []struct{ kind, value string }{{"text/plain", m.Text}, {"text/html", m.HTML}} { // in this order
		if part.value != "" {
			content = append(content, map[string]string{"type": part.kind, "value": part.value})
		}
	}
	body["content"] = content
	if len(m.ReplyTo) > 0 {
		body["reply_to_list"] = sendgridAddresses(m.ReplyTo)
	}
	if len(m.Headers) > 0 {
		body["headers"] = headerMap(m.Headers)
	}
	if m.Tag != "" {
		body["categories"] = []string{m.Tag}
	}
	if files := attachments(m, "filename", "content", "type"); files != nil {
		body["attachments"] = files
	}
	said, err := s.API.PostJSON(ctx, s.URL+"/v3/mail/send", map[string]string{"Authorization": "Bearer " + s.Key}, body)
	return Receipt{ID: said.Header.Get("X-Message-Id")}, err
}

// Postmark hands mails over by its API (postmarkapp.com/developer, "Email API").
type Postmark struct {
	API    API
	URL    string
	Token  string
	Stream string
}

// Name implements Transport.
func (Postmark) Name() string { return "postmark" }

// postmarkInactive is the error of recipients that bounced before, or complained
// (postmarkapp.com/developer, "API error codes").
const postmarkInactive = 406

// Send implements Transport.
func (p Postmark) Send(ctx context.Context, m *message.Message) (Receipt, error) {
	m, err := visible(m)
	if err != nil {
		return Receipt{}, err
	}
	body := omitEmpty(map[string]any{
		"From": m.From.String(), "To": joined(m.To), "Cc": joined(m.Cc), "Bcc": joined(m.Bcc), "ReplyTo": joined(m.ReplyTo),
		"Subject": m.Subject, "TextBody": m.Text, "HtmlBody": m.HTML, "Tag": m.Tag, "MessageStream": p.Stream,
	})
	body["Metadata"] = map[string]string{"galley_message": m.ID}
	if len(m.Headers) > 0 {
		var headers []map[string]string
		for _, h := range m.Headers {
			headers = append(headers, map[string]string{"Name": h.Name, "Value": h.Value})
		}
		body["Headers"] = headers
	}
	if files := attachments(m, "Name", "Content", "ContentType"); files != nil {
		body["Attachments"] = files
	}
	said, err := p.API.PostJSON(ctx, p.URL+"/email", map[string]string{"X-Postmark-Server-Token": p.Token}, body)
	if f, ok := failure(err); ok && f.Permanent {
		f.Refused = p.inactive(said, m)
	}
	return Receipt{ID: readID(said, "MessageID")}, err
}

// inactive are the recipients of a mail that Postmark refused because none of them
// is active any more.
func (p Postmark) inactive(said Answer, m *message.Message) (out []Refused) {
	var problem struct{ ErrorCode int }
	if json.Unmarshal(said.Body, &problem) != nil || problem.ErrorCode != postmarkInactive {
		return nil
	}
	for _, a := range m.Recipients() {
		out = append(out, Refused{Address: a.Address, Reason: "inactive at Postmark", Dead: true})
	}
	return out
}

// Resend hands mails over by its API (resend.com/docs, "Send Email").
type Resend struct {
	API API
	URL string
	Key string
}

// Name implements Transport.
func (Resend) Name() string { return "resend" }

// Send implements Transport. An attempt that is repeated has the same idempotency
// key, so that the mail is sent once.
func (r Resend) Send(ctx context.Context, m *message.Message) (Receipt, error) {
	m, err := visible(m)
	if err != nil {
		return Receipt{}, err
	}
	body := omitEmpty(map[string]any{
		"from": m.From.String(), "to": written(m.To), "cc": written(m.Cc), "bcc": written(m.Bcc), "reply_to": written(m.ReplyTo),
		"subject": m.Subject, "text": m.Text, "html": m.HTML,
	})
	if len(m.Headers) > 0 {
		body["headers"] = headerMap(m.Headers)
	}
	if tag := resendTag(m.Tag); tag != "" {
		body["tags"] = []map[string]string{{"name": "template", "value": tag}}
	}
	if files := attachments(m, "filename", "content", "content_type"); files != nil {
		body["attachments"] = files
	}
	text, err := json.Marshal(body)
	if err != nil {
		return Receipt{}, &Failure{Permanent: true, Reason: "the message has no JSON"}
	}
	sum := sha256.Sum256(text) // the key stands for this content: with fewer recipients it is another
	said, err := r.API.Post(ctx, r.URL+"/emails", map[string]string{"Authorization": "Bearer " + r.Key,
		"Content-Type": "application/json", "Idempotency-Key": m.ID + "/" + hex.EncodeToString(sum[:8])}, text)
	return Receipt{ID: readID(said, "id")}, err
}

// resendTag is a tag in the characters that Resend takes.
func resendTag(tag string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, tag[:min(len(tag), 256)])
}

// attachments are those of a mail, with the names that a provider has for their
// fields.
func attachments(m *message.Message, name, content, kind string) []map[string]string {
	var out []map[string]string
	for _, a := range m.Attachments {
		out = append(out, map[string]string{name: a.Name, content: a.Base64(), kind: a.Type})
	}
	return out
}

// omitEmpty leaves out what is empty.
func omitEmpty(m map[string]any) map[string]any {
	for name, v := range m {
		switch v := v.(type) {
		case string:
			if v == "" {
				delete(m, name)
			}
		case []string:
			if len(v) == 0 {
				delete(m, name)
			}
		case []sendgridAddress:
			if len(v) == 0 {
				delete(m, name)
			}
		}
	}
	return m
}
