package adminapi

import (
	"net/http"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
)

// listPasskeys is GET /admin/users/{user}/passkeys.
func (h *Handlers) listPasskeys(w http.ResponseWriter, r request, u *store.User) error {
	all, err := store.PasskeyItems(r.Context(), h.Owner(), u.ID)
	if err != nil {
		return err
	}
	if all == nil {
		all = []store.PasskeyItem{}
	}
	return core.JSON(w, all)
}

// deletePasskey is DELETE /admin/users/{user}/passkeys/{passkey}.
func (h *Handlers) deletePasskey(w http.ResponseWriter, r request, u *store.User) error {
	id, found := r.PathValue("passkey"), false
	var err error
	if core.IsUUID(id) {
		err = h.InTx(r.Context(), func(tx database.Tx) (err error) {
			if found, err = store.DeletePasskey(r.Context(), tx, u.ID, id); err != nil || !found {
				return err
			}
			return h.log(r, tx, store.PasskeyDeleted, u, store.Object{"passkey_id": id})
		})
	}
	if err == nil && !found {
		err = autherr.New(http.StatusNotFound, autherr.ValidationFailed, "Passkey not found")
	}
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}
