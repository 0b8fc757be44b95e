package external

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/provider"
	"github.com/galleyhq/galley/internal/auth/redirect"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/httpapi"
)

// callback is GET and, for providers that send a form, POST /callback.
func (h *Handlers) callback(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	q := r.URL.Query()
	if r.Method == http.MethodPost {
		if err := r.ParseForm(); err != nil {
			return core.Invalid("The form cannot be read")
		}
		q = r.PostForm
	}
	state, err := h.take(r, q.Get("state"))
	if err != nil {
		return turnBack(w, r, h.SiteURL(), http.StatusSeeOther, err)
	}
	to := state.Referrer
	if to == "" {
		to = h.SiteURL()
	}
	at, err := h.arrive(r, state, q, to)
	if err != nil {
		return turnBack(w, r, to, http.StatusFound, err)
	}
	http.Redirect(w, r, at, http.StatusFound)
	return nil
}

// take removes the flow of a state: nobody comes back with it a second time.
func (h *Handlers) take(r *http.Request, state string) (*store.FlowState, error) {
	id, proof, _ := strings.Cut(state, ".")
	switch {
	case state == "":
		return nil, autherr.New(http.StatusBadRequest, autherr.BadOAuthCallback, "OAuth state parameter missing")
	case !core.IsUUID(id):
		return nil, autherr.New(http.StatusBadRequest, autherr.BadOAuthState, "OAuth state parameter is invalid")
	}
	f, err := store.TakeFlow(r.Context(), h.Owner(), id)
	switch {
	case err != nil:
		return nil, err
	// One that is of another way in, or that has ended in a code already.
	case f == nil || f.Method != method || f.UserID != "":
		return nil, autherr.New(http.StatusBadRequest, autherr.BadOAuthState, "OAuth state not found or expired")
	case h.Now().After(f.CreatedAt.Add(stateAge)):
		return nil, autherr.New(http.StatusBadRequest, autherr.BadOAuthState, "OAuth state has expired")
	}
	// One that is switched off by now is told later, to the app.
	if p, err := h.providers.Find(f.ProviderType); err == nil && bound(f, p) && !h.marked(r, p, f.ID, proof) {
		return nil, autherr.New(http.StatusBadRequest, autherr.BadOAuthState, "OAuth state was begun in another browser")
	}
	return f, nil
}

// arrive signs in who comes back, and returns where the browser goes with it.
func (h *Handlers) arrive(r *http.Request, state *store.FlowState, q url.Values, to string) (string, error) {
	if code := q.Get("error"); code != "" {
		return "", autherr.OAuth(code, "%s", q.Get("error_description"))
	}
	if q.Get("code") == "" {
		return "", autherr.New(http.StatusBadRequest, autherr.BadOAuthCallback, "OAuth callback with missing authorization code missing")
	}
	p, err := h.providers.Find(state.ProviderType)
	if err != nil {
		return "", autherr.New(http.StatusBadRequest, autherr.OAuthProviderNotSupported, "Unsupported provider: %v", err)
	}
	ctx := r.Context()
	in, err := p.Finish(ctx, provider.Callback{Code: q.Get("code"), Issuer: q.Get("iss"), User: q.Get("user"), Verifier: h.secretOf(state.ID)})
	if err != nil {
		return "", autherr.New(http.StatusInternalServerError, autherr.UnexpectedFailure, "Unable to exchange external code").Because(err)
	}
	a := &arrival{Handlers: h, r: r, provider: p.Name, emailOptional: p.EmailOptional, person: in.Person, redirect: to, invite: state.InviteToken}
	if state.LinkingTargetID != "" {
		if a.target, err = store.UserByID(ctx, h.Owner(), state.LinkingTargetID); err != nil {
			return "", err
		}
		if a.target == nil || a.target.DeletedAt != nil {
			return "", autherr.New(http.StatusUnprocessableEntity, autherr.UserNotFound, "Linking target user not found")
		}
	}
	if state.Challenge != "" {
		var code string
		err := a.run(ctx, func(ctx context.Context, tx database.Tx) (err error) {
			code, err = a.issueCode(ctx, tx, state, in)
			return err
		})
		if err != nil {
			return "", err
		}
		return redirect.WithQuery(to, url.Values{"code": {code}})
	}
	if err := a.run(ctx, a.issue); err != nil {
		return "", err
	}
	return redirect.WithFragment(to, a.fragment(in))
}

// issueCode keeps what a client with the verifier is to get for a code.
func (a *arrival) issueCode(ctx context.Context, tx database.Tx, state *store.FlowState, in *provider.SignedIn) (string, error) {
	code, now := rand.Text(), a.Time()
	next := &store.FlowState{UserID: a.user.ID, AuthCode: core.Kept(code), Challenge: state.Challenge, ChallengeMethod: state.ChallengeMethod,
		ProviderType: state.ProviderType, Method: method, Referrer: state.Referrer}
	if err := store.InsertFlowState(ctx, tx, next, now); err != nil {
		return "", err
	}
	_, err := store.UpdateFlowState(ctx, tx, next.ID, now, store.Set("auth_code_issued_at", now),
		store.Set("provider_access_token", in.AccessToken), store.Set("provider_refresh_token", in.RefreshToken))
	return code, err
}

func (a *arrival) fragment(in *provider.SignedIn) url.Values {
	t := a.tokens
	v := url.Values{"access_token": {t.AccessToken}, "token_type": {t.TokenType}, "refresh_token": {t.RefreshToken}, "sb": {""},
		"expires_in": {strconv.FormatInt(t.ExpiresIn, 10)}, "expires_at": {strconv.FormatInt(t.ExpiresAt, 10)}, "provider_token": {in.AccessToken}}
	if in.RefreshToken != "" {
		v.Set("provider_refresh_token", in.RefreshToken)
	}
	return v
}

// turnBack sends a browser back with what went wrong.
func turnBack(w http.ResponseWriter, r *http.Request, to string, status int, err error) error {
	httpapi.Note(r.Context(), err)
	e := autherr.From(err)
	at, err := redirect.Failure{Error: e.OAuthName(), Code: e.Code, Description: e.Message}.URL(to)
	if err != nil {
		return err
	}
	http.Redirect(w, r, at, status)
	return nil
}
