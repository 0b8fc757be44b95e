// Package auth serves accounts at /auth/v1 as GoTrue does. This package puts the
// parts together: store is the tables, session and signing the tokens, core what
// handlers share; account, flow, external and adminapi are handlers.
//
//	a, err := auth.New(auth.Config{DB: db, Settings: c, …})
//	mux.Handle("/auth/v1/", http.StripPrefix("/auth/v1", a))
package auth

import (
	"cmp"
	"log/slog"
	"maps"
	"net/http"
	"slices"

	"github.com/galleyhq/galley/internal/auth/account"
	"github.com/galleyhq/galley/internal/auth/adminapi"
	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/external"
	"github.com/galleyhq/galley/internal/auth/flow"
	"github.com/galleyhq/galley/internal/auth/limit"
	"github.com/galleyhq/galley/internal/auth/mfa"
	"github.com/galleyhq/galley/internal/auth/passkey"
	"github.com/galleyhq/galley/internal/auth/password"
	"github.com/galleyhq/galley/internal/auth/signing"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/ui"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/migrate"
)

// Parts are the tables of accounts on an engine, for migrate.Own.
func Parts(engine string) []migrate.Part {
	return []migrate.Part{{Name: "auth", Steps: store.Schema(engine)}, {Name: "auth_signing", Steps: signing.Schema()},
		{Name: "auth_limit", Steps: limit.Schema()}}
}

// Config is core's, of which Pool and Judge are made here when they are nil.
type Config = core.Config

// maxBody bounds the body of a request, in bytes.
const maxBody = 1 << 20

// API is the handler of the paths below /auth/v1.
type API struct {
	http.Handler
	Page http.Handler // of /auth/ui and below it; nil when there is no sign-in page
	// Patterns are the paths of the API, for http.ServeMux: so that a test can hold
	// that each has a limit.
	Patterns []string
}

// New returns the API and the sign-in page.
func New(c Config) (*API, error) {
	if err := passwords(&c); err != nil {
		return nil, err
	}
	if c.Limits == nil {
		c.Limits = newLimits(c.DB, c.Settings.Auth.Limits)
	}
	if err := wireHooks(&c); err != nil {
		return nil, err
	}
	shared, err := core.New(c)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	flows := flow.New(shared)
	accounts := account.New(shared, flows)
	factors, err := mfa.New(shared)
	if err != nil {
		return nil, err
	}
	passkeys, err := passkey.New(shared)
	if err != nil {
		return nil, err
	}
	routes := map[string]autherr.Handler{}
	maps.Copy(routes, accounts.Routes())
	maps.Copy(routes, flows.Routes())
	maps.Copy(routes, adminapi.New(shared, flows).Routes())
	if c.Guard != nil {
		others, err := external.New(shared, flows, c.Guard)
		if err != nil {
			return nil, err
		}
		accounts.IDToken = others.IDToken
		maps.Copy(routes, others.Routes())
	}
	maps.Copy(routes, factors.Routes())
	maps.Copy(routes, passkeys.Routes())
	maps.Copy(routes, absent())
	routes["GET /.well-known/jwks.json"] = keys(c.Keys)
	routes["GET /.well-known/openid-configuration"] = provider(shared)
	routes["/"] = unknown
	for pattern, h := range routes {
		mux.Handle(pattern, h)
	}
	api := &API{Handler: httpapi.Chain(mux, noHead, httpapi.LimitBody(maxBody), addressed(shared)), Patterns: slices.Sorted(maps.Keys(routes))}
	if !c.Settings.Auth.UI.Enabled {
		return api, nil
	}
	page, err := ui.New(shared, flows)
	if err != nil {
		return nil, err
	}
	api.Page = page
	return api, nil
}

// noHead refuses HEAD: the paths of links act, and programs that look at the links
// of mails beforehand must not use them up.
func noHead(next http.Handler) http.Handler {
	return autherr.Handler(func(w http.ResponseWriter, r *http.Request) error {
		if r.Method == http.MethodHead {
			return autherr.New(http.StatusMethodNotAllowed, autherr.ValidationFailed, "HEAD %s: ask with GET", r.URL.Path)
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// passwords makes what judges and hashes, as the settings say.
func passwords(c *Config) (err error) {
	a := c.Settings.Auth
	if c.Pool == nil {
		if c.Pool, err = password.NewPool(password.Config{Workers: int(a.PasswordWorkers)}); err != nil {
			return err
		}
	}
	if c.Judge == nil {
		required, err := password.Required(a.PasswordRequirements)
		if err != nil {
			return config.Problems{{Key: "auth.password_requirements", Message: err.Error()}}
		}
		var leaks *password.Leaks
		if a.PasswordLeaks && c.Guard != nil {
			leaks = &password.Leaks{Guard: c.Guard, Log: cmp.Or(c.Logger, slog.Default())}
		}
		c.Judge = password.NewJudge(password.Policy{MinLength: int(a.MinimumPasswordLength), Required: required, Strength: int(a.PasswordStrength)}, c.Pool, leaks)
	}
	return nil
}

func unknown(_ http.ResponseWriter, r *http.Request) error {
	return autherr.New(http.StatusNotFound, autherr.ValidationFailed, "%s %s: not part of this version of Galley", r.Method, r.URL.Path)
}
