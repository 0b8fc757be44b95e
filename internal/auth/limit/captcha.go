package limit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/outgoing"
)

// Captcha asks a service whether the token that a client shows stands for a solved
// CAPTCHA: hCaptcha (docs.hcaptcha.com, "Verify the user response server side") or
// Cloudflare Turnstile (developers.cloudflare.com/turnstile, "Server-side
// validation").
type Captcha struct {
	guard       *outgoing.Guard
	url, secret string
}

const (
	captchaTimeout = 10 * time.Second
	captchaAnswer  = 64 << 10 // bytes
	maxToken       = 16 << 10 // bytes; Turnstile's have up to 2048, hCaptcha's some more
	maxCodes       = 8
)

// NewCaptcha returns a check by "hcaptcha" or "turnstile".
func NewCaptcha(guard *outgoing.Guard, provider, secret string) (*Captcha, error) {
	c := &Captcha{guard: guard, secret: strings.TrimSpace(secret)}
	switch provider {
	case "hcaptcha":
		c.url = "https://api.hcaptcha.com/siteverify"
	case "turnstile":
		c.url = "https://challenges.cloudflare.com/turnstile/v0/siteverify"
	default:
		return nil, fmt.Errorf("%.40q is neither hcaptcha nor turnstile", provider)
	}
	if c.secret == "" {
		return nil, errors.New("the secret of the CAPTCHA is missing")
	}
	return c, nil
}

// ErrCaptcha tells that the service gave no answer.
var ErrCaptcha = autherr.New(http.StatusInternalServerError, autherr.UnexpectedFailure, "captcha verification process failed")

// unsolved tells that a request showed no solved CAPTCHA.
func unsolved(codes ...string) error {
	return autherr.New(http.StatusBadRequest, autherr.CaptchaFailed, "captcha protection: request disallowed (%s)", strings.Join(codes, ", "))
}

// Verify checks a token, which a client shows once. address is the client's, "" if
// it is not to be told.
func (c *Captcha) Verify(ctx context.Context, token, address string) error {
	token = strings.TrimSpace(token)
	if token == "" {
		return unsolved("no captcha_token found")
	}
	if len(token) > maxToken {
		return unsolved("invalid-input-response")
	}
	form := url.Values{"secret": {c.secret}, "response": {token}}
	if address != "" {
		form.Set("remoteip", address)
	}
	answer, err := c.guard.Do(ctx, outgoing.Request{
		Method: http.MethodPost, URL: c.url, Body: []byte(form.Encode()), Timeout: captchaTimeout, MaxBody: captchaAnswer,
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}},
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCaptcha, err)
	}
	return readCaptcha(answer.Status, answer.Truncated, answer.Body)
}

// readCaptcha reads the answer, which both services give in the same form. Only
// success: true is a yes.
func readCaptcha(status int, truncated bool, body []byte) error {
	var said struct {
		Success bool     `json:"success"`
		Codes   []string `json:"error-codes"`
	}
	err := json.Unmarshal(body, &said)
	switch {
	case err != nil || truncated || status >= http.StatusInternalServerError:
		return fmt.Errorf("%w: status %d", ErrCaptcha, status)
	case said.Success && status == http.StatusOK:
		return nil
	}
	var codes []string
	for _, code := range said.Codes[:min(len(said.Codes), maxCodes)] {
		// They are told to the caller, so they are held to the form they have.
		if len(code) <= 60 && strings.Trim(code, "abcdefghijklmnopqrstuvwxyz-") == "" {
			codes = append(codes, code)
		}
	}
	return unsolved(codes...)
}
