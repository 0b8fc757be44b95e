// Package sms sends text messages: by Twilio, or by a hook of the project's.
package sms

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/mail/transport"
)

// MaxText bounds a message, in characters: what Twilio takes.
const MaxText = 1600

// Message is a text message.
type Message struct {
	ID   string // a UUID
	To   string // digits, country code first
	Text string
	Code string          // the one-time code in it, if any
	User json.RawMessage // whose it is, for hooks
}

// Number is a telephone number as digits, country code first (E.164).
func Number(text string) (string, error) {
	digits := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(strings.TrimPrefix(strings.TrimSpace(text), "+"))
	if len(digits) < 4 || len(digits) > 15 || digits[0] == '0' || strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return "", fault.New(fault.InvalidParameter, "%.40q is no telephone number with its country code", text)
	}
	return digits, nil
}

// Check tells what is wrong with a message.
func (m Message) Check() error {
	switch n := utf8.RuneCountInString(m.Text); {
	case !utf8.ValidString(m.Text) || strings.ContainsRune(m.Text, 0) || strings.TrimSpace(m.Text) == "":
		return fault.New(fault.InvalidParameter, "an SMS needs a text")
	case n > MaxText:
		return fault.New(fault.InvalidParameter, "an SMS has at most %d characters", MaxText)
	}
	return nil
}

// Transport sends text messages. Errors are as transport.Transport's.
type Transport interface {
	Name() string
	Send(ctx context.Context, m Message) (transport.Receipt, error)
}

// Twilio sends by its API (twilio.com/docs, "Message resource").
type Twilio struct {
	API                       transport.API
	URL                       string
	AccountSID, AuthToken     string
	From, MessagingServiceSID string
}

// Name implements Transport.
func (Twilio) Name() string { return "twilio" }

// Send implements Transport.
func (t Twilio) Send(ctx context.Context, m Message) (transport.Receipt, error) {
	form := url.Values{"To": {"+" + m.To}, "Body": {m.Text}}
	if t.MessagingServiceSID != "" {
		form.Set("MessagingServiceSid", t.MessagingServiceSID)
	} else {
		form.Set("From", t.From)
	}
	said, err := t.API.Post(ctx, t.URL+"/2010-04-01/Accounts/"+url.PathEscape(t.AccountSID)+"/Messages.json", map[string]string{
		"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(t.AccountSID+":"+t.AuthToken)),
		"Content-Type":  "application/x-www-form-urlencoded", "Accept": "application/json"}, []byte(form.Encode()))
	var answer struct{ SID string }
	_ = json.Unmarshal(said.Body, &answer) // it is sent even if nobody can tell its name
	return transport.Receipt{ID: answer.SID}, err
}

// Hook posts messages to a URL of the project's, signed as Standard Webhooks says
// (standardwebhooks.com). The body is that of GoTrue's Send SMS hook, with the text
// besides.
type Hook struct {
	API    transport.API
	URL    string
	Secret string // whsec_ and base64, with "v1," before it as Supabase writes it
}

// Name implements Transport.
func (Hook) Name() string { return "hook" }

// Send implements Transport.
func (h Hook) Send(ctx context.Context, m Message) (transport.Receipt, error) {
	user := m.User
	if len(user) == 0 {
		user, _ = json.Marshal(map[string]string{"phone": m.To}) // texts have a JSON form
	}
	body, err := json.Marshal(map[string]any{"user": user, "sms": map[string]string{"otp": m.Code, "phone": m.To, "text": m.Text}})
	if err != nil {
		return transport.Receipt{}, &transport.Failure{Permanent: true, Reason: "the message has no JSON"}
	}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	signature, err := transport.SignWebhook(h.Secret, m.ID, stamp, body)
	if err != nil {
		return transport.Receipt{}, &transport.Failure{Reason: "the secret of the hook is not in base64"}
	}
	_, err = h.API.Post(ctx, h.URL, map[string]string{"Content-Type": "application/json", "Accept": "application/json",
		"webhook-id": m.ID, "webhook-timestamp": stamp, "webhook-signature": signature}, body)
	return transport.Receipt{ID: m.ID}, err
}
