package limit

import "net/netip"

// Subject is what of an address is counted: all of IPv4, of IPv6 the 64 bits of the
// network, since a customer has all addresses in it.
func Subject(a netip.Addr) string {
	a = a.Unmap()
	if !a.Is6() {
		return a.String()
	}
	return netip.PrefixFrom(a.WithZone(""), 64).Masked().String()
}
