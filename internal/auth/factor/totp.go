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
	"fmt"
	"image/color"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
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
	svg, err := qrCode(key.URL())
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

// quiet is the white edge of a QR code, in modules (ISO/IEC 18004, 6.3.8).
const quiet = 4

// qrCode draws a text. Colours have names: the clients put the SVG into a URL as it
// is, where # would end it.
func qrCode(text string) (string, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", err
	}
	size := code.Bounds().Dx()
	var dark strings.Builder
	for y := range size {
		for x := range size {
			if code.At(x, y) == color.Black {
				_, _ = fmt.Fprintf(&dark, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	all := size + 2*quiet
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" shape-rendering="crispEdges">`+
		`<path fill="white" d="M0 0h%dv%dH0z"/><path fill="black" d="%s"/></svg>`, all, all, 5*all, 5*all, all, all, dark.String()), nil
}
