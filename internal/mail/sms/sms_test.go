package sms

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/galleyhq/galley/internal/mail/transport"
)

func TestTwilioAndHook(t *testing.T) {
	var got *http.Request
	var sent []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		sent, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"sid": "SM123"}`)
	}))
	defer server.Close()
	m := Message{ID: "6f2d8c1e-0000-4000-8000-000000000001", To: "4915112345678", Text: "Your code is 123456 & more", Code: "123456"}

	twilio := Twilio{URL: server.URL, AccountSID: "AC1", AuthToken: "token", From: "+15005550006"}
	r, err := twilio.Send(t.Context(), m)
	user, password, _ := got.BasicAuth()
	form, _ := url.ParseQuery(string(sent))
	if err != nil || r.ID != "SM123" || got.URL.Path != "/2010-04-01/Accounts/AC1/Messages.json" || user != "AC1" || password != "token" ||
		form.Get("To") != "+4915112345678" || form.Get("From") != "+15005550006" || form.Get("Body") != m.Text || len(form) != 3 {
		t.Errorf("%+v, %v: %v %s", r, err, got.URL, sent)
	}
	twilio.MessagingServiceSID = "MG1"
	_, err = twilio.Send(t.Context(), m)
	if form, _ = url.ParseQuery(string(sent)); err != nil || form.Get("MessagingServiceSid") != "MG1" || form.Has("From") {
		t.Errorf("%v: %s", err, sent)
	}

	const secret = "v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	if _, err := (Hook{URL: server.URL, Secret: secret}).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	want, err := transport.SignWebhook(secret, m.ID, got.Header.Get("Webhook-Timestamp"), sent)
	if err != nil || got.Header.Get("Webhook-Signature") != want || got.Header.Get("Webhook-Id") != m.ID {
		t.Errorf("%v: %v", err, got.Header)
	}
	var body struct {
		User struct{ Phone string }
		SMS  struct{ OTP, Phone, Text string }
	}
	if err := json.Unmarshal(sent, &body); err != nil || body.User.Phone != m.To || body.SMS.OTP != "123456" || body.SMS.Text != m.Text {
		t.Errorf("%v: %s", err, sent)
	}
	// The example of the specification's own libraries.
	if got, err := transport.SignWebhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`)); err != nil ||
		got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := (Hook{URL: server.URL, Secret: "!"}).Send(t.Context(), m); err == nil {
		t.Error("a secret that is none")
	}
}

func TestNumber(t *testing.T) {
	for text, want := range map[string]string{"+49 151 1234-5678": "4915112345678", "4915112345678": "4915112345678", "+1 (500) 555-0006": "15005550006",
		"": "", "+": "", "0151234567": "", "+49x": "", "123": "", "1234567890123456": "", "+4915112345678\r\nX: y": "", "٤٩١٥١١٢٣٤": ""} {
		if got, err := Number(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}
