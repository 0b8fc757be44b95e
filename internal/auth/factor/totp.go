// Package factor is what a person shows beside a password, or instead of one: codes
// of an app (TOTP, RFC 6238), codes sent to a phone, and authenticators that sign a
// challenge (WebAuthn, www.w3.org/TR/webauthn-3), as a second factor or as a passkey.
//
//	made, err := factor.NewTOTP("example.com", "ann@example.com")  // to be shown once
//	step, ok := factor.CheckTOTP(made.Secret, code, time.Now())
//
// There is no HTTP here and no table: functions take what was stored and return what
// is to be stored. The JSON is GoTrue's, which the clients know.
package factor

import (
	"crypto/subtle"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/galleyhq/galley/internal/qr"
)

// The parameters that all apps know, and the only ones some do.
const (
	Period = 30 * time.Second
	skew   = 1 // steps that the clock of a phone may be off
)

// TOTP is a new factor as the client shows it, once.
type TOTP struct {
	QRCode string `json:"qr_code"` // SVG
	Secret string `json:"secret"`  // base32
	URI    string `json:"uri"`
}

// NewTOTP makes a secret of 160 bits for an account.
func NewTOTP(issuer, account string) (*TOTP, error) {
	if account == "" {
		account = "user" // the format has no account without a name
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: strings.ReplaceAll(issuer, ":", " "), AccountName: account, SecretSize: 20})
	if err != nil {
		return nil, err
	}
	svg, err := qr.SVG(key.URL(), 'M')
	return &TOTP{QRCode: svg, Secret: key.Secret(), URI: key.URL()}, err
}

// CheckTOTP tells whether a code is the one of now, or of half a minute before or
// after, and of which step. A code of a step is good once: the caller remembers that
// the step was used (limit.Once) before it lets anybody in.
func CheckTOTP(secret, code string, now time.Time) (step uint64, ok bool) {
	current := now.Unix() / int64(Period.Seconds())
	for s := current - skew; s <= current+skew; s++ {
		if s < 0 {
			continue
		}
		want, err := hotp.GenerateCodeCustom(secret, uint64(s), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = uint64(s), true
		}
	}
	return step, ok
}
