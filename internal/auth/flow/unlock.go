package flow

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/redirect"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
)

// unlockType is the type at GET /verify of the link that opens a locked account.
const unlockType = "unlock"

// unlockSubject is what wrong attempts were counted at: the address or the number of
// an account, "" when the secret is of something else.
func unlockSubject(secret string) string {
	for _, of := range []func(string) string{core.PasswordOf, core.CodesFor} {
		if account, ok := strings.CutPrefix(secret, of("")); ok {
			return account
		}
	}
	return ""
}

// unlockPatience is how long the mail may take to be queued.
const unlockPatience = 30 * time.Second

// tellLocked sends the owner of an account that guesses have locked a link that
// opens it. The answer to the guess does not wait for it: whether there is such an
// account is not to be told by the time it takes.
func (f *Flow) tellLocked(ctx context.Context, secret string) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), unlockPatience)
	go func() {
		defer done()
		defer func() {
			if p := recover(); p != nil {
				f.Logger.ErrorContext(ctx, "auth: panic while the owner of a locked account was told", "panic", p, "stack", string(debug.Stack()))
			}
		}()
		if err := f.sendUnlock(ctx, unlockSubject(secret)); err != nil {
			f.Logger.WarnContext(ctx, "auth: the owner of a locked account was not told", "error", err)
		}
	}()
}

func (f *Flow) sendUnlock(ctx context.Context, account string) error {
	if account == "" {
		return nil
	}
	find := store.UserByPhone
	if strings.Contains(account, "@") {
		find = store.UserByEmail
	}
	u, err := find(ctx, f.Owner(), account)
	if err != nil || u == nil || u.Email == "" || u.EmailConfirmedAt == nil || u.Banned(f.Now()) {
		return err
	}
	if err := f.Allow(ctx, "email_sent", ""); err != nil {
		return err
	}
	expires := f.Time().Add(time.Duration(f.Auth().Email.OTPExpiry) * time.Second)
	q := url.Values{"token": {f.unlockToken(u.ID, expires)}, "type": {unlockType}, "redirect_to": {f.SiteURL()}}
	return f.InTx(ctx, func(tx database.Tx) error {
		if err := store.Audit(ctx, tx, u, store.Entry{Action: store.AccountLocked}, f.Time()); err != nil {
			return err
		}
		return f.Messages.SendMail(ctx, tx, core.Mail{To: u.Email, Template: "unlock", Email: u.Email, Data: u.UserMetaData, ExpiresAt: expires,
			RedirectTo: f.SiteURL(), ConfirmationURL: f.URL + "/auth/v1/verify?" + q.Encode()})
	})
}

// unlockToken is what the link carries: who may be opened until when, and a proof
// that this server wrote it.
func (f *Flow) unlockToken(userID string, expires time.Time) string {
	text := userID + "." + strconv.FormatInt(expires.Unix(), 10)
	return text + "." + f.unlockProof(text)
}

func (f *Flow) unlockProof(text string) string {
	sum := sha256.Sum256([]byte(f.LinkOf(unlockType, text)))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// unlocks returns whom a token opens; nil when it is none, or too old.
func (f *Flow) unlocks(ctx context.Context, token string) (*store.User, error) {
	text, proof, _ := cutLast(token)
	id, until, _ := cutLast(text)
	seconds, err := strconv.ParseInt(until, 10, 64)
	if err != nil || !hmac.Equal([]byte(proof), []byte(f.unlockProof(text))) || f.Now().Unix() > seconds || !core.IsUUID(id) {
		return nil, nil
	}
	return store.UserByID(ctx, f.Owner(), id)
}

func cutLast(text string) (before, after string, found bool) {
	i := strings.LastIndexByte(text, '.')
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}

// unlock is GET /verify?type=unlock: it forgets the wrong attempts at an account.
// Each link does so once.
func (f *Flow) unlock(w http.ResponseWriter, r *http.Request, token string) error {
	to := f.Redirect(r, "")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	if err := f.open(r, token); err != nil {
		http.Redirect(w, r, landing(to, unlockType, nil, "", err, false), http.StatusSeeOther)
		return nil
	}
	at, err := redirect.WithFragment(to, url.Values{"message": {"The account is open again. Please sign in."}, "sb": {""}})
	if err != nil {
		return err
	}
	http.Redirect(w, r, at, http.StatusSeeOther)
	return nil
}

func (f *Flow) open(r *http.Request, token string) error {
	ctx := r.Context()
	if err := f.Allow(ctx, "token_verifications", f.Address(r)); err != nil {
		return err
	}
	u, err := f.unlocks(ctx, token)
	if err != nil {
		return err
	}
	wrong := autherr.New(http.StatusForbidden, autherr.OTPExpired, "Email link is invalid or has expired")
	if u == nil {
		return wrong
	}
	// Longer than any link is good for.
	first, err := f.Once(ctx, unlockType, token, 2*time.Duration(f.Auth().Email.OTPExpiry)*time.Second)
	if err != nil {
		return err
	}
	if !first {
		return wrong
	}
	for _, account := range []string{u.Email, u.Phone} {
		if account == "" || f.Limits == nil {
			continue
		}
		err := cmp.Or(f.Limits.Succeeded(ctx, core.PasswordOf(account)), f.Limits.Succeeded(ctx, core.CodesFor(account)))
		if err != nil {
			return err
		}
	}
	return f.audit(ctx, f.Owner(), r, u, store.AccountUnlocked, nil)
}
