package flow

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/wire"
	"github.com/galleyhq/galley/internal/database"
)

// proof is what somebody shows at /verify.
type proof struct {
	Type       string `json:"type"`
	Token      string `json:"token"`
	TokenHash  string `json:"token_hash"`
	Email      string `json:"email"`
	Phone      string `json:"phone"`
	RedirectTo string `json:"redirect_to"`

	hashes [2]string
	wrong  error // what a proof of nothing is answered with
}

// firstOfTwo is the answer to the first of two confirmations of a change.
const firstOfTwo = "Confirmation link accepted. Please proceed to confirm link sent to the other email"

// tokens are the types of auth.one_time_tokens that a type of /verify means.
func tokens(kind string) ([2]string, bool) {
	switch kind {
	case "signup", "invite", "sms":
		return [2]string{store.ConfirmationToken, store.ConfirmationToken}, true
	case "recovery", "magiclink":
		return [2]string{store.RecoveryToken, store.RecoveryToken}, true
	case "email":
		return [2]string{store.ConfirmationToken, store.RecoveryToken}, true
	case "email_change":
		return [2]string{store.EmailChangeTokenNew, store.EmailChangeTokenCurrent}, true
	case "phone_change":
		return [2]string{store.PhoneChangeToken, store.PhoneChangeToken}, true
	}
	return [2]string{}, false
}

func (p *proof) byPhone() bool { return p.Type == "sms" || p.Type == "phone_change" }

// check makes hashes of what was shown.
func (f *Flow) check(p *proof) (err error) {
	if p.Type == "" {
		return core.Invalid("Verify requires a verification type")
	}
	if _, ok := tokens(p.Type); !ok {
		return core.Invalid("Unsupported verification type")
	}
	if (p.Token == "") == (p.TokenHash == "") {
		return core.Invalid("Verify requires either a token or a token hash")
	}
	if p.TokenHash != "" {
		if p.Email != "" || p.Phone != "" {
			return core.Invalid("Only the token_hash and type should be provided")
		}
		p.hashes = [2]string{core.Kept(p.TokenHash), core.Kept(p.TokenHash)}
		p.wrong = autherr.New(http.StatusForbidden, autherr.OTPExpired, "Email link is invalid or has expired")
		return nil
	}
	p.wrong = autherr.New(http.StatusForbidden, autherr.OTPExpired, "Token has expired or is invalid")
	to := ""
	switch {
	case p.byPhone() && p.Phone != "":
		p.Phone, err = core.Phone(p.Phone)
		to = p.Phone
	case !p.byPhone() && p.Email != "":
		p.Email, err = core.Email(p.Email)
		to = p.Email
	default:
		return core.Invalid("Only an email address or phone number should be provided on verify")
	}
	link := f.LinkOf(to, p.Token)
	p.hashes = [2]string{core.Kept(link), core.Kept(core.WithPKCE(link))}
	return err
}

// find returns the token that a proof is of, and its user; nil when there is none
// that is still good.
func (f *Flow) find(ctx context.Context, p *proof) (*store.OneTimeToken, *store.User, error) {
	kinds, _ := tokens(p.Type)
	t, err := store.OneTimeTokenByHash(ctx, f.Owner(), p.hashes, kinds)
	if err != nil || t == nil {
		return nil, nil, err
	}
	kind := Confirmation()
	if p.byPhone() {
		kind = PhoneConfirmation()
	}
	if f.Now().After(t.CreatedAt.Add(f.expiry(kind))) {
		return nil, nil, nil
	}
	u, err := store.UserByID(ctx, f.Owner(), t.UserID)
	if u != nil && !meant(p, t, u) {
		return nil, nil, err
	}
	if err == nil && u != nil && u.Banned(f.Now()) {
		err = autherr.New(http.StatusForbidden, autherr.UserBanned, "User is banned")
	}
	if err != nil || u == nil {
		return nil, nil, err
	}
	return t, u, nil
}

// meant tells whether a token was sent to what it is shown for: one of a mail proves
// no number, and one that went to an address the user had before proves nothing.
func meant(p *proof, t *store.OneTimeToken, u *store.User) bool {
	if u.DeletedAt != nil {
		return false
	}
	want := u.Email
	switch {
	case p.Type == "sms":
		want = u.Phone
	case t.Type == store.PhoneChangeToken:
		want = u.PhoneChange
	case t.Type == store.EmailChangeTokenNew:
		want = u.EmailChange
	}
	return want != "" && strings.EqualFold(t.RelatesTo, want)
}

// prove finds the token of a proof. Typed codes are counted, as they can be guessed.
func (f *Flow) prove(ctx context.Context, r *http.Request, p *proof) (t *store.OneTimeToken, u *store.User, err error) {
	if p.TokenHash != "" {
		if t, u, err = f.find(ctx, p); err == nil && t == nil {
			err = p.wrong
		}
		return t, u, err
	}
	err = f.Try(ctx, core.CodesFor(p.Email+p.Phone), p.wrong, func() (bool, error) {
		var err error
		t, u, err = f.find(ctx, p)
		if err == nil && t == nil {
			err = f.audit(ctx, f.Owner(), r, nil, store.LoginFailed, store.Object{"reason": "code", "type": p.Type})
		}
		return t != nil, err
	})
	return t, u, err
}

// use takes the token of a proof and does what it stands for. done is false after
// the first of two confirmations.
func (f *Flow) use(ctx context.Context, tx database.Tx, r *http.Request, p *proof, t *store.OneTimeToken, u *store.User) (done bool, err error) {
	taken, err := store.TakeOneTimeToken(ctx, tx, t)
	if err != nil {
		return false, err
	}
	if !taken {
		return false, p.wrong
	}
	switch {
	case p.Type == "email_change":
		return f.useEmailChange(ctx, tx, r, u)
	case p.Type == "phone_change":
		err = f.audit(ctx, tx, r, u, store.UserModified, nil)
		if err == nil {
			err = f.ChangePhone(ctx, tx, u)
		}
	case p.Type == "sms":
		err = f.audit(ctx, tx, r, u, store.UserSignedUp, store.Object{"provider": "phone"})
		if err == nil {
			err = f.ConfirmPhone(ctx, tx, u)
		}
	case u.EmailConfirmedAt == nil:
		if t.Type == store.RecoveryToken { // whoever signed up need not be who owns the address
			if err := store.UpdateUser(ctx, tx, u, f.Time(), store.Set("encrypted_password", "")); err != nil {
				return false, err
			}
		}
		err = f.audit(ctx, tx, r, u, store.UserSignedUp, store.Object{"provider": "email"})
		if err == nil {
			err = f.ConfirmEmail(ctx, tx, u)
		}
	default:
		err = f.audit(ctx, tx, r, u, store.Login, nil)
		if err == nil {
			err = store.DeleteOneTimeTokens(ctx, tx, u.ID)
		}
	}
	if err == nil {
		err = store.RefreshProviders(ctx, tx, u, f.Time())
	}
	return true, err
}

func (f *Flow) useEmailChange(ctx context.Context, tx database.Tx, r *http.Request, u *store.User) (bool, error) {
	if f.Auth().Email.DoubleConfirm && u.Email != "" && u.EmailChangeStatus == 0 {
		return false, store.UpdateUser(ctx, tx, u, f.Time(), store.Set("email_change_confirm_status", 1))
	}
	if err := f.audit(ctx, tx, r, u, store.UserModified, nil); err != nil {
		return false, err
	}
	if err := f.ChangeEmail(ctx, tx, u); err != nil {
		return false, err
	}
	return true, store.RefreshProviders(ctx, tx, u, f.Time())
}

// verifyPost is POST /verify.
func (f *Flow) verifyPost(w http.ResponseWriter, r *http.Request) error {
	var p proof
	if err := core.Read(r, &p); err != nil {
		return err
	}
	if err := f.check(&p); err != nil {
		return err
	}
	out, _, err := f.verify(r, &p, false)
	if err != nil {
		return err
	}
	if out == nil {
		return core.JSON(w, map[string]string{"msg": firstOfTwo, "code": strconv.Itoa(http.StatusOK)})
	}
	return core.JSON(w, out)
}

// verify proves and begins a session, or makes a code for a client. Both are
// missing after the first of two confirmations.
func (f *Flow) verify(r *http.Request, p *proof, forCode bool) (out *wire.Tokens, code string, err error) {
	ctx := r.Context()
	if err := f.Allow(ctx, "token_verifications", f.Address(r)); err != nil {
		return nil, "", err
	}
	t, u, err := f.prove(ctx, r, p)
	if err != nil {
		return nil, "", err
	}
	err = f.InTx(ctx, func(tx database.Tx) error {
		done, err := f.use(ctx, tx, r, p, t, u)
		switch {
		case err != nil || !done:
			return err
		case forCode:
			code, err = f.issueCode(ctx, tx, u, methodOf(p.Type, t.Type))
		default:
			out, err = f.Sessions.Issue(ctx, tx, u, f.From(r, "otp"))
		}
		return err
	})
	return out, code, err
}

// methodOf is the method of the flow that a link of a type at /verify belongs to.
func methodOf(kind, token string) string {
	switch {
	case kind == "signup", kind == "email" && token == store.ConfirmationToken:
		return methodSignup
	case kind == "email":
		return methodMagicLink
	}
	return kind
}

// issueCode makes the code of the newest flow that the user's client began by a
// method: another browser that asked for another kind of link does not get it.
func (f *Flow) issueCode(ctx context.Context, tx database.Tx, u *store.User, method string) (string, error) {
	flow, err := store.NewestFlow(ctx, tx, u.ID, method)
	if err != nil {
		return "", err
	}
	if flow == nil {
		return "", autherr.New(http.StatusBadRequest, autherr.FlowStateNotFound, "No associated flow state found.")
	}
	return f.codeFor(ctx, tx, flow)
}

// codeFor makes the code that a flow ends in.
func (f *Flow) codeFor(ctx context.Context, tx database.Tx, flow *store.FlowState) (string, error) {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	code, now := hex.EncodeToString(b[:]), f.Time()
	_, err := store.UpdateFlowState(ctx, tx, flow.ID, now, store.Set("auth_code", core.Kept(code)), store.Set("auth_code_issued_at", now))
	return code, err
}

// verifyGet is GET /verify, where links in mail lead to.
func (f *Flow) verifyGet(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if q.Get("type") == unlockType {
		return f.unlock(w, r, q.Get("token"))
	}
	p := proof{Type: q.Get("type"), TokenHash: q.Get("token")}
	if p.TokenHash == "" {
		p.TokenHash = q.Get("token_hash")
	}
	if p.TokenHash == "" {
		return core.Invalid("Verify requires a token or a token hash")
	}
	to, forCode := f.Redirect(r, ""), core.IsPKCE(p.TokenHash)
	if err := f.check(&p); err != nil {
		return err
	}
	out, code, err := f.verify(r, &p, forCode)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, landing(to, p.Type, out, code, err, forCode), http.StatusSeeOther)
	return nil
}

// flowAge is how long a client has for exchanging a code.
const flowAge = 5 * time.Minute
