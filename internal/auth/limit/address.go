package limit

import (
	"net/netip"

	"github.com/galleyhq/galley/internal/httpapi"
)

// Proxies are the machines whose word on where a request came from is taken.
type Proxies = httpapi.Proxies

// NewProxies returns the proxies at addresses and ranges ("10.0.0.0/8", "::1").
func NewProxies(trusted []string) (Proxies, error) { return httpapi.NewProxies(trusted) }

// Subject is what of an address is counted: all of IPv4, of IPv6 the 64 bits of the
// network, since a customer has all addresses in it.
func Subject(a netip.Addr) string {
	a = a.Unmap()
	if !a.Is6() {
		return a.String()
	}
	return netip.PrefixFrom(a.WithZone(""), 64).Masked().String()
}
