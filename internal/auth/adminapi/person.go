package adminapi

import (
	"net/http"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/person"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
)

// export is GET /admin/users/{user}/export, which GoTrue does not have: everything
// about a person. That it was taken is an event.
func (h *Handlers) export(w http.ResponseWriter, r request, u *store.User) error {
	out, err := h.people.Export(r.Context(), u.ID)
	if err == nil {
		err = h.log(r, h.Owner(), store.UserExported, u, nil)
	}
	if err != nil {
		return personal(err)
	}
	return core.JSON(w, out)
}

// erase is POST /admin/users/{user}/erase, which GoTrue does not have. Without
// "dry_run": false nothing is changed.
func (h *Handlers) erase(w http.ResponseWriter, r request, u *store.User) error {
	b := struct {
		DryRun  bool `json:"dry_run"`
		Cascade bool `json:"cascade"`
	}{DryRun: true}
	if err := core.Read(r.Request, &b); err != nil {
		return err
	}
	out, err := h.people.Erase(r.Context(), u.ID, person.Options{DryRun: b.DryRun, Cascade: b.Cascade, Actor: r.admin, IP: h.Address(r.Request)})
	if err != nil {
		return personal(err)
	}
	if len(out.Blocking) > 0 && !b.DryRun {
		return blocked(w, out)
	}
	return core.JSON(w, out)
}

// blocked answers with the rows that stand in the way.
func blocked(w http.ResponseWriter, out *person.Report) error {
	return httpapi.WriteJSON(w, http.StatusConflict, struct {
		Status  int            `json:"code"`
		Code    string         `json:"error_code"`
		Message string         `json:"msg"`
		Report  *person.Report `json:"report"`
	}{http.StatusConflict, autherr.Conflict, "Rows of other tables refer to the person's: see report.blocking, or ask with cascade", out})
}

// personal is an error of package person as the API tells it.
func personal(err error) error {
	switch f := fault.From(err); f.Code {
	case "P0002":
		return autherr.New(http.StatusNotFound, autherr.UserNotFound, "User not found")
	case "54000":
		return autherr.New(http.StatusUnprocessableEntity, autherr.ValidationFailed, "%s", f.Message)
	case fault.ForeignKeyViolation:
		return autherr.New(http.StatusConflict, autherr.Conflict, "%s", f.Message).Because(err)
	}
	return err
}
