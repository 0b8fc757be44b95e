// Package account is what users do about their own accounts: signing up and in,
// refreshing, signing out, reading and changing what is theirs.
package account

import (
	"context"
	"net/http"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/flow"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
)

// Handlers are those of this package.
type Handlers struct {
	// IDToken is the grant id_token, of package provider; nil refuses it.
	IDToken autherr.Handler
	*core.Core
	flow *flow.Flow
}

// New returns them.
func New(c *core.Core, f *flow.Flow) *Handlers { return &Handlers{Core: c, flow: f} }

// Routes are the paths below /auth/v1, for http.ServeMux.
func (h *Handlers) Routes() map[string]autherr.Handler {
	return map[string]autherr.Handler{
		"POST /signup":          h.Evenly(h.signup),
		"POST /token":           h.token,
		"POST /otp":             h.Evenly(h.otp),
		"POST /magiclink":       h.Evenly(h.otp),
		"POST /logout":          h.logout,
		"GET /user":             h.getUser,
		"PUT /user":             h.putUser,
		"GET /sessions":         h.listSessions,
		"DELETE /sessions/{id}": h.endSession,
		"GET /settings":         h.settings,
		"GET /health":           h.health,
	}
}

func (h *Handlers) audit(ctx context.Context, q database.Querier, r *http.Request, u *store.User, action string, traits store.Object) error {
	return h.Audit(ctx, q, r, u, action, traits)
}

// newPassword judges a password and returns its hash.
func (h *Handlers) newPassword(ctx context.Context, text string, known ...string) (string, error) {
	if err := h.Judge.Check(ctx, text, known...); err != nil {
		return "", err
	}
	return h.Pool.Hash(ctx, text)
}
