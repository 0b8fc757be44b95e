// Package outgoing makes the HTTP calls that a project, its users or their data
// ask for. It reaches no address that only this machine, its network or its cloud
// can reach (SSRF), unless the configuration lets it: every connection is judged
// by the address it is about to go to, after the name was resolved, so that a name
// that changes its mind gets no further, and neither does a redirect.
//
//	guard, err := outgoing.New(outgoing.Config{Allow: []string{"10.1.0.0/16", "hooks.internal:8080"}})
//	answer, err := guard.Do(ctx, outgoing.Request{Method: "POST", URL: url, Body: body})
//	refused, isRefused := errors.AsType[*outgoing.Refused](err)
//
// A library that wants an http.Client gets guard.Client(). Every call has a
// deadline; what is sent and what is read is bounded.
package outgoing

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Config says how far calls may go. Its zero value is the strictest, and fine.
type Config struct {
	// Allow is what may be reached though it is not public, or at another port:
	// addresses, ranges (CIDR) and host names ("*.corp.example" for all below),
	// each with a port or without ("10.0.0.0/8", "[fd00::1]:8080", "hooks:9000").
	// Whoever lists a name trusts what it resolves to.
	Allow []string
	// Ports are the ports of URLs, single or as a range ("8000-8999"); 80, 443 and
	// those from 1024 up by default, without those that no browser connects to
	// because another protocol lives there.
	Ports []string
	// Proxy is an HTTP proxy that all calls go through; none by default, whatever
	// the environment says. It resolves names itself, so that only addresses and
	// names in the URL are judged here, and it has to keep to the rest.
	Proxy string
	// Timeout bounds a call as a whole; 30 s by default. A Request may ask for less.
	Timeout time.Duration
	// MaxResponse bounds the body of a response, unpacked, in bytes; 10 MiB by
	// default.
	MaxResponse int64
	// Redirects bounds how often a call is sent elsewhere; 5 by default, none if
	// negative.
	Redirects int
}

// Bounds that are not configured.
const (
	maxURL            = 8 << 10  // bytes
	maxHeaders        = 100      // of a request
	maxHeaderBytes    = 32 << 10 // of a request
	maxResponseHeader = 64 << 10 // bytes
	dialTimeout       = 10 * time.Second
	idlePerHost       = 4
	idleConns         = 64
	connsPerHost      = 32
	idleTimeout       = 30 * time.Second
)

func (c Config) withDefaults() Config {
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.MaxResponse <= 0 {
		c.MaxResponse = 10 << 20
	}
	if c.Redirects == 0 {
		c.Redirects = 5
	}
	return c
}

// Guard makes calls. It keeps connections of its own, so that nobody else's are
// used.
type Guard struct {
	config    Config
	allow     allowList
	ports     portList
	transport *http.Transport
	resolver  *net.Resolver // nil for the system's; tests bring their own
}

// Validate tells what is wrong with a configuration.
func (c Config) Validate() error {
	_, err := New(c)
	return err
}

// New returns a guard, or what is wrong with the configuration. It connects to
// nothing yet.
func New(c Config) (*Guard, error) {
	c = c.withDefaults()
	g := &Guard{config: c}
	var err error
	if g.allow, err = parseAllow(c.Allow); err != nil {
		return nil, err
	}
	if g.ports, err = parsePorts(c.Ports); err != nil {
		return nil, err
	}
	g.transport = &http.Transport{
		DialContext: g.dial, ForceAttemptHTTP2: true, TLSHandshakeTimeout: dialTimeout,
		MaxIdleConns: idleConns, MaxIdleConnsPerHost: idlePerHost, MaxConnsPerHost: connsPerHost, IdleConnTimeout: idleTimeout,
		MaxResponseHeaderBytes: maxResponseHeader, ExpectContinueTimeout: time.Second,
	}
	if c.Proxy != "" {
		proxy, err := url.Parse(c.Proxy)
		if err != nil || (proxy.Scheme != "http" && proxy.Scheme != "https") || proxy.Hostname() == "" {
			return nil, fmt.Errorf("the proxy of outgoing calls is not http://host:port or https://host:port")
		}
		g.transport.Proxy = http.ProxyURL(proxy)
		g.transport.DialContext = (&net.Dialer{Timeout: dialTimeout}).DialContext // to the proxy, and nowhere else
	}
	return g, nil
}

// Client returns a client for a library that makes the calls itself. Its requests
// are held to the same rules; reading more of a body than Config.MaxResponse
// fails with ErrTooLarge.
func (g *Guard) Client() *http.Client {
	return &http.Client{Transport: roundTripper{g}, Timeout: g.config.Timeout, CheckRedirect: g.redirect}
}

// Close gives up the connections that no call uses.
func (g *Guard) Close() { g.transport.CloseIdleConnections() }
