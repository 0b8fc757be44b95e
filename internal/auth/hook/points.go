package hook

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/store"
)

// metadata goes with every call.
type metadata struct {
	UUID    string    `json:"uuid"`
	Time    time.Time `json:"time"`
	Name    string    `json:"name,omitempty"`
	Address string    `json:"ip_address,omitempty"`
}

func about(name Name, address string) metadata {
	return metadata{UUID: store.NewID(), Time: time.Now(), Name: name.wireName(), Address: address}
}

// ofUser is what hooks get that are about a user. The user is in the form that the
// API gives.
type ofUser struct {
	Metadata metadata        `json:"metadata"`
	User     json.RawMessage `json:"user"`
	SMS      *SMS            `json:"sms,omitempty"`
	Email    *Email          `json:"email_data,omitempty"`
}

// SMS is the message that send_sms is to send.
type SMS struct {
	OTP   string `json:"otp,omitempty"`
	Type  string `json:"sms_type,omitempty"` // sms, whatsapp or mfa
	Phone string `json:"phone,omitempty"`
}

// Email is the mail that send_email is to send.
type Email struct {
	Token        string `json:"token"`
	TokenHash    string `json:"token_hash"`
	RedirectTo   string `json:"redirect_to"`
	Action       string `json:"email_action_type"`
	SiteURL      string `json:"site_url"`
	TokenNew     string `json:"token_new"`
	TokenHashNew string `json:"token_hash_new"`
	OldEmail     string `json:"old_email"`
	OldPhone     string `json:"old_phone"`
	Provider     string `json:"provider"`
	FactorType   string `json:"factor_type"`
}

// BeforeUserCreated asks whether a user may be created. address is the caller's, as
// for all points.
func (h *Hooks) BeforeUserCreated(ctx context.Context, address string, user json.RawMessage) error {
	return h.call(ctx, BeforeUserCreated, ofUser{Metadata: about(BeforeUserCreated, address), User: user}, &struct{}{})
}

// SendSMS has a message sent.
func (h *Hooks) SendSMS(ctx context.Context, address string, user json.RawMessage, m SMS) error {
	return h.call(ctx, SendSMS, ofUser{Metadata: about(SendSMS, address), User: user, SMS: &m}, &struct{}{})
}

// SendEmail has a mail sent.
func (h *Hooks) SendEmail(ctx context.Context, address string, user json.RawMessage, m Email) error {
	return h.call(ctx, SendEmail, ofUser{Metadata: about(SendEmail, address), User: user, Email: &m}, &struct{}{})
}

type decision struct {
	Decision string `json:"decision"` // "reject", or anything else
	Message  string `json:"message"`
	Logout   bool   `json:"should_logout_user"`
}

const reject = "reject"

// MFAVerificationAttempt tells of an answer to a challenge, right or wrong. An error
// of the code autherr.MFAVerificationRejected says that all sessions of the user are
// to end.
func (h *Hooks) MFAVerificationAttempt(ctx context.Context, address, userID, factorID, factorType string, valid bool) error {
	input := struct {
		Metadata   metadata `json:"metadata"`
		UserID     string   `json:"user_id"`
		FactorID   string   `json:"factor_id"`
		FactorType string   `json:"factor_type"`
		Valid      bool     `json:"valid"`
	}{about(MFAVerificationAttempt, address), userID, factorID, factorType, valid}
	var d decision
	if err := h.call(ctx, MFAVerificationAttempt, input, &d); err != nil || d.Decision != reject {
		return err
	}
	if d.Message == "" {
		d.Message = "Further MFA verification attempts will be rejected."
	}
	return autherr.New(http.StatusForbidden, autherr.MFAVerificationRejected, "%s", d.Message)
}

// PasswordVerificationAttempt tells of a password that was tried, right or wrong.
// With an error that rejects it comes whether all sessions of the user are to end.
func (h *Hooks) PasswordVerificationAttempt(ctx context.Context, address, userID string, valid bool) (logout bool, err error) {
	input := struct {
		Metadata metadata `json:"metadata"`
		UserID   string   `json:"user_id"`
		Valid    bool     `json:"valid"`
	}{about(PasswordVerificationAttempt, address), userID, valid}
	var d decision
	if err := h.call(ctx, PasswordVerificationAttempt, input, &d); err != nil || d.Decision != reject {
		return false, err
	}
	if d.Message == "" {
		d.Message = "Further password verification attempts will be rejected."
	}
	return d.Logout, autherr.New(http.StatusBadRequest, autherr.InvalidCredentials, "%s", d.Message)
}

// CustomAccessToken returns the claims that a token is to have instead of those
// given. Numbers in them are json.Number.
func (h *Hooks) CustomAccessToken(ctx context.Context, address, userID string, claims map[string]any, method string) (map[string]any, error) {
	if !h.Enabled(CustomAccessToken) {
		return claims, nil
	}
	input := struct {
		Metadata metadata       `json:"metadata"`
		UserID   string         `json:"user_id"`
		Claims   map[string]any `json:"claims"`
		Method   string         `json:"authentication_method"`
	}{about(CustomAccessToken, address), userID, claims, method}
	var output struct {
		Claims *map[string]any `json:"claims"`
	}
	if err := h.call(ctx, CustomAccessToken, input, &output); err != nil {
		return nil, err
	}
	if output.Claims == nil {
		return nil, unexpected("output claims field is missing")
	}
	return *output.Claims, checkClaims(*output.Claims)
}
