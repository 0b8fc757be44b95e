package factor

import (
	"encoding/base32"
	"encoding/xml"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestVectors are those of RFC 6238, appendix B, for SHA-1, cut to six digits as
// the RFC's algorithm does for fewer.
func TestVectors(t *testing.T) {
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	for seconds, eight := range map[int64]string{59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924",
		2000000000: "69279037", 20000000000: "65353130"} {
		code := eight[2:]
		for shift, want := range map[time.Duration]bool{0: true, Period: true, -Period: seconds >= 30, 2 * Period: false} {
			step, ok := CheckTOTP(secret, code, time.Unix(seconds, 0).Add(shift))
			if ok != want || ok && step != uint64(seconds/30) {
				t.Errorf("%s at %d%+v: %v, step %d", code, seconds, shift, ok, step)
			}
		}
	}
	now := time.Unix(1111111109, 0)
	for _, wrong := range []string{"", "0", "081805", "81804", "0081804", "07081804", "081804 ", "०८१८०४"} {
		if _, ok := CheckTOTP(secret, wrong, now); ok {
			t.Errorf("%q is right", wrong)
		}
	}
	for _, broken := range []string{"!", "12345678"} {
		if _, ok := CheckTOTP(broken, "081804", now); ok {
			t.Errorf("a code of the secret %q is right", broken)
		}
	}
}

func TestNewTOTP(t *testing.T) {
	made, err := NewTOTP("app: example.com", "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(made.Secret)
	if err != nil || len(key) != 20 {
		t.Errorf("the secret has %d bytes, %v", len(key), err)
	}
	u, err := url.Parse(made.URI)
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Query().Get("secret") != made.Secret || u.Query().Get("issuer") != "app  example.com" ||
		u.Query().Get("digits") != "6" || u.Query().Get("period") != "30" || !strings.HasSuffix(u.Path, ":ann@example.com") {
		t.Errorf("%s, %v", made.URI, err)
	}
	if err := xml.Unmarshal([]byte(made.QRCode), new(any)); err != nil || strings.ContainsAny(made.QRCode, "#%") || strings.Count(made.QRCode, "v1h-") < 300 {
		t.Errorf("%v: %.200s", err, made.QRCode)
	}
	if _, err := NewTOTP("", "ann"); err == nil {
		t.Error("a factor of nobody is made")
	}
	again, err := NewTOTP("app: example.com", "ann@example.com")
	if err != nil || again.Secret == made.Secret {
		t.Error("two factors have one secret")
	}
}
