package flow

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/wire"
	"github.com/galleyhq/galley/internal/database"
)

// Exchange is POST /token?grant_type=pkce: a code and its verifier for tokens.
func (f *Flow) Exchange(w http.ResponseWriter, r *http.Request) error {
	var p struct {
		Code     string `json:"auth_code"`
		Verifier string `json:"code_verifier"`
	}
	if err := core.Read(r, &p); err != nil {
		return err
	}
	if p.Code == "" || p.Verifier == "" {
		return core.Invalid("invalid request: both auth code and code verifier should be non-empty")
	}
	ctx := r.Context()
	state, err := store.TakeFlowState(ctx, f.Owner(), core.Kept(p.Code)) // good for one try
	switch {
	case err != nil:
		return err
	case state == nil || state.UserID == "":
		return autherr.New(http.StatusNotFound, autherr.FlowStateNotFound, "invalid flow state, no valid flow state found")
	case state.AuthCodeIssuedAt == nil || f.Now().After(state.AuthCodeIssuedAt.Add(flowAge)):
		return autherr.New(http.StatusUnprocessableEntity, autherr.FlowStateExpired, "invalid flow state, flow state has expired")
	case !answers(state, p.Verifier):
		return autherr.New(http.StatusBadRequest, autherr.BadCodeVerifier, "code challenge does not match previously saved code verifier")
	}
	u, err := store.UserByID(ctx, f.Owner(), state.UserID)
	if err != nil {
		return err
	}
	if u == nil || u.DeletedAt != nil || u.Banned(f.Now()) {
		return autherr.New(http.StatusForbidden, autherr.UserBanned, "User is banned")
	}
	var out *wire.Tokens
	err = f.InTx(ctx, func(tx database.Tx) error {
		if err := f.audit(ctx, tx, r, u, store.Login, store.Object{"provider_type": state.ProviderType}); err != nil {
			return err
		}
		if state.ProviderType == handedOver {
			out, err = f.takeOver(ctx, tx, u, state.Referrer)
			return err
		}
		out, err = f.Sessions.Issue(ctx, tx, u, f.From(r, state.Method))
		return err
	})
	if err != nil {
		return err
	}
	out.ProviderToken, out.ProviderRefreshToken = state.ProviderAccessToken, state.ProviderRefreshToken
	return core.JSON(w, out)
}

// handedOver is the provider type of a flow that ends in a session that is there;
// the flow's referrer is its id.
const handedOver = "session"

// HandOver makes a code by which another client takes the caller's session over,
// with the factors that were proven in it.
func (f *Flow) HandOver(ctx context.Context, caller *core.Caller, p PKCE) (string, error) {
	if err := p.Check(); err != nil {
		return "", err
	}
	if p.Challenge == "" || caller.Session == nil {
		return "", core.Invalid("A session is handed over for a code_challenge only")
	}
	state := &store.FlowState{UserID: caller.User.ID, Challenge: p.Challenge, ChallengeMethod: strings.ToLower(p.Method),
		ProviderType: handedOver, Method: handedOver, Referrer: caller.Session.ID}
	var code string
	err := f.InTx(ctx, func(tx database.Tx) (err error) {
		if err = store.InsertFlowState(ctx, tx, state, f.Time()); err == nil {
			code, err = f.codeFor(ctx, tx, state)
		}
		return err
	})
	return code, err
}

// takeOver gives tokens for a session that another client began. Those that client
// has cannot be refreshed any more.
func (f *Flow) takeOver(ctx context.Context, tx database.Tx, u *store.User, session string) (*wire.Tokens, error) {
	_, one, err := store.UserOfSession(ctx, tx, u.ID, session)
	if err != nil {
		return nil, err
	}
	if one == nil || !f.Sessions.Valid(one) {
		return nil, autherr.New(http.StatusForbidden, autherr.SessionNotFound, "The session has ended")
	}
	return f.Sessions.Renew(ctx, tx, u, one, "session")
}

// answers tells whether a verifier answers a flow's challenge (RFC 7636, section
// 4.6).
func answers(s *store.FlowState, verifier string) bool {
	if s.ChallengeMethod == "s256" {
		sum := sha256.Sum256([]byte(verifier))
		verifier = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return s.Challenge != "" && subtle.ConstantTimeCompare([]byte(s.Challenge), []byte(verifier)) == 1
}
