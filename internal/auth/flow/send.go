// Package flow is the ways in that go by one-time codes and links: confirmation of
// an address or a number, recovery, magic links, codes, changes of address. A way
// begins with Send, in the transaction of the request, and ends at /verify.
//
//	f := flow.New(c)
//	err := f.Send(ctx, tx, user, flow.Confirmation, flow.To{Address: user.Email, Redirect: c.Redirect(r, "")})
package flow

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/wire"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Flow is the flows of a project.
type Flow struct{ *core.Core }

// New returns them. What locks an account is told to its owner by them.
func New(c *core.Core) *Flow {
	f := &Flow{c}
	c.OnLock(f.tellLocked)
	return f
}

// Kind is one of the ways that a code goes.
type Kind struct {
	Token    string // of auth.one_time_tokens
	Template string // of the mail
	Verify   string // the type at /verify
	sent     func(*store.User) *store.Time
	column   string // when one was sent
}

func confirmationSent(u *store.User) *store.Time { return u.ConfirmationSentAt }
func recoverySent(u *store.User) *store.Time     { return u.RecoverySentAt }
func emailChangeSent(u *store.User) *store.Time  { return u.EmailChangeSentAt }
func phoneChangeSent(u *store.User) *store.Time  { return u.PhoneChangeSentAt }
func reauthSent(u *store.User) *store.Time       { return u.ReauthSentAt }

// Confirmation proves the address of somebody who signed up.
func Confirmation() Kind {
	return Kind{store.ConfirmationToken, "confirmation", "signup", confirmationSent, "confirmation_sent_at"}
}

// Invite is Confirmation for somebody whom the admin invited.
func Invite() Kind {
	return Kind{store.ConfirmationToken, "invite", "invite", confirmationSent, "confirmation_sent_at"}
}

// Recovery lets somebody in who forgot the password.
func Recovery() Kind {
	return Kind{store.RecoveryToken, "recovery", "recovery", recoverySent, "recovery_sent_at"}
}

// MagicLink lets somebody in who has an account.
func MagicLink() Kind {
	return Kind{store.RecoveryToken, "magic_link", "magiclink", recoverySent, "recovery_sent_at"}
}

// EmailChangeNew and EmailChangeCurrent prove both ends of a change of address.
func EmailChangeNew() Kind {
	return Kind{store.EmailChangeTokenNew, "email_change", "email_change", emailChangeSent, "email_change_sent_at"}
}

// EmailChangeCurrent is sent to the address until then.
func EmailChangeCurrent() Kind {
	return Kind{store.EmailChangeTokenCurrent, "email_change", "email_change", emailChangeSent, "email_change_sent_at"}
}

// Reauthentication proves anew who somebody is, before a change of password.
func Reauthentication() Kind {
	return Kind{store.ReauthenticationToken, "reauthentication", "reauthentication", reauthSent, "reauthentication_sent_at"}
}

// PhoneReauthentication is Reauthentication by SMS.
func PhoneReauthentication() Kind {
	return Kind{store.ReauthenticationToken, "", "reauthentication", reauthSent, "reauthentication_sent_at"}
}

// PhoneConfirmation proves a number, and lets somebody in by it.
func PhoneConfirmation() Kind {
	return Kind{store.ConfirmationToken, "", "sms", confirmationSent, "confirmation_sent_at"}
}

// PhoneChange proves a new number.
func PhoneChange() Kind {
	return Kind{store.PhoneChangeToken, "", "phone_change", phoneChangeSent, "phone_change_sent_at"}
}

// To is where a code goes.
type To struct {
	Address  string // or a number's digits
	Redirect string // where its link ends
	PKCE     bool   // in a code, not in tokens
}

// Soon refuses a second code of a kind in short order.
func (f *Flow) Soon(u *store.User, k Kind) error {
	every, code := f.Auth().Email.MaxFrequency, autherr.OverEmailSendRateLimit
	if k.Template == "" {
		every, code = f.Auth().SMS.MaxFrequency, autherr.OverSMSSendRateLimit
	}
	sent := k.sent(u)
	if sent == nil {
		return nil
	}
	if left := sent.Add(every).Sub(f.Now()); left > 0 {
		n := int(math.Ceil(left.Seconds()))
		return autherr.TooMany(code, n, "For security purposes, you can only request this after %d seconds.", n)
	}
	return nil
}

// MaySend counts a message of a kind against the project's limit of messages. It
// comes before the transaction that sends: the counts are written by others too.
func (f *Flow) MaySend(ctx context.Context, k Kind, address string) error {
	if k.Template != "" {
		return f.Allow(ctx, "email_sent", "")
	}
	if _, test := f.testCode(address); test {
		return nil
	}
	return f.Allow(ctx, "sms_sent", "")
}

// MayChangeEmail counts the mails of a change of address.
func (f *Flow) MayChangeEmail(ctx context.Context, u *store.User) error {
	if f.Auth().Email.DoubleConfirm && u.Email != "" {
		if err := f.MaySend(ctx, EmailChangeCurrent(), u.Email); err != nil {
			return err
		}
	}
	return f.MaySend(ctx, EmailChangeNew(), u.EmailChange)
}

// Send makes a code, keeps its hash and sends it, by mail or, for the kinds of
// numbers, by SMS. An earlier one of its kind is good no more. MaySend comes before
// it, in front of the transaction.
func (f *Flow) Send(ctx context.Context, tx database.Querier, u *store.User, k Kind, to To) error {
	if err := f.Soon(u, k); err != nil {
		return err
	}
	return f.send(ctx, tx, u, k, to)
}

func (f *Flow) send(ctx context.Context, tx database.Querier, u *store.User, k Kind, to To) error {
	if k.Template == "" {
		return f.sendSMS(ctx, tx, u, k, to, f.Time())
	}
	m, _, err := f.compose(ctx, tx, u, k, to)
	if err != nil {
		return err
	}
	return f.Messages.SendMail(ctx, tx, m)
}

// compose makes a code and the mail with it.
func (f *Flow) compose(ctx context.Context, tx database.Querier, u *store.User, k Kind, to To) (core.Mail, core.Code, error) {
	made, err := f.Make(ctx, tx, u, k, to)
	if err != nil {
		return core.Mail{}, core.Code{}, err
	}
	m := core.Mail{User: u, To: to.Address, Template: k.Template, Token: made.Digits, TokenHash: made.Link, Email: u.Email, NewEmail: u.EmailChange,
		RedirectTo: to.Redirect, Data: u.UserMetaData, ExpiresAt: f.Time().Add(f.expiry(k))}
	if k.Token != store.ReauthenticationToken { // it has no link
		m.ConfirmationURL = made.URL
	}
	return m, made.Code, nil
}

// Made is a code and the link that does the same.
type Made struct {
	core.Code
	URL string
}

// Make makes a code of a kind that goes by mail and keeps its hash, for whoever
// sends it.
func (f *Flow) Make(ctx context.Context, tx database.Querier, u *store.User, k Kind, to To) (Made, error) {
	code, now := f.NewCode(f.Auth().Email.OTPLength, to.Address, to.PKCE), f.Time()
	if err := store.PutOneTimeToken(ctx, tx, u.ID, k.Token, code.Kept, to.Address, now); err != nil {
		return Made{}, err
	}
	if err := store.UpdateUser(ctx, tx, u, now, store.Set(k.column, now)); err != nil {
		return Made{}, err
	}
	// In GoTrue's order, which clients look at; token and type need no escaping.
	q := "token=" + code.Link + "&type=" + k.Verify + "&redirect_to=" + url.QueryEscape(to.Redirect)
	return Made{code, f.URL + "/auth/v1/verify?" + q}, nil
}

// SendInvite sends an invitation, which an admin may repeat at once.
func (f *Flow) SendInvite(ctx context.Context, tx database.Querier, u *store.User, redirect string) error {
	if err := store.UpdateUser(ctx, tx, u, f.Time(), store.Set("invited_at", f.Time())); err != nil {
		return err
	}
	return f.send(ctx, tx, u, Invite(), To{Address: u.Email, Redirect: redirect})
}

func (f *Flow) sendSMS(ctx context.Context, tx database.Querier, u *store.User, k Kind, to To, now time.Time) error {
	code := f.NewCode(f.Auth().SMS.OTPLength, to.Address, false)
	fixed, test := f.testCode(to.Address)
	if test {
		code = core.Code{Digits: fixed, Kept: core.Kept(f.LinkOf(to.Address, fixed))}
	}
	if err := store.PutOneTimeToken(ctx, tx, u.ID, k.Token, code.Kept, to.Address, now); err != nil {
		return err
	}
	if err := store.UpdateUser(ctx, tx, u, now, store.Set(k.column, now)); err != nil || test {
		return err
	}
	if f.Settings.SMS.Chosen() == "none" {
		return autherr.New(http.StatusInternalServerError, autherr.UnexpectedFailure, "Unable to get SMS provider")
	}
	text := strings.NewReplacer("{{ .Code }}", code.Digits, "{{.Code}}", code.Digits).Replace(f.Auth().SMS.Template)
	user, err := json.Marshal(wire.UserOf(u))
	if err != nil {
		return fault.Internal(err)
	}
	return f.Messages.SendSMS(ctx, tx, core.SMS{To: to.Address, Text: text, Code: code.Digits, User: user, ExpiresAt: now.Add(f.expiry(k))})
}

// testCode is the code of a number of sms.test_numbers, which nothing is sent to.
func (f *Flow) testCode(phone string) (string, bool) {
	for _, entry := range f.Settings.SMS.TestNumbers {
		if n, code, ok := strings.Cut(entry, "="); ok && strings.TrimPrefix(n, "+") == phone {
			return code, true
		}
	}
	return "", false
}

// expiry is how long a code of a kind is good for.
func (f *Flow) expiry(k Kind) time.Duration {
	n := f.Auth().Email.OTPExpiry
	if k.Template == "" {
		n = f.Auth().SMS.OTPExpiry
	}
	return time.Duration(n) * time.Second
}

// The methods of flows that do not have the name of a type at /verify.
const (
	methodSignup    = "email/signup"
	methodMagicLink = "magiclink"
)

// Begin notes the challenge of a client that wants a code at the end of a link
// (RFC 7636), and tells whether it does.
func (f *Flow) Begin(ctx context.Context, tx database.Querier, u *store.User, method string, p PKCE) (bool, error) {
	if p.Challenge == "" {
		return false, nil
	}
	return true, store.InsertFlowState(ctx, tx, &store.FlowState{UserID: u.ID, Challenge: p.Challenge,
		ChallengeMethod: strings.ToLower(p.Method), ProviderType: method, Method: method}, f.Time())
}

// PKCE is the part of a body that carries a client's challenge.
type PKCE struct {
	Challenge string `json:"code_challenge"`
	Method    string `json:"code_challenge_method"`
}

// unreserved are the characters of a challenge (RFC 7636, section 4.2).
const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

// Check refuses a challenge that is none.
func (p PKCE) Check() error {
	switch {
	case (p.Challenge == "") != (p.Method == ""):
		return core.Invalid("PKCE flow requires code_challenge_method and code_challenge")
	case p.Challenge == "":
		return nil
	case len(p.Challenge) < 43 || len(p.Challenge) > 128:
		return core.Invalid("code challenge has to be between %d and %d characters", 43, 128)
	case strings.Trim(p.Challenge, unreserved) != "":
		return core.Invalid("code challenge can only contain alphanumeric characters, hyphens, periods, underscores and tildes")
	case !strings.EqualFold(p.Method, "s256") && !strings.EqualFold(p.Method, "plain"):
		return core.Invalid("code_challenge_method must be s256 or plain")
	}
	return nil
}
