package mfa

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/factor"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/fault"
)

// ceremony is what the browser is to do: create a credential for a new factor, or
// request one of a factor that counts.
type ceremony struct {
	Type    string          `json:"type"`
	Options json.RawMessage `json:"credential_options"`
}

// performed is what it did.
type performed struct {
	Type     string          `json:"type"`
	Response json.RawMessage `json:"credential_response"`
}

// toDo is the type of the ceremony that a factor is proven by.
func toDo(f *store.Factor) string {
	if f.Verified() {
		return "request"
	}
	return "create"
}

// ceremony begins one, and returns what is kept of it.
func (h *Handlers) ceremony(q request) (*ceremony, json.RawMessage, error) {
	holder, err := holderOf(q)
	if err != nil {
		return nil, nil, err
	}
	begin := h.web.Register
	if q.factor.Verified() {
		begin = h.web.Request
	}
	begun, err := begin(holder)
	if err != nil {
		return nil, nil, fault.Internal(err)
	}
	return &ceremony{toDo(q.factor), begun.Options}, begun.Session, nil
}

// holderOf is the user as a ceremony knows them: of a factor that counts, with its
// authenticator, which alone proves it; of a new one, with all others, which it may
// not be.
func holderOf(q request) (factor.Holder, error) {
	u := q.User
	out := factor.Holder{ID: u.ID, Name: cmp.Or(u.Email, u.Phone)}
	if name, ok := u.UserMetaData["name"].(string); ok {
		out.DisplayName = name
	}
	for _, f := range u.Factors {
		if f.Type != webauthn || !f.Verified() || q.factor.Verified() && f.ID != q.factor.ID {
			continue
		}
		var c factor.Credential
		if err := json.Unmarshal(f.Credential, &c); err != nil {
			return out, fault.Internal(fmt.Errorf("the credential of the factor %s: %w", f.ID, err))
		}
		out.Credentials = append(out.Credentials, c)
	}
	return out, nil
}

// proveCredential checks what the browser did, and returns what the factor keeps.
func (h *Handlers) proveCredential(q request, c *store.Challenge, p *performed) ([]store.Change, error) {
	switch {
	case p == nil:
		return nil, core.Invalid("WebAuthn config required")
	case p.Type != "create" && p.Type != "request":
		return nil, core.Invalid("WebAuthn type must be create or request")
	case p.Response == nil:
		return nil, core.Invalid("credential_response required")
	case p.Type != toDo(q.factor): // or whoever has a new authenticator would pass for the owner of this one
		return nil, core.Invalid("WebAuthn type must be %s for this factor", toDo(q.factor))
	}
	holder, err := holderOf(q)
	if err != nil {
		return nil, err
	}
	check := h.web.Registered
	if q.factor.Verified() {
		check = h.web.Requested
	}
	made, err := check(holder, c.SessionData, p.Response)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(made)
	if err != nil {
		return nil, fault.Internal(err)
	}
	changes := []store.Change{store.Set("web_authn_credential", string(raw))}
	if id := made.Authenticator.AAGUID; !q.factor.Verified() && len(id) == 16 {
		changes = append(changes, store.Set("web_authn_aaguid", fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])))
	}
	return changes, nil
}
