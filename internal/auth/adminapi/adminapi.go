// Package adminapi is what a project's own server does with accounts, by the key of
// the service role: users, links, invitations, factors, passkeys and the audit log,
// as GoTrue serves them below /admin.
package adminapi

import (
	"net/http"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/flow"
	"github.com/galleyhq/galley/internal/auth/person"
	"github.com/galleyhq/galley/internal/auth/signing"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
)

// Handlers are those of this package.
type Handlers struct {
	*core.Core
	flow   *flow.Flow
	people *person.Service
}

// New returns them.
func New(c *core.Core, f *flow.Flow) *Handlers {
	return &Handlers{c, f, person.New(person.Config{DB: c.DB, Key: signing.Derive(c.Secret, "pseudonyms"), Now: c.Now})}
}

// Routes are the paths below /auth/v1, for http.ServeMux. Those of identities,
// export and erase are Galley's own.
func (h *Handlers) Routes() map[string]autherr.Handler {
	routes := map[string]autherr.Handler{
		"POST /invite":              h.admins(h.invite),
		"GET /admin/audit":          h.admins(h.audit),
		"GET /admin/users":          h.admins(h.list),
		"POST /admin/users":         h.admins(h.create),
		"POST /admin/generate_link": h.admins(h.generateLink),
	}
	for pattern, of := range map[string]ofUser{
		"GET /admin/users/{user}":                       h.get,
		"PUT /admin/users/{user}":                       h.update,
		"DELETE /admin/users/{user}":                    h.delete,
		"GET /admin/users/{user}/factors":               h.listFactors,
		"PUT /admin/users/{user}/factors/{factor}":      h.updateFactor,
		"DELETE /admin/users/{user}/factors/{factor}":   h.deleteFactor,
		"GET /admin/users/{user}/identities":            h.listIdentities,
		"DELETE /admin/users/{user}/identities/{id}":    h.deleteIdentity,
		"GET /admin/users/{user}/export":                h.export,
		"POST /admin/users/{user}/erase":                h.erase,
		"GET /admin/users/{user}/passkeys":              h.listPasskeys,
		"DELETE /admin/users/{user}/passkeys/{passkey}": h.deletePasskey,
	} {
		routes[pattern] = h.admins(h.user(of))
	}
	return routes
}

// request is one of an admin.
type request struct {
	*http.Request
	admin *store.User // the actor of the audit log: no row, but the role
}

type (
	ofAdmin func(w http.ResponseWriter, r request) error
	ofUser  func(w http.ResponseWriter, r request, u *store.User) error
)

// admins lets only keys of the service role pass.
func (h *Handlers) admins(next ofAdmin) autherr.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := h.Admin(r); err != nil {
			return err
		}
		claims, err := h.Claims(r)
		if err != nil {
			return err
		}
		return next(w, request{r, &store.User{ID: store.Instance, Email: claims.Role}})
	}
}

// user finds the user of the path.
func (h *Handlers) user(next ofUser) ofAdmin {
	return func(w http.ResponseWriter, r request) error {
		id := r.PathValue("user")
		if !core.IsUUID(id) {
			return autherr.New(http.StatusNotFound, autherr.ValidationFailed, "user_id must be an UUID")
		}
		u, err := store.UserByID(r.Context(), h.Owner(), id)
		if err != nil {
			return err
		}
		if u == nil {
			return autherr.New(http.StatusNotFound, autherr.UserNotFound, "User not found")
		}
		return next(w, r, u)
	}
}

// log adds an event of an admin about a user.
func (h *Handlers) log(r request, q database.Querier, action string, u *store.User, traits store.Object) error {
	all := store.Merge(store.Object{"user_id": u.ID}, traits)
	return store.Audit(r.Context(), q, r.admin, store.Entry{Action: action, IP: h.Address(r.Request), Traits: all}, h.Time())
}

// ofAddress are the traits that name a user's address and number.
func ofAddress(u *store.User) store.Object {
	return store.Object{"user_email": u.Email, "user_phone": u.Phone}
}

func taken() error {
	return autherr.New(http.StatusUnprocessableEntity, autherr.EmailExists, "A user with this email address has already been registered")
}

// free refuses an address or number that somebody else has.
func (h *Handlers) free(r request, email, phone, except string) error {
	if email != "" {
		if u, err := store.UserByEmail(r.Context(), h.Owner(), email); err != nil {
			return err
		} else if u != nil && u.ID != except {
			return taken()
		}
	}
	if phone != "" {
		if u, err := store.UserByPhone(r.Context(), h.Owner(), phone); err != nil {
			return err
		} else if u != nil && u.ID != except {
			return autherr.New(http.StatusUnprocessableEntity, autherr.PhoneExists, "Phone number already registered by another user")
		}
	}
	return nil
}
