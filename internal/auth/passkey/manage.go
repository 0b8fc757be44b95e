package passkey

import (
	"net/http"

	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
)

// list is GET /passkeys.
func (h *Handlers) list(w http.ResponseWriter, r *http.Request) error {
	caller, err := h.Caller(r)
	if err != nil {
		return err
	}
	items, err := store.PasskeyItems(r.Context(), h.Owner(), caller.User.ID)
	if err != nil {
		return err
	}
	return core.JSON(w, append([]store.PasskeyItem{}, items...))
}

// rename is PATCH /passkeys/{id}.
func (h *Handlers) rename(w http.ResponseWriter, r *http.Request) error {
	caller, err := h.Caller(r)
	if err != nil {
		return err
	}
	var b struct {
		FriendlyName string `json:"friendly_name"`
	}
	id := r.PathValue("id")
	if !core.IsUUID(id) {
		return notFound()
	}
	if err := core.Read(r, &b); err != nil {
		return err
	}
	switch {
	case b.FriendlyName == "":
		return core.Invalid("friendly_name is required")
	case len(b.FriendlyName) > maxName:
		return core.Invalid("friendly_name must be %d characters or less", maxName)
	}
	var named *store.Passkey
	err = h.InTx(r.Context(), func(tx database.Tx) (err error) {
		if named, err = store.RenamePasskey(r.Context(), tx, caller.User.ID, id, b.FriendlyName, h.Time()); err != nil {
			return err
		}
		if named == nil {
			return notFound()
		}
		return h.Audit(r.Context(), tx, r, caller.User, store.PasskeyUpdated, store.Object{"passkey_id": id})
	})
	if err != nil {
		return err
	}
	return core.JSON(w, named.Item())
}

// remove is DELETE /passkeys/{id}.
func (h *Handlers) remove(w http.ResponseWriter, r *http.Request) error {
	caller, err := h.Caller(r)
	if err != nil {
		return err
	}
	if err := checkLevel(caller); err != nil {
		return err
	}
	id := r.PathValue("id")
	if !core.IsUUID(id) {
		return notFound()
	}
	err = h.InTx(r.Context(), func(tx database.Tx) error {
		found, err := store.DeletePasskey(r.Context(), tx, caller.User.ID, id)
		if err != nil {
			return err
		}
		if !found {
			return notFound()
		}
		return h.Audit(r.Context(), tx, r, caller.User, store.PasskeyDeleted, store.Object{"passkey_id": id})
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
