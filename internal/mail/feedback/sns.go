package feedback

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
)

// SNS reads Amazon SES's reports, which come by Amazon SNS (AWS documentation,
// "Verifying the signatures of Amazon SNS messages").
type SNS struct {
	Topic  string // ARN; reports of others are refused
	Client *http.Client

	mu    sync.Mutex
	certs map[string]*x509.Certificate
}

// notice is a message of SNS.
type notice struct {
	Type, MessageId, TopicArn, Subject, Message, Timestamp, Token, SubscribeURL string
	SignatureVersion, Signature, SigningCertURL                                 string
}

// host is where AWS serves the certificates of SNS, and confirms subscriptions.
var host = regexp.MustCompile(`^sns\.[a-z0-9-]{3,40}\.amazonaws\.com(\.cn)?$`)

// Read reads a message. One that asks to confirm the subscription of the topic is
// confirmed.
func (s *SNS) Read(ctx context.Context, body []byte) ([]Event, error) {
	var n notice
	if err := json.Unmarshal(body, &n); err != nil || s.Topic == "" || n.TopicArn != s.Topic {
		return nil, errForged
	}
	cert, err := s.certificate(ctx, n.SigningCertURL)
	if err != nil {
		return nil, err
	}
	if err := n.verify(cert); err != nil {
		return nil, err
	}
	switch n.Type {
	case "SubscriptionConfirmation":
		_, err := s.get(ctx, n.SubscribeURL)
		return nil, err
	case "Notification":
		return sesEvents(n.Message)
	}
	return nil, nil
}

// text is what is signed: names and values of some fields, a line each.
func (n notice) text() string {
	fields := []string{"Message", n.Message, "MessageId", n.MessageId}
	if n.Type == "Notification" {
		if n.Subject != "" {
			fields = append(fields, "Subject", n.Subject)
		}
	} else {
		fields = append(fields, "SubscribeURL", n.SubscribeURL)
	}
	fields = append(fields, "Timestamp", n.Timestamp)
	if n.Type != "Notification" {
		fields = append(fields, "Token", n.Token)
	}
	return strings.Join(append(fields, "TopicArn", n.TopicArn, "Type", n.Type), "\n") + "\n"
}

func (n notice) verify(cert *x509.Certificate) error {
	public, ok := cert.PublicKey.(*rsa.PublicKey)
	signature, err := base64.StdEncoding.DecodeString(n.Signature)
	if err != nil || !ok {
		return errForged
	}
	kind, sum := crypto.SHA1, make([]byte, 0, sha256.Size)
	switch n.SignatureVersion {
	case "1": // what topics have unless told otherwise
		short := sha1.Sum([]byte(n.text()))
		sum = append(sum, short[:]...)
	case "2":
		long := sha256.Sum256([]byte(n.text()))
		kind, sum = crypto.SHA256, append(sum, long[:]...)
	default:
		return errForged
	}
	if rsa.VerifyPKCS1v15(public, kind, sum, signature) != nil {
		return errForged
	}
	return nil
}

// maxCerts bounds the certificates that are kept.
const maxCerts = 10

// certificate returns the certificate that AWS signs with. It comes from AWS by
// TLS, which is what makes it theirs.
func (s *SNS) certificate(ctx context.Context, from string) (*x509.Certificate, error) {
	s.mu.Lock()
	known := s.certs[from]
	s.mu.Unlock()
	if known != nil && time.Now().Before(known.NotAfter) {
		return known, nil
	}
	if u, err := url.Parse(from); err != nil || !strings.HasSuffix(u.Path, ".pem") {
		return nil, errForged
	}
	raw, err := s.get(ctx, from)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, errForged
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil || time.Now().After(cert.NotAfter) {
		return nil, errForged
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.certs == nil || len(s.certs) >= maxCerts {
		s.certs = map[string]*x509.Certificate{}
	}
	s.certs[from] = cert
	return cert, nil
}

// get reads a URL of AWS's SNS, and of nobody else.
func (s *SNS) get(ctx context.Context, from string) ([]byte, error) {
	u, err := url.Parse(from)
	if err != nil || u.Scheme != "https" || u.User != nil || !host.MatchString(u.Host) {
		return nil, errForged
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, errForged
	}
	client := http.Client{}
	if s.Client != nil {
		client = *s.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return nil, errors.New("AWS could not be asked")
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil || resp.StatusCode != http.StatusOK {
		return nil, errors.New("AWS could not be asked")
	}
	return raw, nil
}

// sesEvents reads a report of SES (AWS documentation, "Contents of event data"). It
// is named notificationType where it comes of an identity, eventType where of a
// configuration set.
func sesEvents(text string) ([]Event, error) {
	type recipients []struct{ EmailAddress, DiagnosticCode string }
	var e struct {
		NotificationType, EventType string
		Mail                        struct{ MessageID string }
		Bounce                      struct {
			BounceType        string
			BouncedRecipients recipients
		}
		Complaint struct{ ComplainedRecipients recipients }
		Delivery  struct{ Recipients []string }
	}
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return nil, errors.New("the report cannot be read")
	}
	var out []Event
	add := func(kind, address, detail string) {
		if len(out) < maxEvents {
			out = append(out, Event{kind, address, e.Mail.MessageID, detail})
		}
	}
	switch e.NotificationType + e.EventType {
	case "Bounce":
		for _, r := range e.Bounce.BouncedRecipients {
			if e.Bounce.BounceType == "Permanent" {
				add(Bounce, r.EmailAddress, r.DiagnosticCode)
			}
		}
	case "Complaint":
		for _, r := range e.Complaint.ComplainedRecipients {
			add(Complaint, r.EmailAddress, "")
		}
	case "Delivery":
		for _, address := range e.Delivery.Recipients {
			add(Delivered, address, "")
		}
	}
	return out, nil
}
