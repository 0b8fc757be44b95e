package outgoing

import "net/netip"

// closed are the ranges of IPv4 that are not the public Internet, by the registry
// of special-purpose addresses (RFC 6890, IANA), and the one public address that
// is a cloud's inside.
var closed = ranges(
	"0.0.0.0/8",        // this network (RFC 791)
	"10.0.0.0/8",       // private (RFC 1918)
	"100.64.0.0/10",    // shared by a carrier's customers (RFC 6598); Alibaba's metadata
	"127.0.0.0/8",      // loopback
	"168.63.129.16/32", // Azure's host, reachable from its machines only
	"169.254.0.0/16",   // link-local; the metadata of most clouds
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocol assignments (RFC 6890); Oracle's metadata
	"192.0.2.0/24",     // documentation (RFC 5737)
	"192.88.99.0/24",   // relays of 6to4 (RFC 7526)
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarks (RFC 2544)
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, broadcast
)

// global is what of IPv6 is public at all (RFC 4291): loopback, unique local
// (fc00::/7), link-local, site-local, multicast and discard lie outside of it.
var global = netip.MustParsePrefix("2000::/3")

// closed6 are the ranges within it that are not.
var closed6 = ranges(
	"2001::/23",     // protocol assignments, Teredo (2001::/32) among them
	"2001:db8::/32", // documentation (RFC 3849)
	"2002::/16",     // 6to4 (RFC 7526): an IPv4 address inside, by relays of anybody
	"3fff::/20",     // documentation (RFC 9637)
)

// nat64 stands before an IPv4 address where a network has IPv6 only (RFC 6052).
// Its local form, 64:ff9b:1::/48, is not public.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

func ranges(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// embedded4 returns the IPv4 address that an address stands for, if it does:
// mapped (::ffff:a.b.c.d) or behind NAT64.
func embedded4(a netip.Addr) (netip.Addr, bool) {
	switch {
	case a.Is4():
		return a, true
	case a.Is4In6():
		return a.Unmap(), true
	case nat64.Contains(a):
		b := a.As16()
		return netip.AddrFrom4([4]byte(b[12:])), true
	}
	return a, false
}

// isatap tells whether the interface part of an address holds an IPv4 address
// (RFC 5214), which a router on the way may unpack.
func isatap(a netip.Addr) bool {
	b := a.As16()
	return b[8]&^2 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}

// public tells whether everybody on the Internet reaches the same machine at an
// address.
func public(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	if v4, ok := embedded4(a); ok {
		return !within(v4, closed)
	}
	return global.Contains(a) && !within(a, closed6) && !isatap(a)
}

func within(a netip.Addr, list []netip.Prefix) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
