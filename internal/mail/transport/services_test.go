package transport

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/mail/message"
)

const secret = "key-that-nobody-may-see"

// provider is an HTTP server that takes the place of a provider: it keeps the last
// request and gives a set answer.
type provider struct {
	*httptest.Server
	status int
	header map[string]string
	body   string
	got    *http.Request
	sent   []byte
}

func newProvider(t *testing.T) *provider {
	p := &provider{status: 200}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.got = r
		p.sent, _ = io.ReadAll(r.Body)
		for name, value := range p.header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(p.status)
		_, _ = io.WriteString(w, p.body)
	}))
	t.Cleanup(p.Close)
	return p
}

// same compares what was sent with JSON.
func (p *provider) same(t *testing.T, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal(p.sent, &a); err != nil {
		t.Fatalf("%v: %s", err, p.sent)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("sent\n%s\nwant\n%s", p.sent, want)
	}
}

func note(t *testing.T) *message.Message {
	t.Helper()
	return &message.Message{ID: "6f2d8c1e-0000-4000-8000-000000000001", From: address(t, "Galley <app@example.org>"),
		ReplyTo: []message.Address{address(t, "help@example.org")}, To: []message.Address{address(t, "Ada <ada@example.org>")},
		Cc: []message.Address{address(t, "ADA@example.org"), address(t, "cc@example.org")}, Bcc: []message.Address{address(t, "bcc@example.org")},
		Subject: "Grüße", Text: "Hallo", HTML: "<p>Hallo</p>", Headers: []message.Header{{Name: "X-A", Value: "b"}}, Tag: "invite",
		Attachments: []message.Attachment{{Name: "a.csv", Type: "text/csv", Content: []byte("1,2")}}}
}

func TestSendGrid(t *testing.T) {
	p := newProvider(t)
	p.status, p.header = 202, map[string]string{"X-Message-Id": "14c5d75ce93"}
	r, err := SendGrid{API: API{Secrets: []string{secret}}, URL: p.URL, Key: secret}.Send(t.Context(), note(t))
	if err != nil || r.ID != "14c5d75ce93" || p.got.Method != "POST" || p.got.URL.Path != "/v3/mail/send" ||
		p.got.Header.Get("Authorization") != "Bearer "+secret || p.got.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%+v, %v, %v", r, err, p.got)
	}
	p.same(t, `{"personalizations":[{"to":[{"email":"ada@example.org","name":"Ada"}],"cc":[{"email":"cc@example.org"}],"bcc":[{"email":"bcc@example.org"}]}],
		"from":{"email":"app@example.org","name":"Galley"},"reply_to_list":[{"email":"help@example.org"}],"subject":"Grüße",
		"content":[{"type":"text/plain","value":"Hallo"},{"type":"text/html","value":"<p>Hallo</p>"}],"headers":{"X-A":"b"},"categories":["invite"],
		"custom_args":{"galley_message":"6f2d8c1e-0000-4000-8000-000000000001"},
		"attachments":[{"content":"MSwy","filename":"a.csv","type":"text/csv"}]}`)
}

func TestPostmark(t *testing.T) {
	p := newProvider(t)
	p.body = `{"To":"ada@example.org","SubmittedAt":"2026-01-02T03:04:05Z","MessageID":"0a129aee-e1cd-480d-b08d-4f48548ff48d","ErrorCode":0,"Message":"OK"}`
	by := Postmark{API: API{Secrets: []string{secret}}, URL: p.URL, Token: secret, Stream: "outbound"}
	r, err := by.Send(t.Context(), note(t))
	if err != nil || r.ID != "0a129aee-e1cd-480d-b08d-4f48548ff48d" || p.got.URL.Path != "/email" || p.got.Header.Get("X-Postmark-Server-Token") != secret ||
		p.got.Header.Get("Accept") != "application/json" {
		t.Fatalf("%+v, %v, %v", r, err, p.got)
	}
	p.same(t, `{"From":"\"Galley\" <app@example.org>","To":"\"Ada\" <ada@example.org>","Cc":"<cc@example.org>","Bcc":"<bcc@example.org>","ReplyTo":"<help@example.org>",
		"Subject":"Grüße","TextBody":"Hallo","HtmlBody":"<p>Hallo</p>","Tag":"invite","MessageStream":"outbound","Headers":[{"Name":"X-A","Value":"b"}],
		"Metadata":{"galley_message":"6f2d8c1e-0000-4000-8000-000000000001"},"Attachments":[{"Name":"a.csv","Content":"MSwy","ContentType":"text/csv"}]}`)
	p.status, p.body = 422, `{"ErrorCode":406,"Message":"You tried to send to recipient(s) that have been marked as inactive."}`
	_, err = by.Send(t.Context(), note(t))
	if f, ok := failure(err); !ok || !f.Permanent || len(f.Refused) != 3 || !f.Refused[0].Dead {
		t.Errorf("inactive: %+v", err)
	}
	p.body = `{"ErrorCode":300,"Message":"Invalid email request"}`
	_, err = by.Send(t.Context(), note(t))
	if f, ok := failure(err); !ok || !f.Permanent || len(f.Refused) != 0 {
		t.Errorf("invalid: %+v", err)
	}
}

func TestResend(t *testing.T) {
	p := newProvider(t)
	p.body = `{"id":"49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"}`
	by := Resend{API: API{Secrets: []string{secret}}, URL: p.URL, Key: secret}
	r, err := by.Send(t.Context(), note(t))
	key := p.got.Header.Get("Idempotency-Key")
	if err != nil || r.ID != "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794" || p.got.URL.Path != "/emails" || p.got.Header.Get("Authorization") != "Bearer "+secret ||
		!strings.HasPrefix(key, "6f2d8c1e-0000-4000-8000-000000000001/") || len(key) > 256 {
		t.Fatalf("%+v, %v, %v", r, err, p.got)
	}
	p.same(t, `{"from":"\"Galley\" <app@example.org>","to":["\"Ada\" <ada@example.org>"],"cc":["<cc@example.org>"],"bcc":["<bcc@example.org>"],
		"reply_to":["<help@example.org>"],"subject":"Grüße","text":"Hallo","html":"<p>Hallo</p>","headers":{"X-A":"b"},
		"tags":[{"name":"template","value":"invite"}],"attachments":[{"filename":"a.csv","content":"MSwy","content_type":"text/csv"}]}`)
	if _, err := by.Send(t.Context(), note(t)); err != nil || p.got.Header.Get("Idempotency-Key") != key {
		t.Errorf("again: %v, %s", err, p.got.Header.Get("Idempotency-Key"))
	}
	fewer := note(t).Without(map[string]bool{"cc@example.org": true})
	if _, err := by.Send(t.Context(), fewer); err != nil || p.got.Header.Get("Idempotency-Key") == key {
		t.Errorf("another mail has the same key: %v", err)
	}
}

func TestSES(t *testing.T) {
	p := newProvider(t)
	p.body = `{"MessageId":"0102018a"}`
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	by := SES{API: API{Secrets: []string{secret}}, URL: p.URL, ConfigurationSet: "set", now: func() time.Time { return at },
		Key: AWSKey{ID: "AKIDEXAMPLE", Secret: secret, Token: "token", Region: "eu-central-1"}}
	r, err := by.Send(t.Context(), note(t))
	auth := p.got.Header.Get("Authorization")
	if err != nil || r.ID != "0102018a" || p.got.URL.Path != "/v2/email/outbound-emails" || p.got.Header.Get("X-Amz-Date") != "20260102T030405Z" ||
		!strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-central-1/ses/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=") {
		t.Fatalf("%+v, %v, %v", r, err, p.got)
	}
	again := map[string]string{"Content-Type": p.got.Header.Get("Content-Type")}
	by.Key.sign(signed{method: "POST", host: p.got.Host, path: p.got.URL.Path, header: again, body: p.sent, service: "ses", at: at})
	if again["Authorization"] != auth {
		t.Errorf("what arrived has the signature %s, not %s", again["Authorization"], auth)
	}
	var sent struct {
		FromEmailAddress, ConfigurationSetName string
		Destination                            struct{ ToAddresses, CcAddresses, BccAddresses []string }
		Content                                struct{ Raw struct{ Data string } }
	}
	if err := json.Unmarshal(p.sent, &sent); err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(sent.Content.Raw.Data)
	if err != nil || sent.ConfigurationSetName != "set" || sent.Destination.BccAddresses[0] != "<bcc@example.org>" || strings.Contains(string(raw), "bcc@") ||
		!strings.Contains(string(raw), "\r\nTo: \"Ada\" <ada@example.org>\r\n") {
		t.Errorf("%v %+v\n%s", err, sent, raw)
	}
	p.status, p.header = 400, map[string]string{"X-Amzn-ErrorType": "LimitExceededException:http://internal/"}
	_, err = by.Send(t.Context(), note(t))
	if f, ok := failure(err); !ok || f.Permanent {
		t.Errorf("%+v", err)
	}
	p.header = map[string]string{"X-Amzn-ErrorType": "MessageRejected"}
	_, err = by.Send(t.Context(), note(t))
	if f, ok := failure(err); !ok || !f.Permanent {
		t.Errorf("%+v", err)
	}
}

// TestSignature holds the signer to AWS's own vectors (aws-sig-v4-test-suite, and
// the example of the documentation).
func TestSignature(t *testing.T) {
	key := AWSKey{ID: "AKIDEXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", Region: "us-east-1"}
	at := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		r    signed
		want string
	}{
		"get-vanilla":  {signed{method: "GET", host: "example.amazonaws.com", path: "/", service: "service"}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		"post-vanilla": {signed{method: "POST", host: "example.amazonaws.com", path: "/", service: "service"}, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		"get-vanilla-query-order-key-case": {signed{method: "GET", host: "example.amazonaws.com", path: "/", query: "Param1=value1&Param2=value2", service: "service"},
			"b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
		"post-x-www-form-urlencoded": {signed{method: "POST", host: "example.amazonaws.com", path: "/", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
			body: []byte("Param1=value1"), service: "service"}, "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
		"documentation": {signed{method: "GET", host: "iam.amazonaws.com", path: "/", query: "Action=ListUsers&Version=2010-05-08",
			header: map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, service: "iam"},
			"5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"},
	} {
		if c.r.header == nil {
			c.r.header = map[string]string{}
		}
		c.r.at = at
		key.sign(c.r)
		if got := c.r.header["Authorization"]; !strings.HasSuffix(got, "Signature="+c.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestAnswers: what a status means, and that no error shows a key.
func TestAnswers(t *testing.T) {
	p := newProvider(t)
	by := map[string]Transport{
		"sendgrid": SendGrid{API: API{Secrets: []string{secret}}, URL: p.URL, Key: secret},
		"postmark": Postmark{API: API{Secrets: []string{secret}}, URL: p.URL, Token: secret},
		"resend":   Resend{API: API{Secrets: []string{secret}}, URL: p.URL, Key: secret},
		"ses":      SES{API: API{Secrets: []string{secret}}, URL: p.URL, Key: AWSKey{ID: "AKID", Secret: secret, Region: "us-east-1"}},
	}
	for name, transport := range by {
		if transport.Name() != name {
			t.Errorf("%s is called %s", name, transport.Name())
		}
		for status, permanent := range map[int]bool{400: true, 401: false, 402: false, 403: false, 408: false, 413: true, 422: true, 429: false, 500: false, 502: false, 503: false, 302: false} {
			p.status, p.body = status, `{"message":"your key `+secret+` is wrong"}`
			p.header = map[string]string{"Retry-After": "7", "Location": "https://elsewhere.example/"}
			_, err := transport.Send(t.Context(), note(t))
			f, ok := failure(err)
			if !ok || f.Permanent != permanent || f.RetryAfter != 7*time.Second || strings.Contains(err.Error(), secret) {
				t.Errorf("%s %d: %+v", name, status, err)
			}
		}
	}
	p.Close()
	for name, transport := range by {
		if f, ok := failure(func() error { _, err := transport.Send(t.Context(), note(t)); return err }()); !ok || f.Permanent {
			t.Errorf("%s away: %+v", name, f)
		}
	}
	blind := note(t)
	blind.To, blind.Cc, blind.Bcc = nil, nil, []message.Address{address(t, "a@example.org"), address(t, "b@example.org")}
	if f, ok := failure(func() error { _, err := by["resend"].Send(t.Context(), blind); return err }()); !ok || !f.Permanent {
		t.Errorf("blind copies alone: %+v", f)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]time.Duration{"": 0, "7": 7 * time.Second, "-7": 0, "x": 0, "99999999": 24 * time.Hour,
		"Fri, 02 Jan 2026 03:04:15 GMT": 10 * time.Second, "Fri, 02 Jan 2026 03:04:00 GMT": 0} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: %s", text, got)
		}
	}
}
