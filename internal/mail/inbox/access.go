package inbox

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
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
	if h.Open && fromHere(r) && !fromElsewhere(r) {
		return nil
	}
	return fault.New(fault.InsufficientPrivilege, "the inbox is closed").WithStatus(http.StatusUnauthorized).
		WithHint("Show the service role's key, or start the server with --dev on a loopback address and open it on the same machine.")
}

// fromHere tells whether a request came from this machine, under a name of this
// machine. A name of somebody else's that leads here (DNS rebinding) is none.
func fromHere(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && remote.Addr().Unmap().IsLoopback() && loopbackHost(r.Host)
}

func loopbackHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil && ip.Unmap().IsLoopback()
}

// fromElsewhere tells whether a page of another origin has the browser make the
// request (Fetch Metadata). That a person follows a link to the inbox is all right.
func fromElsewhere(r *http.Request) bool {
	switch site := r.Header.Get("Sec-Fetch-Site"); site {
	case "same-origin", "none":
		return false
	case "":
		origin := r.Header.Get("Origin")
		u, err := url.Parse(origin)
		return origin != "" && (err != nil || u.Host != r.Host)
	}
	return r.Method != http.MethodGet || r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Header.Get("Sec-Fetch-Dest") != "document"
}
