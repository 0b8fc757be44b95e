package account

import (
	"net/http"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
)

// logout is POST /logout: of this session, the others or all.
func (h *Handlers) logout(w http.ResponseWriter, r *http.Request) error {
	caller, err := h.Caller(r)
	if err != nil {
		return err
	}
	scope, u := r.URL.Query().Get("scope"), caller.User
	if scope != "" && scope != "global" && scope != "local" && scope != "others" {
		return core.Invalid("Unsupported logout scope %q", scope)
	}
	err = h.InTx(r.Context(), func(tx database.Tx) error {
		if err := h.audit(r.Context(), tx, r, u, store.Logout, nil); err != nil {
			return err
		}
		switch {
		case scope == "local" && caller.Session != nil:
			_, err := store.DeleteSession(r.Context(), tx, u.ID, caller.Session.ID)
			return err
		case scope == "others" && caller.Session != nil:
			return store.DeleteSessions(r.Context(), tx, u.ID, caller.Session.ID)
		}
		return store.DeleteSessions(r.Context(), tx, u.ID, "")
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// sessionJSON is a session as its user sees it.
type sessionJSON struct {
	ID          string      `json:"id"`
	CreatedAt   store.Time  `json:"created_at"`
	RefreshedAt *store.Time `json:"refreshed_at,omitempty"`
	AAL         string      `json:"aal"`
	UserAgent   string      `json:"user_agent"`
	IP          string      `json:"ip"`
	Current     bool        `json:"current"`
}

// listSessions is GET /sessions, which GoTrue does not have.
func (h *Handlers) listSessions(w http.ResponseWriter, r *http.Request) error {
	caller, err := h.Caller(r)
	if err != nil {
		return err
	}
	all, err := store.Sessions(r.Context(), h.Owner(), caller.User.ID)
	if err != nil {
		return err
	}
	out := []sessionJSON{}
	for i := range all {
		s := &all[i]
		if !h.Sessions.Valid(s) {
			continue
		}
		out = append(out, sessionJSON{s.ID, s.CreatedAt, s.RefreshedAt, s.AAL, s.UserAgent, s.IP, caller.Session != nil && s.ID == caller.Session.ID})
	}
	return core.JSON(w, map[string]any{"sessions": out})
}

// endSession is DELETE /sessions/{id}, which GoTrue does not have.
func (h *Handlers) endSession(w http.ResponseWriter, r *http.Request) error {
	caller, err := h.Caller(r)
	if err != nil {
		return err
	}
	id, found := r.PathValue("id"), false
	if core.IsUUID(id) {
		err = h.InTx(r.Context(), func(tx database.Tx) (err error) {
			if found, err = store.DeleteSession(r.Context(), tx, caller.User.ID, id); err != nil || !found {
				return err
			}
			return h.audit(r.Context(), tx, r, caller.User, store.Logout, store.Object{"session_id": id})
		})
	}
	if err == nil && !found {
		err = autherr.New(http.StatusNotFound, autherr.SessionNotFound, "Session not found")
	}
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

// settings is GET /settings: what a page needs to know before anybody signs in.
func (h *Handlers) settings(w http.ResponseWriter, _ *http.Request) error {
	a := h.Auth()
	external := map[string]bool{"anonymous_users": a.AnonymousSignIns, "email": a.Email.Signup, "phone": a.SMS.Signup}
	for _, name := range []string{"apple", "azure", "bitbucket", "discord", "facebook", "snapchat", "figma", "fly", "github", "gitlab", "google", "keycloak",
		"kakao", "linkedin", "linkedin_oidc", "notion", "spotify", "slack", "slack_oidc", "workos", "twitch", "twitter", "zoom"} {
		external[name] = false
	}
	for name, p := range a.External {
		external[name] = p.Enabled
	}
	return core.JSON(w, map[string]any{"external": external, "disable_signup": !a.Signup, "mailer_autoconfirm": !a.Email.Confirmations,
		"phone_autoconfirm": !a.SMS.Confirmations, "sms_provider": h.Settings.SMS.Chosen(), "saml_enabled": false,
		"saml_private_key_next_configured": false, "passkeys_enabled": a.Passkeys.Enabled})
}

func (h *Handlers) health(w http.ResponseWriter, _ *http.Request) error {
	return core.JSON(w, map[string]string{"name": "GoTrue", "version": "galley", "description": "Galley's accounts, as GoTrue serves them"})
}
