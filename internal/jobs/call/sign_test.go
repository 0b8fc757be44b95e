package call

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestSign signs the example of the specification's own libraries.
func TestSign(t *testing.T) {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	at := time.Unix(1614265330, 0)
	body := []byte(`{"test": 2432232314}`)
	h := http.Header{}
	if err := sign(h, secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body); err != nil {
		t.Fatal(err)
	}
	const want = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	if got := h.Get("Webhook-Signature"); got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
	if h.Get("Webhook-Id") != "msg_p5jXN8AQM9LWM0D4loKWxJek" || h.Get("Webhook-Timestamp") != "1614265330" {
		t.Errorf("headers %v", h)
	}
	other := "whsec_" + strings.Repeat("QUJD", 8)
	if err := sign(h, secret+" "+other, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body); err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(h.Get("Webhook-Signature")); len(got) != 2 || got[0] != want || got[1] == want {
		t.Errorf("two secrets: %v", got)
	}
	for _, bad := range []string{"", " ", "whsec_", "whsec_QUJD", "whsec_!!!!", secret + " x"} {
		if err := sign(http.Header{}, bad, "id", at, nil); err == nil {
			t.Errorf("the secret %q was taken", bad)
		} else if bad != "" && strings.Contains(err.Error(), "QUJD") {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"0": 0, "120": 2 * time.Minute, " 5 ": 5 * time.Second, "9999999": maxWait, "99999999999999999999": maxWait,
		"Fri, 02 Jan 2026 03:05:05 GMT": time.Minute, "Fri, 02 Jan 2020 03:05:05 GMT": 0, "Fri, 02 Jan 2099 03:05:05 GMT": maxWait,
		"": -1, "-1": -1, "1.5": -1, "soon": -1,
	} {
		got, ok := retryAfter(http.Header{"Retry-After": {text}}, now)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %v %v, want %v", text, got, ok, want)
		}
	}
	// The server's clock is an hour ahead.
	got, _ := retryAfter(http.Header{"Retry-After": {"Fri, 02 Jan 2026 04:04:15 GMT"}, "Date": {"Fri, 02 Jan 2026 04:04:05 GMT"}}, now)
	if got != 10*time.Second {
		t.Errorf("by the server's clock: %v", got)
	}
}
