package inbox

import (
	"net/http"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/remote"
)

// allow refuses whoever may not see the inbox, which holds links to sign in as
// anybody. The service role may. Without a key it is open on a developer's own
// machine only: with --dev, a listener on a loopback address, and a request that
// came from this machine itself, by no proxy, and by no page of another origin.
func (h *Handler) allow(r *http.Request) error {
	id := httpapi.IdentityFrom(r.Context())
	if id.Role == "service_role" {
		return nil
	}
	if id.Authenticated {
		return fault.New(fault.InsufficientPrivilege, "the inbox is for the service role").WithStatus(http.StatusForbidden)
	}
	if h.Open && remote.AtHome(r) {
		return nil
	}
	return fault.New(fault.InsufficientPrivilege, "the inbox is closed").WithStatus(http.StatusUnauthorized).
		WithHint("Show the service role's key, or start the server with --dev on a loopback address and open it on the same machine.")
}
