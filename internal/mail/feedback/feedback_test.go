package feedback

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/mail/transport"
)

func TestSendGrid(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	key := base64.StdEncoding.EncodeToString(der)
	body := []byte(`[{"event":"bounce","email":"gone@example.org","type":"bounce","reason":"550 5.1.1","sg_message_id":"14c5.recvd-1"},
		{"event":"bounce","email":"soft@example.org","type":"blocked"},{"event":"spamreport","email":"angry@example.org"},
		{"event":"dropped","email":"old@example.org","reason":"Bounced Address"},{"event":"dropped","email":"x@example.org","reason":"Spam Content"},
		{"event":"delivered","email":"ada@example.org","sg_message_id":"14c6.x"},{"event":"open","email":"ada@example.org"}]`)
	sum := sha256.Sum256(append([]byte("1600112502"), body...))
	signature, err := ecdsa.SignASN1(rand.Reader, private, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	h.Set("X-Twilio-Email-Event-Webhook-Signature", base64.StdEncoding.EncodeToString(signature))
	h.Set("X-Twilio-Email-Event-Webhook-Timestamp", "1600112502")
	events, err := SendGrid(key, h, body)
	check(t, events, err, "bounce gone@example.org 14c5|complaint angry@example.org |bounce old@example.org |delivered ada@example.org 14c6")
	for name, change := range map[string]func(http.Header) (string, []byte){
		"another body": func(http.Header) (string, []byte) { return key, append(body, ' ') },
		"another time": func(h http.Header) (string, []byte) {
			h.Set("X-Twilio-Email-Event-Webhook-Timestamp", "1")
			return key, body
		},
		"no signature": func(h http.Header) (string, []byte) {
			h.Del("X-Twilio-Email-Event-Webhook-Signature")
			return key, body
		},
		"no key": func(http.Header) (string, []byte) { return "", body },
	} {
		bad := h.Clone()
		key, body := change(bad)
		if events, err := SendGrid(key, bad, body); err == nil || events != nil {
			t.Errorf("%s: %v", name, events)
		}
	}
}

func check(t *testing.T, events []Event, err error, want string) {
	t.Helper()
	var got []string
	for _, e := range events {
		got = append(got, e.Kind+" "+e.Address+" "+e.Message)
	}
	if err != nil || strings.Join(got, "|") != want {
		t.Errorf("%s, %v, want %s", strings.Join(got, "|"), err, want)
	}
}

func TestPostmark(t *testing.T) {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth("galley", "the secret")
	for body, want := range map[string]string{
		`{"RecordType":"Bounce","Type":"HardBounce","Email":"a@example.org","MessageID":"m","Inactive":true}`: "bounce a@example.org m",
		`{"RecordType":"Bounce","Type":"SoftBounce","Email":"a@example.org","MessageID":"m"}`:                 "",
		`{"RecordType":"SpamComplaint","Email":"a@example.org","MessageID":"m"}`:                              "complaint a@example.org m",
		`{"RecordType":"Delivery","Recipient":"a@example.org","MessageID":"m"}`:                               "delivered a@example.org m",
		`{"RecordType":"Open","Recipient":"a@example.org","MessageID":"m"}`:                                   "",
	} {
		events, err := Postmark("the secret", r.Header, []byte(body))
		check(t, events, err, want)
		for _, secret := range []string{"", "another", "the secret "} {
			if events, err := Postmark(secret, r.Header, []byte(body)); err == nil || events != nil {
				t.Errorf("with %q: %v", secret, events)
			}
		}
		if _, err := Postmark("", http.Header{}, []byte(body)); err == nil {
			t.Error("without a secret")
		}
	}
}

func TestResend(t *testing.T) {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	now := time.Unix(1700000000, 0)
	sign := func(body string, at time.Time) http.Header {
		h := http.Header{}
		stamp := strconv.FormatInt(at.Unix(), 10)
		h.Set("Svix-Id", "msg_1")
		h.Set("Svix-Timestamp", stamp)
		signature, err := transport.SignWebhook(secret, "msg_1", stamp, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		h.Set("Svix-Signature", "v1,AAAA v2,x "+signature)
		return h
	}
	for body, want := range map[string]string{
		`{"type":"email.bounced","data":{"email_id":"m","to":["a@example.org"],"bounce":{"type":"Permanent","message":"gone"}}}`: "bounce a@example.org m",
		`{"type":"email.bounced","data":{"email_id":"m","to":["a@example.org"],"bounce":{"type":"Transient"}}}`:                  "",
		`{"type":"email.complained","data":{"email_id":"m","to":["a@example.org","b@example.org"]}}`:                             "complaint a@example.org m|complaint b@example.org m",
		`{"type":"email.delivered","data":{"email_id":"m","to":["a@example.org"]}}`:                                              "delivered a@example.org m",
		`{"type":"contact.created","data":{"email_id":"m"}}`:                                                                     "",
	} {
		events, err := Resend(secret, sign(body, now), []byte(body), now)
		check(t, events, err, want)
		if _, err := Resend(secret, sign(body, now), []byte(body+" "), now); err == nil {
			t.Error("another body")
		}
		if _, err := Resend(secret, sign(body, now), []byte(body), now.Add(6*time.Minute)); err == nil {
			t.Error("an old report")
		}
		if _, err := Resend("whsec_AAAA", sign(body, now), []byte(body), now); err == nil {
			t.Error("another secret")
		}
		if _, err := Resend("", sign(body, now), []byte(body), now); err == nil {
			t.Error("no secret")
		}
	}
}

// aws takes the place of AWS: it serves a certificate at any URL, and notes which.
type aws struct {
	cert []byte
	got  []string
}

// RoundTrip implements http.RoundTripper.
func (a *aws) RoundTrip(r *http.Request) (*http.Response, error) {
	a.got = append(a.got, r.URL.String())
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(a.cert)), Request: r}, nil
}

func rsaCertificate(t *testing.T) (*rsa.PrivateKey, []byte) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	shape := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, shape, shape, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	return private, der
}

func TestSNS(t *testing.T) {
	private, der := rsaCertificate(t)
	const topic = "arn:aws:sns:eu-central-1:1:bounces"
	const certURL = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem"
	sign := func(n notice) []byte {
		n.MessageId, n.Timestamp = "id", "2026-01-02T03:04:05.000Z"
		var sum []byte
		kind := crypto.SHA1
		if n.SignatureVersion == "2" {
			long := sha256.Sum256([]byte(n.text()))
			kind, sum = crypto.SHA256, long[:]
		} else {
			short := sha1.Sum([]byte(n.text()))
			sum = short[:]
		}
		signature, err := rsa.SignPKCS1v15(rand.Reader, private, kind, sum)
		if err != nil {
			t.Fatal(err)
		}
		n.Signature = base64.StdEncoding.EncodeToString(signature)
		body, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	note := func(version, message string) notice {
		return notice{Type: "Notification", TopicArn: topic, SignatureVersion: version, SigningCertURL: certURL, Message: message}
	}
	bounce := `{"notificationType":"Bounce","mail":{"messageId":"0102"},"bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"a@example.org","diagnosticCode":"550"}]}}`
	server := &aws{cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
	s := &SNS{Topic: topic, Client: &http.Client{Transport: server}}
	for message, want := range map[string]string{
		bounce: "bounce a@example.org 0102",
		strings.Replace(bounce, "Permanent", "Transient", 1):                                                                            "",
		`{"eventType":"Complaint","mail":{"messageId":"0102"},"complaint":{"complainedRecipients":[{"emailAddress":"a@example.org"}]}}`: "complaint a@example.org 0102",
		`{"eventType":"Delivery","mail":{"messageId":"0102"},"delivery":{"recipients":["a@example.org"]}}`:                              "delivered a@example.org 0102",
	} {
		for _, version := range []string{"1", "2"} {
			events, err := s.Read(t.Context(), sign(note(version, message)))
			check(t, events, err, want)
		}
	}
	if len(server.got) != 1 {
		t.Errorf("the certificate was fetched %d times", len(server.got))
	}
	confirm := notice{Type: "SubscriptionConfirmation", TopicArn: topic, SignatureVersion: "1", SigningCertURL: certURL, Message: "m", Token: "t",
		SubscribeURL: "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription"}
	if _, err := s.Read(t.Context(), sign(confirm)); err != nil || server.got[len(server.got)-1] != confirm.SubscribeURL {
		t.Errorf("%v %v", err, server.got)
	}
	asked := len(server.got)
	other := func(change func(*notice)) []byte { n := note("1", bounce); change(&n); return sign(n) }
	for name, body := range map[string][]byte{
		"another message":   bytes.Replace(sign(note("1", bounce)), []byte("a@example.org"), []byte("b@example.org"), 1),
		"another topic":     other(func(n *notice) { n.TopicArn += "x" }),
		"another host":      other(func(n *notice) { n.SigningCertURL = "https://evil.example/x.pem" }),
		"a host like it":    other(func(n *notice) { n.SigningCertURL = "https://sns.eu-central-1.amazonaws.com.evil.example/x.pem" }),
		"a user":            other(func(n *notice) { n.SigningCertURL = "https://sns.eu-central-1.amazonaws.com@evil.example/x.pem" }),
		"no TLS":            other(func(n *notice) { n.SigningCertURL = strings.Replace(certURL, "https", "http", 1) }),
		"not a file":        other(func(n *notice) { n.SigningCertURL = "https://sns.eu-central-1.amazonaws.com/?x=.pem" }),
		"no version":        other(func(n *notice) { n.SignatureVersion = "3" }),
		"confirm elsewhere": sign(notice{Type: "SubscriptionConfirmation", TopicArn: topic, SignatureVersion: "1", SigningCertURL: certURL, SubscribeURL: "https://evil.example/"}),
		"nothing":           []byte("{}"),
		"no JSON":           []byte("x"),
	} {
		if events, err := s.Read(t.Context(), body); err == nil || events != nil {
			t.Errorf("%s: %v", name, events)
		}
	}
	if len(server.got) != asked {
		t.Errorf("somebody else was asked: %v", server.got[asked:])
	}
	if _, err := (&SNS{Client: s.Client}).Read(t.Context(), []byte("{}")); err == nil {
		t.Error("no topic is configured")
	}
}

// FuzzReports: whatever comes in, nothing panics, and nothing unproven is an event.
func FuzzReports(f *testing.F) {
	f.Add([]byte(`[{"event":"bounce"}]`), "sig", "1700000000")
	f.Add([]byte(`{"Type":"Notification","TopicArn":"t","SigningCertURL":"https://sns.eu-central-1.amazonaws.com/a.pem"}`), "v1,x", "x")
	f.Add([]byte(`{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{}]}}`), "", "")
	f.Fuzz(func(t *testing.T, body []byte, signature, stamp string) {
		h := http.Header{}
		for _, name := range []string{"X-Twilio-Email-Event-Webhook-Signature", "Svix-Signature", "Authorization"} {
			h.Set(name, signature)
		}
		h.Set("Svix-Timestamp", stamp)
		for _, read := range []func() ([]Event, error){
			func() ([]Event, error) { return SendGrid("AAAA", h, body) },
			func() ([]Event, error) { return Postmark("a secret of the project", h, body) },
			func() ([]Event, error) {
				return Resend("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", h, body, time.Unix(1700000000, 0))
			},
			func() ([]Event, error) {
				return (&SNS{Topic: "t", Client: &http.Client{Transport: &aws{}}}).Read(t.Context(), body)
			},
		} {
			if events, err := read(); err == nil || events != nil {
				t.Fatalf("%v", events)
			}
		}
		if events, err := sesEvents(string(body)); err != nil && events != nil {
			t.Fatal(err)
		}
	})
}
