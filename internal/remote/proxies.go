// Package remote tells where a request comes from: from which address, though it came
// through proxies, and whether from this machine itself.
//
//	proxies, err := remote.NewProxies([]string{"10.0.0.0/8"})
//	address := proxies.Address(r)
package remote

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the machines whose word on where a request came from is taken. The
// zero value takes nobody's.
type Proxies struct{ trusted []netip.Prefix }

// maxHops bounds how much of a header is read.
const maxHops = 32

// NewProxies returns the proxies at addresses and ranges ("10.0.0.0/8", "::1").
func NewProxies(trusted []string) (Proxies, error) {
	var p Proxies
	for _, text := range trusted {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			addr, err := netip.ParseAddr(text)
			if err != nil || addr.Zone() != "" {
				return p, fmt.Errorf("%.60q is no address and no range of addresses", text)
			}
			addr = addr.Unmap()
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		p.trusted = append(p.trusted, prefix.Masked())
	}
	return p, nil
}

// Address is where a request came from: the nearest machine in X-Forwarded-For that
// is not one of the proxies, starting at the one that is connected. What stands
// further to the left anybody can have written.
func (p Proxies) Address(r *http.Request) netip.Addr {
	addr := parseHop(r.RemoteAddr)
	if !p.trusts(addr) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && len(hops)-i <= maxHops; i-- {
		next := parseHop(strings.TrimSpace(hops[i]))
		if !next.IsValid() {
			return addr
		}
		if addr = next; !p.trusts(addr) {
			return addr
		}
	}
	return addr
}

// Middleware gives requests that come through the proxies the address they came from,
// without a port. Asking for it again gives the same.
func (p Proxies) Middleware(next http.Handler) http.Handler {
	if len(p.trusted) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from := p.Address(r); from.IsValid() && from != parseHop(r.RemoteAddr) {
			r = r.WithContext(r.Context())
			r.RemoteAddr = netip.AddrPortFrom(from, 0).String()
		}
		next.ServeHTTP(w, r)
	})
}

func (p Proxies) trusts(a netip.Addr) bool {
	for _, prefix := range p.trusted {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

// parseHop reads an address with a port or without.
func parseHop(text string) netip.Addr {
	if full, err := netip.ParseAddrPort(text); err == nil {
		return full.Addr().Unmap().WithZone("")
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}
