package transport

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/mail/message"
)

// SES hands mails over by Amazon SES's API v2 (AWS documentation, "SendEmail").
// The SDK would be ten times the code of all of this package.
type SES struct {
	API              API
	URL              string // https://email.REGION.amazonaws.com
	Key              AWSKey
	ConfigurationSet string
	now              func() time.Time // time.Now but in tests
}

// Name implements Transport.
func (SES) Name() string { return "ses" }

// sesPath is the resource of SendEmail.
const sesPath = "/v2/email/outbound-emails"

// Send implements Transport. The mail goes as MIME, which has room for everything.
func (s SES) Send(ctx context.Context, m *message.Message) (Receipt, error) {
	raw, err := MIME(m)
	if err != nil {
		return Receipt{}, &Failure{Permanent: true, Reason: "the message has no MIME form: " + err.Error()}
	}
	destination := map[string]any{}
	for name, list := range map[string][]message.Address{"ToAddresses": m.To, "CcAddresses": m.Cc, "BccAddresses": m.Bcc} {
		if len(list) > 0 {
			destination[name] = written(list)
		}
	}
	body := map[string]any{
		"FromEmailAddress": m.From.String(), "Destination": destination,
		"Content": map[string]any{"Raw": map[string]string{"Data": base64.StdEncoding.EncodeToString(raw)}},
	}
	if s.ConfigurationSet != "" {
		body["ConfigurationSetName"] = s.ConfigurationSet
	}
	text, err := json.Marshal(body)
	if err != nil {
		return Receipt{}, &Failure{Permanent: true, Reason: "the message has no JSON"}
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		return Receipt{}, &Failure{Permanent: true, Reason: "the URL of SES cannot be read"}
	}
	now := time.Now
	if s.now != nil {
		now = s.now
	}
	header := map[string]string{"Content-Type": "application/json"}
	s.Key.sign(signed{method: "POST", host: u.Host, path: sesPath, header: header, body: text, service: "ses", at: now()})
	said, err := s.API.Post(ctx, strings.TrimSuffix(s.URL, "/")+sesPath, header, text)
	if f, ok := failure(err); ok && sesPasses(said) {
		f.Permanent = false
	}
	return Receipt{ID: readID(said, "MessageId")}, err
}

// sesPasses tells whether a refusal is about the account, not the mail, and so may
// pass (AWS documentation, "SendEmail", Errors).
func sesPasses(said Answer) bool {
	kind, _, _ := strings.Cut(said.Header.Get("X-Amzn-Errortype"), ":")
	switch kind {
	case "AccountSuspendedException", "LimitExceededException", "MailFromDomainNotVerifiedException", "SendingPausedException",
		"TooManyRequestsException", "ExpiredTokenException", "UnrecognizedClientException", "NotFoundException":
		return true
	}
	return false
}
