package outgoing

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
)

// inward are names that mean this machine, its network or its cloud, whoever
// resolves them (RFC 6761, RFC 6762, RFC 8375, ICANN's .internal).
var inward = []string{"localhost", "local", "internal", "home.arpa", "localdomain", "lan", "intranet", "corp"}

// Parse reads the URL of a call and refuses one that must not be called,
// whatever its name resolves to. That is judged when it is called.
func (g *Guard) Parse(raw string) (*url.URL, error) {
	if len(raw) > maxURL {
		return nil, refuse("the URL has %d bytes, at most %d", len(raw), maxURL)
	}
	if strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return nil, refuse("the URL holds spaces or control characters")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, refuse("the URL cannot be read")
	}
	return u, g.check(u)
}

// check judges a URL by itself.
func (g *Guard) check(u *url.URL) error {
	// As it is sent: three bytes for one that had to be escaped.
	if n := len(u.String()); n > maxURL {
		return refuse("the URL has %d bytes, at most %d", n, maxURL)
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return refuse("only http and https can be called, not %.20q", u.Scheme)
	}
	if u.Opaque != "" || u.Host == "" {
		return refuse("the URL has no host")
	}
	port := map[string]int{"http": 80, "https": 443}[u.Scheme]
	if text := u.Port(); text != "" {
		var err error
		if port, err = parsePort(text); err != nil {
			return refuse("%.10q is no port", text)
		}
	} else if strings.HasSuffix(u.Host, ":") {
		return refuse("the URL has a colon, but no port")
	}
	return g.checkHost(u.Hostname(), port)
}

func (g *Guard) checkHost(host string, port int) error {
	if a, err := netip.ParseAddr(host); err == nil {
		return g.checkAddress(a, port)
	}
	name, err := hostName(host)
	if err != nil {
		return err
	}
	known, open := g.allow.name(name, port)
	switch {
	case !open && !g.ports.open(port):
		return refuse("port %d is closed to outgoing calls", port)
	case known:
		return nil
	}
	for _, suffix := range inward {
		if name == suffix || strings.HasSuffix(name, "."+suffix) {
			return refuse("%s is a name within this machine or its network, which outgoing.allow does not list", name)
		}
	}
	return nil
}

// checkAddress judges an address, of a URL or of a connection.
func (g *Guard) checkAddress(a netip.Addr, port int) error {
	known, open := g.allow.address(a, port)
	switch {
	case !open && !g.ports.open(port):
		return refuse("port %d is closed to outgoing calls", port)
	case !known && !public(a):
		return refuse("%s is not a public address, and outgoing.allow does not list it", a)
	}
	return nil
}

// hostName is a name in lower case without the dot at its end. One that some
// resolvers take for an address, as 0x7f.1 and 2130706433 are 127.0.0.1, is
// refused: it ends in a number, which no name on the Internet does (WHATWG URL).
func hostName(host string) (string, error) {
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if name == "" || len(name) > 253 {
		return "", refuse("%.60q is no name of a host", host)
	}
	last := name
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", refuse("%.60q is no name of a host (one with other letters is written in punycode, xn--…)", host)
		}
		last = label
	}
	if strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") && strings.Trim(last[2:], "0123456789abcdef") == "" {
		return "", refuse("%.60q is no address and no name of a host", host)
	}
	return name, nil
}

// dial connects to a host that was let through by name or by address, if the
// address that it turns out to have is let through too.
func (g *Guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: dialTimeout, Resolver: g.resolver, Control: func(_, to string, _ syscall.RawConn) error {
		return g.connecting(host, to)
	}}
	return d.DialContext(ctx, network, address)
}

// connecting is asked before each connection, with the address it goes to.
func (g *Guard) connecting(host, to string) error {
	p, err := netip.ParseAddrPort(to)
	if err != nil {
		return refuse("%q is no address", to)
	}
	port := int(p.Port())
	if name, err := hostName(host); err == nil {
		known, open := g.allow.name(name, port)
		if known && (open || g.ports.open(port)) && !p.Addr().Unmap().IsMulticast() {
			return nil
		}
	}
	return g.checkAddress(p.Addr(), port)
}
