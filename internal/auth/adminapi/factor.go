package adminapi

import (
	"net/http"
	"slices"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/wire"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// listFactors is GET /admin/users/{user}/factors.
func (h *Handlers) listFactors(w http.ResponseWriter, _ request, u *store.User) error {
	out := []wire.Factor{}
	for _, f := range u.Factors {
		out = append(out, wire.FactorOf(f))
	}
	return core.JSON(w, out)
}

// factor is the factor of the path.
func factor(r request, u *store.User) (*store.Factor, error) {
	id := r.PathValue("factor")
	if !core.IsUUID(id) {
		return nil, autherr.New(http.StatusNotFound, autherr.ValidationFailed, "factor_id must be an UUID")
	}
	i := slices.IndexFunc(u.Factors, func(f store.Factor) bool { return f.ID == id })
	if i < 0 {
		return nil, autherr.New(http.StatusNotFound, autherr.MFAFactorNotFound, "Factor not found")
	}
	return &u.Factors[i], nil
}

// updateFactor is PUT /admin/users/{user}/factors/{factor}.
func (h *Handlers) updateFactor(w http.ResponseWriter, r request, u *store.User) error {
	f, err := factor(r, u)
	if err != nil {
		return err
	}
	var b struct {
		FriendlyName string `json:"friendly_name"`
		Phone        string `json:"phone"`
	}
	if err := core.Read(r.Request, &b); err != nil {
		return err
	}
	var changes []store.Change
	if b.FriendlyName != "" {
		changes = append(changes, store.Set("friendly_name", b.FriendlyName))
	}
	if b.Phone != "" && f.Type == "phone" {
		phone, err := core.Phone(b.Phone)
		if err != nil {
			return err
		}
		changes = append(changes, store.Set("phone", phone))
	}
	err = h.InTx(r.Context(), func(tx database.Tx) error {
		made, err := store.UpdateFactor(r.Context(), tx, f.ID, h.Time(), changes...)
		if err != nil {
			return err
		}
		if made == nil {
			return autherr.New(http.StatusNotFound, autherr.MFAFactorNotFound, "Factor not found")
		}
		f = made
		return h.log(r, tx, store.FactorUpdated, u, store.Object{"factor_id": f.ID, "factor_type": f.Type})
	})
	if fault.Code(err) == fault.UniqueViolation {
		return autherr.New(http.StatusUnprocessableEntity, autherr.MFAFactorNameConflict, "A factor with this name or number already exists for this user")
	}
	if err != nil {
		return err
	}
	return core.JSON(w, wire.FactorOf(*f))
}

// deleteFactor is DELETE /admin/users/{user}/factors/{factor}.
func (h *Handlers) deleteFactor(w http.ResponseWriter, r request, u *store.User) error {
	f, err := factor(r, u)
	if err != nil {
		return err
	}
	err = h.InTx(r.Context(), func(tx database.Tx) error {
		if err := h.log(r, tx, store.FactorDeleted, u, store.Object{"factor_id": f.ID}); err != nil {
			return err
		}
		if err := store.WeakenSessions(r.Context(), tx, f.ID, h.Time()); err != nil {
			return err
		}
		return store.DeleteFactor(r.Context(), tx, f.ID)
	})
	if err != nil {
		return err
	}
	return core.JSON(w, wire.FactorOf(*f))
}

// listIdentities is GET /admin/users/{user}/identities, which GoTrue does not have.
func (h *Handlers) listIdentities(w http.ResponseWriter, _ request, u *store.User) error {
	return core.JSON(w, map[string]any{"identities": wire.UserOf(u).Identities})
}

// deleteIdentity is DELETE /admin/users/{user}/identities/{id}, which GoTrue does
// not have. The last one stays, as it does for users.
func (h *Handlers) deleteIdentity(w http.ResponseWriter, r request, u *store.User) error {
	id := r.PathValue("id")
	i := slices.IndexFunc(u.Identities, func(i store.Identity) bool { return i.ID == id })
	switch {
	case i < 0:
		return autherr.New(http.StatusNotFound, autherr.IdentityNotFound, "Identity doesn't exist")
	case len(u.Identities) == 1:
		return autherr.New(http.StatusUnprocessableEntity, autherr.SingleIdentityNotDeletable, "User must have at least 1 identity after unlinking")
	}
	one := u.Identities[i]
	err := h.InTx(r.Context(), func(tx database.Tx) error {
		traits := store.Object{"identity_id": one.ID, "provider": one.Provider, "provider_id": one.ProviderID}
		if err := h.log(r, tx, store.IdentityUnlinked, u, traits); err != nil {
			return err
		}
		if err := store.DeleteIdentity(r.Context(), tx, u, one.ID); err != nil {
			return err
		}
		return store.RefreshProviders(r.Context(), tx, u, h.Time())
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
