package outgoing

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// allowed is one entry of Config.Allow: a range of addresses or a name.
type allowed struct {
	prefix netip.Prefix
	host   string // "*.example.com" for every name below
	port   int    // 0 for those that are open anyway
}

type allowList []allowed

func parseAllow(entries []string) (allowList, error) {
	out := make(allowList, len(entries))
	for i, text := range entries {
		a, err := parseAllowed(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("%q of what outgoing calls may reach: %w", text, err)
		}
		out[i] = a
	}
	return out, nil
}

func parseAllowed(text string) (allowed, error) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return allowed{prefix: canonical(p)}, nil
	}
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return single(a, 0), nil
	}
	host, port, err := splitPort(text)
	if err != nil {
		return allowed{}, err
	}
	if p, err := netip.ParsePrefix(host); err == nil {
		return allowed{prefix: canonical(p), port: port}, nil
	}
	if a, err := netip.ParseAddr(host); err == nil && a.Zone() == "" {
		return single(a, port), nil
	}
	name, err := hostName(strings.TrimPrefix(host, "*."))
	if err != nil {
		return allowed{}, err
	}
	if strings.HasPrefix(host, "*.") {
		name = "*." + name
	}
	return allowed{host: name, port: port}, nil
}

// splitPort divides host:port, [address]:port or a host alone.
func splitPort(text string) (host string, port int, err error) {
	host, number := text, ""
	if inner, ok := strings.CutPrefix(text, "["); ok {
		var rest string
		if host, rest, ok = strings.Cut(inner, "]"); !ok || (rest != "" && rest[0] != ':') {
			return "", 0, fmt.Errorf("the brackets are wrong")
		}
		number = strings.TrimPrefix(rest, ":")
	} else if i := strings.LastIndexByte(text, ':'); i >= 0 {
		host, number = text[:i], text[i+1:]
	}
	if host == text || number == "" && strings.HasSuffix(text, "]") {
		return host, 0, nil
	}
	port, err = parsePort(number)
	return host, port, err
}

func parsePort(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is no port", text)
	}
	return int(n), nil
}

func single(a netip.Addr, port int) allowed {
	return allowed{prefix: canonical(netip.PrefixFrom(a, a.BitLen())), port: port}
}

// canonical has mapped ranges as IPv4, which is how addresses are compared.
func canonical(p netip.Prefix) netip.Prefix {
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p.Masked()
}

// address tells whether an entry names an address. port tells whether it opens
// the port too.
func (l allowList) address(a netip.Addr, p int) (host, port bool) {
	a = a.Unmap()
	for _, e := range l {
		if e.host == "" && e.prefix.Contains(a) {
			host, port = host || e.port == 0 || e.port == p, port || e.port == p
		}
	}
	return host, port
}

// name is address for a name, as hostName has it.
func (l allowList) name(name string, p int) (host, port bool) {
	for _, e := range l {
		if e.host != "" && e.covers(name) {
			host, port = host || e.port == 0 || e.port == p, port || e.port == p
		}
	}
	return host, port
}

func (e allowed) covers(name string) bool {
	if below, ok := strings.CutPrefix(e.host, "*"); ok {
		return len(name) > len(below) && strings.HasSuffix(name, below)
	}
	return e.host == name
}

// Endpoint is the host and port of a URL, as Config.Allow takes it, "" for
// a URL without a host.
func Endpoint(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}
