package remote

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// AtHome tells whether a request came from this machine itself: under a name of this
// machine, by no proxy, and by no page of another origin. That a person follows a link
// here is all right. Where the server listens on a loopback address only, it is the
// developer who asks.
func AtHome(r *http.Request) bool { return fromHere(r) && !fromElsewhere(r) }

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
// request (Fetch Metadata). That a person follows a link is none.
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
