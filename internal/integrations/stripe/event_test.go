package stripe_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/integrations/payment"
	"github.com/galleyhq/galley/internal/integrations/stripe"
)

const (
	secret = "whsec_test_secret"
	body   = `{"id": "evt_1", "object": "event", "type": "charge.refunded", "created": 1700000000, "livemode": true,
  "data": {"object": {"id": "ch_1", "amount": 12.50, "name": "Gr\u00fc\u00dfe, 日本"}, "previous_attributes": {"refunded": false}}}`
)

// v1 is a signature as docs.stripe.com/webhooks/signature says to make one.
func v1(at time.Time, body, secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return hex.EncodeToString(mac.Sum(nil))
}

// TestRead takes what is signed by the scheme, and nothing else.
func TestRead(t *testing.T) {
	now := time.Now()
	head := func(at time.Time, signatures ...string) string {
		out := fmt.Sprintf("t=%d", at.Unix())
		for _, s := range signatures {
			out += "," + s
		}
		return out
	}
	good := "v1=" + v1(now, body, secret)
	for name, c := range map[string]struct {
		body, header, secret string
		ok                   bool
	}{
		"good":                   {body, head(now, good), secret, true},
		"with others":            {body, head(now, "v0=abc", "v1="+v1(now, body, "whsec_old"), good), secret, true},
		"ours":                   {body, stripe.Sign([]byte(body), secret, now), secret, true},
		"four minutes old":       {body, head(now.Add(-4*time.Minute), "v1="+v1(now.Add(-4*time.Minute), body, secret)), secret, true},
		"six minutes old":        {body, head(now.Add(-6*time.Minute), "v1="+v1(now.Add(-6*time.Minute), body, secret)), secret, false},
		"another secret":         {body, head(now, "v1="+v1(now, body, "whsec_other")), secret, false},
		"another time":           {body, head(now.Add(-time.Second), good), secret, false},
		"another body":           {body + " ", head(now, good), secret, false},
		"one byte less":          {body, head(now, good[:len(good)-1]), secret, false},
		"v0 alone":               {body, head(now, "v0="+v1(now, body, secret)), secret, false},
		"no time":                {body, good, secret, false},
		"nothing":                {body, "", secret, false},
		"rubbish":                {body, "t=1,v1", secret, false},
		"no secret":              {body, head(now, "v1="+v1(now, body, "")), "", false},
		"signed, but no JSON":    {"x", head(now, "v1="+v1(now, "x", secret)), secret, false},
		"signed, but no event":   {"{}", head(now, "v1="+v1(now, "{}", secret)), secret, false},
		"signed, without object": {`{"id": "e", "type": "t"}`, head(now, "v1="+v1(now, `{"id": "e", "type": "t"}`, secret)), secret, false},
	} {
		e, err := stripe.Read(c.body, c.header, c.secret, stripe.Tolerance)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && payment.Of(err).Code != payment.Signature && name != "no secret" {
			t.Errorf("%s: %s", name, payment.Of(err).Code)
		}
		if err == nil && (e.ID != "evt_1" || e.Type != "charge.refunded" || !e.Livemode || string(e.Previous) != `{"refunded": false}` ||
			string(e.Data) != `{"id": "ch_1", "amount": 12.50, "name": "Gr\u00fc\u00dfe, 日本"}` || e.Created.Unix() != 1700000000) {
			t.Errorf("%s: %+v", name, e)
		}
	}
}
