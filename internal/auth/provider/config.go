package provider

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/auth/provider/oidc"
	"github.com/galleyhq/galley/internal/outgoing"
)

// Config is one provider: [auth.external.NAME].
type Config struct {
	Name    string // of a preset, or any other with an Issuer
	Enabled bool
	// ClientIDs are what the provider knows the app by. The first one signs in
	// here; ID tokens that apps bring may be for any of them.
	ClientIDs []string
	// Secret is the client's secret; "" for a public client. Apple's is a signed
	// JWT, or made from Apple's key when that is given.
	Secret string
	// URL is where the provider is, for those that run in several places: GitHub
	// Enterprise, GitLab, a tenant of Microsoft's, a realm of Keycloak.
	URL string
	// Issuer is the address of a provider that is none of the presets.
	Issuer string
	// RedirectURI overrides where the provider sends the browser back to.
	RedirectURI string
	// Scopes are asked for besides those that are needed.
	Scopes []string
	// CustomClaims are further claims to keep in custom_claims.
	CustomClaims []string
	// SkipNonceCheck lets ID tokens that apps bring have any nonce.
	SkipNonceCheck bool
	// EmailOptional lets people in of whom the provider tells no address.
	EmailOptional bool
	// Apple is the key that Apple's client secrets are made from.
	Apple AppleKey
}

// Options are what the providers need.
type Options struct {
	Providers []Config
	// Guard makes the calls. Without an entry in its allow list no provider on a
	// private address is reached.
	Guard *outgoing.Guard
	// Callback is the address that providers send browsers back to.
	Callback string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Set is the providers of a project. It may be used from any goroutine.
type Set struct {
	providers map[string]*Provider
	fetcher   *oidc.Fetcher
	directory *oidc.Directory
	callback  string
	now       func() time.Time
}

// Provider is one of them.
type Provider struct {
	Config
	kind kind
	set  *Set
}

// ErrUnknown and ErrDisabled are why a provider is not found.
var (
	ErrUnknown  = errors.New("provider could not be found")
	ErrDisabled = errors.New("provider is not enabled")
)

// New returns the providers, or what is wrong with the configuration. It calls
// none of them yet.
func New(o Options) (*Set, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	f := oidc.NewFetcher(o.Guard)
	s := &Set{providers: map[string]*Provider{}, fetcher: f, directory: oidc.NewDirectory(f, o.Now), callback: o.Callback, now: o.Now}
	for _, c := range o.Providers {
		c.Name = strings.ToLower(c.Name)
		p := &Provider{Config: c, set: s}
		var known bool
		if p.kind, known = kinds()[c.Name]; !known {
			p.kind = generic()
		}
		if err := p.check(known); err != nil {
			return nil, fmt.Errorf("auth.external.%s: %w", c.Name, err)
		}
		p.URL = strings.TrimSuffix(p.URL, "/")
		s.providers[c.Name] = p
	}
	return s, nil
}

// check tells what is wrong with the configuration of an enabled provider.
func (p *Provider) check(known bool) error {
	if !p.Enabled {
		return nil
	}
	if len(p.ClientIDs) == 0 || p.ClientIDs[0] == "" {
		return errors.New("client_id is missing")
	}
	if !known && p.Issuer == "" {
		return errors.New("it is none of the providers that are known by name: issuer is missing")
	}
	if p.Name == "keycloak" && p.URL == "" && p.Issuer == "" {
		return errors.New("url is missing: the address of the realm")
	}
	for _, address := range []string{p.URL, p.Issuer, p.RedirectURI} {
		u, err := url.Parse(address)
		if address != "" && (err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http") {
			return fmt.Errorf("%q is no address", address)
		}
	}
	if p.Apple.set() {
		_, err := p.Apple.sign(p.ClientIDs[0], p.set.now())
		return err
	}
	return nil
}

// Find returns an enabled provider by its name, in any case. Its error wraps
// ErrUnknown or ErrDisabled.
func (s *Set) Find(name string) (*Provider, error) {
	p, ok := s.providers[strings.ToLower(name)]
	switch {
	case !ok:
		if _, known := kinds()[strings.ToLower(name)]; known {
			return nil, fmt.Errorf("%.40s: %w", name, ErrDisabled)
		}
		return nil, fmt.Errorf("%.40s: %w", name, ErrUnknown)
	case !p.Enabled:
		return nil, fmt.Errorf("%.40s: %w", name, ErrDisabled)
	}
	return p, nil
}

// Enabled returns the names of the presets and of what is configured besides, and
// whether each is enabled.
func (s *Set) Enabled() map[string]bool {
	out := map[string]bool{}
	for name := range kinds() {
		out[name] = false
	}
	for name, p := range s.providers {
		out[name] = p.Enabled
	}
	return out
}

// clientID is what the provider knows the app by here.
func (p *Provider) clientID() string { return p.ClientIDs[0] }

// ReturnTo is the address that the provider sends browsers back to.
func (p *Provider) ReturnTo() string {
	if p.RedirectURI != "" {
		return p.RedirectURI
	}
	return p.set.callback
}

// ReturnsByForm tells whether it does so by a form, with POST, and not by a link.
func (p *Provider) ReturnsByForm() bool { return p.kind.params.Get("response_mode") == "form_post" }

// Known tells whether a provider is known by name.
func Known(name string) bool {
	_, known := kinds()[strings.ToLower(name)]
	return known
}
