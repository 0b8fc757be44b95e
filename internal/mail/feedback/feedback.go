// Package feedback reads what providers report of mails that were sent: bounces,
// complaints, deliveries. Every report is proven to be the provider's, by its
// signature or by a secret, before anything of it is read.
package feedback

import (
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/mail/transport"
)

// What is reported.
const (
	Bounce    = "bounce" // for good
	Complaint = "complaint"
	Delivered = "delivered"
)

// Event is one thing that happened to a mail.
type Event struct {
	Kind    string
	Address string
	Message string // the provider's name for the mail
	Detail  string
}

// maxEvents bounds the events of one report.
const maxEvents = 10_000

// errForged is all that somebody who is not the provider gets to know.
var errForged = errors.New("the report is not proven to be the provider's")

// SendGrid reads events of the signed event webhook (docs.sendgrid.com, "Event
// Webhook Security Features"): ECDSA over the time and the body. key is the
// verification key, in base64.
func SendGrid(key string, h http.Header, body []byte) ([]Event, error) {
	der, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		return nil, errForged
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	public, ok := parsed.(*ecdsa.PublicKey)
	signature, bad := base64.StdEncoding.DecodeString(h.Get("X-Twilio-Email-Event-Webhook-Signature"))
	if err != nil || bad != nil || !ok {
		return nil, errForged
	}
	sum := sha256.Sum256(append([]byte(h.Get("X-Twilio-Email-Event-Webhook-Timestamp")), body...))
	if !ecdsa.VerifyASN1(public, sum[:], signature) {
		return nil, errForged
	}
	var list []struct {
		Event, Email, Type, Reason string
		Message                    string `json:"sg_message_id"`
	}
	if err := json.Unmarshal(body, &list); err != nil || len(list) > maxEvents {
		return nil, errors.New("the report cannot be read")
	}
	var out []Event
	for _, e := range list {
		id, _, _ := strings.Cut(e.Message, ".") // X-Message-Id stands before the first dot
		kind := map[string]string{"spamreport": Complaint, "delivered": Delivered}[e.Event]
		if e.Event == "bounce" && e.Type != "blocked" || e.Event == "dropped" && (e.Reason == "Bounced Address" || e.Reason == "Invalid") {
			kind = Bounce
		}
		if kind != "" {
			out = append(out, Event{kind, e.Email, id, e.Reason})
		}
	}
	return out, nil
}

// Postmark reads the bounce, spam complaint and delivery webhooks
// (postmarkapp.com/developer, "Webhooks"), which are not signed: the webhook's URL
// has a user and the secret as its password.
func Postmark(secret string, h http.Header, body []byte) ([]Event, error) {
	r := http.Request{Header: h}
	_, password, ok := r.BasicAuth()
	if !ok || secret == "" || subtle.ConstantTimeCompare([]byte(password), []byte(secret)) != 1 {
		return nil, errForged
	}
	var e struct {
		RecordType, Type, Email, Recipient, MessageID, Description string
		Inactive                                                   bool
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return nil, errors.New("the report cannot be read")
	}
	switch {
	case e.RecordType == "SpamComplaint" || e.RecordType == "Bounce" && e.Type == "SpamComplaint":
		return []Event{{Complaint, e.Email, e.MessageID, e.Description}}, nil
	case e.RecordType == "Bounce" && (e.Inactive || e.Type == "HardBounce" || e.Type == "BadEmailAddress"):
		return []Event{{Bounce, e.Email, e.MessageID, e.Description}}, nil
	case e.RecordType == "Delivery":
		return []Event{{Delivered, e.Recipient, e.MessageID, ""}}, nil
	}
	return nil, nil
}

// tolerance is how far the time of a signed report may lie from ours.
const tolerance = 5 * time.Minute

// Resend reads Resend's webhooks, which Svix signs as Standard Webhooks says
// (resend.com/docs, "Verify Webhooks").
func Resend(secret string, h http.Header, body []byte, now time.Time) ([]Event, error) {
	stamp := h.Get("Svix-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	want, bad := transport.SignWebhook(secret, h.Get("Svix-Id"), stamp, body)
	if err != nil || bad != nil || secret == "" || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return nil, errForged
	}
	proven := false
	for one := range strings.FieldsSeq(h.Get("Svix-Signature")) {
		proven = proven || hmac.Equal([]byte(one), []byte(want))
	}
	if !proven {
		return nil, errForged
	}
	var e struct {
		Type string
		Data struct {
			ID     string `json:"email_id"`
			To     []string
			Bounce struct{ Type, Message string }
		}
	}
	if err := json.Unmarshal(body, &e); err != nil || len(e.Data.To) > maxEvents {
		return nil, errors.New("the report cannot be read")
	}
	kind := map[string]string{"email.bounced": Bounce, "email.complained": Complaint, "email.delivered": Delivered}[e.Type]
	if kind == "" || kind == Bounce && strings.EqualFold(e.Data.Bounce.Type, "Transient") {
		return nil, nil
	}
	var out []Event
	for _, to := range e.Data.To {
		out = append(out, Event{kind, to, e.Data.ID, e.Data.Bounce.Message})
	}
	return out, nil
}
