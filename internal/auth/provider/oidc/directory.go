package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// How long and how much is kept.
const (
	fresh      = time.Hour        // until a document or key set is fetched anew
	usable     = 24 * time.Hour   // while fetching anew fails
	pause      = 10 * time.Second // after a failure, before the next attempt
	keysPause  = 15 * time.Second // between fetches that unknown key ids ask for
	maxIssuers = 256
)

// Metadata is the part of a discovery document that is used (OpenID Connect
// Discovery 1.0, section 3; RFC 8414; RFC 9207).
type Metadata struct {
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	UserinfoEndpoint      string   `json:"userinfo_endpoint"`
	JWKSURI               string   `json:"jwks_uri"`
	TokenAuthMethods      []string `json:"token_endpoint_auth_methods_supported"`
	SigningAlgorithms     []string `json:"id_token_signing_alg_values_supported"`
	SendsIssuer           bool     `json:"authorization_response_iss_parameter_supported"`
}

// Issuer is an issuer with its keys.
type Issuer struct {
	Metadata
	keys *keySet
	now  func() time.Time
}

// Directory keeps what was learnt of issuers. It may be used from any goroutine.
type Directory struct {
	fetcher *Fetcher
	now     func() time.Time
	mu      sync.Mutex
	issuers map[string]*kept[*Issuer]
}

// NewDirectory returns a directory that knows nothing yet. A nil clock is time.Now.
func NewDirectory(f *Fetcher, now func() time.Time) *Directory {
	if now == nil {
		now = time.Now
	}
	return &Directory{fetcher: f, now: now, issuers: map[string]*kept[*Issuer]{}}
}

// Lookup returns an issuer by its address, which the discovery document must name
// to the letter.
func (d *Directory) Lookup(ctx context.Context, issuer string) (*Issuer, error) {
	i, err := d.entry(issuer).get(ctx, d.now, func(ctx context.Context, old *Issuer) (*Issuer, error) { return d.discover(ctx, issuer, old) })
	if err != nil {
		return nil, fmt.Errorf("issuer %.200q: %w", issuer, err)
	}
	return i, nil
}

// entry returns the place of an issuer, and makes room for it where there is none:
// issuers of many tenants may come by.
func (d *Directory) entry(issuer string) *kept[*Issuer] {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e, ok := d.issuers[issuer]; ok {
		return e
	}
	if len(d.issuers) >= maxIssuers {
		for name := range d.issuers { // any one: maps have no order
			delete(d.issuers, name)
			break
		}
	}
	e := newKept[*Issuer]()
	d.issuers[issuer] = e
	return e
}

func (d *Directory) discover(ctx context.Context, issuer string, old *Issuer) (*Issuer, error) {
	base, err := url.Parse(issuer)
	if err != nil || base.Host == "" || base.RawQuery != "" || base.Fragment != "" || base.User != nil {
		return nil, errors.New("it is no address of an issuer")
	}
	next := &Issuer{now: d.now}
	if err := d.fetcher.JSON(ctx, Call{URL: strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration"}, &next.Metadata); err != nil {
		return nil, err
	}
	if next.Issuer != issuer {
		return nil, fmt.Errorf("its document names another one, %.200q", next.Issuer)
	}
	if err := next.check(base.Scheme); err != nil {
		return nil, err
	}
	next.keys = &keySet{url: next.JWKSURI, fetcher: d.fetcher, now: d.now, all: newKept[[]key]()}
	if old != nil && old.JWKSURI == next.JWKSURI {
		next.keys = old.keys
	}
	return next, nil
}

// check holds every address to the security of the issuer's own.
func (m *Metadata) check(scheme string) error {
	if m.JWKSURI == "" {
		return errors.New("its document names no keys")
	}
	for _, address := range []string{m.AuthorizationEndpoint, m.TokenEndpoint, m.UserinfoEndpoint, m.JWKSURI} {
		if address == "" {
			continue
		}
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.User != nil || !slices.Contains([]string{"https", scheme}, u.Scheme) {
			return fmt.Errorf("its document names %.200q, which is no %s address", address, scheme)
		}
	}
	return nil
}

// kept is a value that is fetched when it is needed, by one caller at a time.
type kept[V any] struct {
	turn    chan struct{} // holds one token, which the caller that fetches takes
	value   V
	known   bool
	fetched time.Time // the value
	tried   time.Time // the last attempt
	err     error     // of the last attempt
}

func newKept[V any]() *kept[V] {
	k := &kept[V]{turn: make(chan struct{}, 1)}
	k.turn <- struct{}{}
	return k
}

// get returns the value, and fetches it where it is missing or old. A failure is
// remembered for a moment, and an old value serves meanwhile.
func (k *kept[V]) get(ctx context.Context, now func() time.Time, fetch func(context.Context, V) (V, error)) (V, error) {
	return k.getUnless(ctx, now, fetch, func(V) bool { return true }, pause)
}

// getUnless is get, and fetches a fresh value too when it will not do and the last
// attempt was longer than wait ago.
func (k *kept[V]) getUnless(ctx context.Context, now func() time.Time, fetch func(context.Context, V) (V, error), will func(V) bool, wait time.Duration) (V, error) {
	var zero V
	select {
	case <-k.turn:
	case <-ctx.Done():
		return zero, ctx.Err()
	}
	defer func() { k.turn <- struct{}{} }()
	t := now()
	age, since := t.Sub(k.fetched), t.Sub(k.tried)
	due := !k.known || age >= fresh
	if due && (k.tried.IsZero() || since >= pause || since < 0) || !due && !will(k.value) && since >= wait {
		k.attempt(ctx, t, fetch)
	}
	if k.known && age < usable || k.known && k.err == nil {
		return k.value, nil
	}
	if k.err == nil {
		return zero, errors.New("what is known of it is too old")
	}
	return zero, k.err
}

func (k *kept[V]) attempt(ctx context.Context, t time.Time, fetch func(context.Context, V) (V, error)) {
	value, err := fetch(ctx, k.value)
	if err != nil && ctx.Err() != nil {
		k.err = err // the caller went away, which says nothing of the issuer
		return
	}
	k.tried, k.err = t, err
	if err == nil {
		k.value, k.known, k.fetched = value, true, t
	}
}
