// Package external is the handlers of sign-in through other parties: /authorize and
// /callback, ID tokens that apps bring, and linking identities to an account and
// taking them from it. Package provider talks to the parties; who is whom is decided
// here, by GoTrue's rules.
//
// The state that a browser carries is the id of a row of auth.flow_state, which the
// callback removes: it is good once, in the browser that left with it or for the
// client that knows the verifier. The secret of a sign-in is made from it by the
// project's key, so that it is kept nowhere.
package external

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/flow"
	"github.com/galleyhq/galley/internal/auth/provider"
	"github.com/galleyhq/galley/internal/auth/signing"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/outgoing"
)

// stateAge is how long a browser may stay with the provider.
const stateAge = 5 * time.Minute

// method is how somebody signed in, in the words of amr.
const method = "oauth"

// Handlers are those of this package.
type Handlers struct {
	*core.Core
	flow      *flow.Flow
	providers *provider.Set
	key       []byte // that secrets of sign-ins are made with
}

// New returns them, or what is wrong with the providers of the settings.
func New(c *core.Core, f *flow.Flow, g *outgoing.Guard) (*Handlers, error) {
	var list []provider.Config
	for name, p := range c.Auth().External {
		key, err := privateKey(c.Settings.Project, p.PrivateKey)
		if err != nil {
			return nil, config.Problems{{Key: "auth.external." + name + ".private_key", Message: err.Error()}}
		}
		p.PrivateKey = key
		list = append(list, configOf(name, p))
	}
	set, err := provider.New(provider.Options{Providers: list, Guard: g, Callback: c.URL + "/auth/v1/callback", Now: c.Now})
	if err != nil {
		return nil, config.Problems{{Key: "auth.external", Message: err.Error()}}
	}
	return &Handlers{Core: c, flow: f, providers: set, key: signing.Derive(c.Secret, "sign-in with other parties")}, nil
}

// privateKey is the PEM that a setting is, or that the file has which it names.
func privateKey(project, text string) (string, error) {
	text = strings.ReplaceAll(text, `\n`, "\n") // as variables of the environment have it
	if text == "" || strings.HasPrefix(strings.TrimSpace(text), "-----BEGIN ") {
		return text, nil
	}
	if !filepath.IsAbs(text) {
		text = filepath.Join(project, text)
	}
	raw, err := os.ReadFile(text)
	return string(raw), err
}

// configOf makes a provider of a section [auth.external.NAME]. Of one that is not
// known by name the address is the issuer's.
func configOf(name string, p config.Provider) provider.Config {
	out := provider.Config{Name: name, Enabled: p.Enabled, ClientIDs: fields(p.ClientID), Secret: p.Secret, RedirectURI: p.RedirectURI,
		Scopes: fields(p.Scopes), SkipNonceCheck: p.SkipNonce, EmailOptional: p.EmailOptional,
		CustomClaims: fields(p.CustomClaims), Apple: provider.AppleKey{TeamID: p.TeamID, KeyID: p.KeyID, PrivateKey: p.PrivateKey}}
	if provider.Known(name) {
		out.URL = p.URL
	} else {
		out.Issuer = p.URL
	}
	return out
}

func fields(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// Routes are the paths below /auth/v1, for http.ServeMux.
func (h *Handlers) Routes() map[string]autherr.Handler {
	return map[string]autherr.Handler{
		"GET /authorize":                 h.authorize,
		"GET /callback":                  h.callback,
		"POST /callback":                 h.callback,
		"GET /user/identities/authorize": h.linkIdentity,
		"DELETE /user/identities/{id}":   h.unlink,
	}
}

// secretOf makes the secret of a sign-in out of its state.
func (h *Handlers) secretOf(state string) string {
	mac := hmac.New(sha256.New, h.key)
	mac.Write([]byte(state))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// authorize is GET /authorize.
func (h *Handlers) authorize(w http.ResponseWriter, r *http.Request) error {
	return h.leave(w, r, nil)
}

// linkIdentity is GET /user/identities/authorize.
func (h *Handlers) linkIdentity(w http.ResponseWriter, r *http.Request) error {
	if err := h.mayLink(); err != nil {
		return err
	}
	caller, err := h.Caller(r)
	if err != nil {
		return err
	}
	return h.leave(w, r, caller.User)
}

func (h *Handlers) mayLink() error {
	if !h.Auth().ManualLinking {
		return autherr.New(http.StatusNotFound, autherr.ManualLinkingDisabled, "Manual linking is disabled")
	}
	return nil
}

// leave sends a browser to a provider, or tells where it is to go.
func (h *Handlers) leave(w http.ResponseWriter, r *http.Request, target *store.User) error {
	q := r.URL.Query()
	p, err := h.providers.Find(q.Get("provider"))
	if err != nil {
		return core.Invalid("Unsupported provider: %v", err)
	}
	challenge := flow.PKCE{Challenge: q.Get("code_challenge"), Method: q.Get("code_challenge_method")}
	if err := challenge.Check(); err != nil {
		return err
	}
	state := &store.FlowState{Challenge: challenge.Challenge, ChallengeMethod: strings.ToLower(challenge.Method), ProviderType: p.Name,
		Method: method, Referrer: h.Redirect(r, ""), EmailOptional: p.EmailOptional}
	if target != nil {
		state.LinkingTargetID = target.ID
	}
	if err := h.Allow(r.Context(), "sign_in_sign_ups", h.Address(r)); err != nil {
		return err
	}
	ties := bound(state, p)
	if at := elsewhere(r, p, state.Referrer); ties && at != "" {
		return goOn(w, r, at)
	}
	if token := q.Get("invite_token"); token != "" && target == nil {
		state.InviteToken = core.Kept(token)
		if _, _, err := h.flow.FindInvite(r.Context(), h.Owner(), state.InviteToken); err != nil {
			return err
		}
	}
	if err := store.InsertFlowState(r.Context(), h.Owner(), state, h.Time()); err != nil {
		return err
	}
	carried := state.ID
	if ties {
		carried = h.mark(w, r, p, state.ID)
	}
	begun, err := p.Start(r.Context(), provider.Request{State: carried, Scopes: q.Get("scopes"), More: q, Verifier: h.secretOf(state.ID)})
	if err != nil {
		return autherr.New(http.StatusInternalServerError, autherr.UnexpectedFailure, "The provider %s cannot be reached", p.Name).Because(err)
	}
	if target != nil && q.Get("skip_http_redirect") == "true" {
		return core.JSON(w, map[string]string{"url": begun.URL})
	}
	return goOn(w, r, begun.URL)
}

// goOn sends a browser on; nobody learns where it was.
func goOn(w http.ResponseWriter, r *http.Request, to string) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, http.StatusFound)
	return nil
}

// idTokenBody is the body of POST /token?grant_type=id_token.
type idTokenBody struct {
	core.Security
	IDToken     string `json:"id_token"`
	AccessToken string `json:"access_token"`
	Nonce       string `json:"nonce"`
	Provider    string `json:"provider"`
	ClientID    string `json:"client_id"`
	Issuer      string `json:"issuer"`
	Link        bool   `json:"link_identity"`
}

// IDToken is POST /token?grant_type=id_token.
func (h *Handlers) IDToken(w http.ResponseWriter, r *http.Request) error {
	var b idTokenBody
	if err := core.Read(r, &b); err != nil {
		return err
	}
	if err := h.Allow(r.Context(), "token_refresh", h.Address(r)); err != nil {
		return err
	}
	if err := h.Human(r.Context(), b.Meta.CaptchaToken, h.Address(r)); err != nil {
		return err
	}
	var target *store.User
	if b.Link {
		if err := h.mayLink(); err != nil {
			return err
		}
		caller, err := h.Caller(r)
		if err != nil {
			return err
		}
		target = caller.User
	}
	p, person, err := h.providers.ByIDToken(r.Context(), provider.IDToken{Provider: b.Provider, Issuer: b.Issuer, Token: b.IDToken,
		AccessToken: b.AccessToken, Nonce: b.Nonce})
	if err != nil {
		return problem(err)
	}
	a := &arrival{Handlers: h, r: r, provider: p.Name, emailOptional: p.EmailOptional, person: person, target: target}
	if err := a.run(r.Context(), a.issue); err != nil {
		return err
	}
	return core.JSON(w, a.tokens)
}

// problem is the answer to an ID token that is not taken.
func problem(err error) error {
	p, ok := errors.AsType[*provider.Problem](err)
	switch {
	case !ok:
		return err
	case p.OAuth != "":
		return autherr.OAuth(p.OAuth, "%s", p.Description).Because(err)
	}
	return autherr.New(http.StatusBadRequest, p.Code, "%s", p.Description)
}

// issue begins a session for who arrived.
func (a *arrival) issue(ctx context.Context, tx database.Tx) (err error) {
	a.tokens, err = a.Sessions.Issue(ctx, tx, a.user, a.From(a.r, method))
	return err
}
