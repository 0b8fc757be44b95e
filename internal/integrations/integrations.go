// Package integrations is the services outside that functions work with: Stripe, which
// takes payments, and carriers, which take parcels. Without keys sandboxes stand in for
// them on a developer's machine.
//
//	service, err := integrations.New(integrations.Config{DB: db, Settings: c, …})
//	answer := service.Call(ctx, "stripe.checkout", request) // for functions
//
// payment says what a payment service does, stripe does it by Stripe, sandbox without
// it; carrier makes labels. docs/integrations.md tells the rest.
package integrations

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/integrations/carrier"
	"github.com/galleyhq/galley/internal/integrations/payment"
	"github.com/galleyhq/galley/internal/integrations/sandbox"
	"github.com/galleyhq/galley/internal/integrations/stripe"
	"github.com/galleyhq/galley/internal/jobs"
)

// The secrets of functions that are asked for what the configuration does not say.
const (
	secretKeyName     = "STRIPE_SECRET_KEY"
	webhookSecretName = "STRIPE_WEBHOOK_SECRET"
)

// Schema is the steps that build the tables of this package, for migrate.Own.
func Schema() []string { return sandbox.Schema() }

// Config is what the service needs.
type Config struct {
	DB       database.DB
	Settings config.Config // its sections stripe and shipping
	Secret   string        // the project's
	URL      func() string // where browsers find the server
	SelfURL  func() string // where the server finds itself
	// Env is a secret of functions, "" for none.
	Env    func(ctx context.Context, name string) string
	HTTP   *http.Client // to the outside
	Local  *http.Client // to the server itself
	Logger *slog.Logger
}

// Service is the services outside.
type Service struct {
	config  Config
	sandbox *sandbox.Sandbox
	carrier carrier.Sandbox
}

// New returns the service. It asks nobody anything.
func New(c Config) *Service {
	s := &Service{config: c}
	s.sandbox = sandbox.New(sandbox.Config{DB: c.DB, URL: c.URL, Secret: s.sandboxSecret(), HTTP: c.Local, Logger: c.Logger,
		Webhook: func() string { return strings.TrimRight(c.SelfURL(), "/") + c.Settings.Stripe.WebhookPath },
		Active:  func(ctx context.Context) bool { return s.Mode(ctx) == Sandbox }})
	s.carrier = carrier.Sandbox{DB: c.DB, URL: c.URL, Active: func() bool { return c.Settings.Dev || c.Settings.Shipping.Sandbox }}
	return s
}

// sandboxSecret is what the sandbox's events are signed with: what the configuration
// says, for tests that sign some themselves, or else one that is made.
func (s *Service) sandboxSecret() string {
	if said := s.config.Settings.Stripe.WebhookSecret; said != "" {
		return said
	}
	return sandbox.WebhookSecret(s.config.Secret)
}

// Whom payments go to.
const (
	Live    = "live"
	Test    = "test"    // Stripe, with a key for tests
	Sandbox = "sandbox" // nobody
	Off     = "off"
)

// Mode is whom payments go to now: secrets of functions change while a server runs. A key
// always comes first. Without one there is nobody, but on a developer's machine, or where
// the project asks for the sandbox by name.
func (s *Service) Mode(ctx context.Context) string {
	key, c := s.key(ctx), s.config.Settings
	switch {
	case strings.HasPrefix(key, "sk_test_"), strings.HasPrefix(key, "rk_test_"):
		return Test
	case key != "":
		return Live
	case c.Dev || c.Stripe.Sandbox:
		return Sandbox
	}
	return Off
}

func (s *Service) key(ctx context.Context) string {
	if key := s.config.Settings.Stripe.SecretKey; key != "" {
		return key
	}
	return s.config.Env(ctx, secretKeyName)
}

// webhookSecret is what events are checked by.
func (s *Service) webhookSecret(ctx context.Context) string {
	if s.Mode(ctx) == Sandbox {
		return s.sandboxSecret()
	}
	if secret := s.config.Settings.Stripe.WebhookSecret; secret != "" {
		return secret
	}
	return s.config.Env(ctx, webhookSecretName)
}

// provider is who takes payments now.
func (s *Service) provider(ctx context.Context) (payment.Provider, error) {
	switch s.Mode(ctx) {
	case Sandbox:
		return s.sandbox, nil
	case Off:
		return nil, payment.New(payment.NotConfigured, "nobody takes payments: set stripe.secret_key, or the secret %s, or stripe.sandbox = true to try things out", secretKeyName)
	}
	c := s.config.Settings.Stripe
	return stripe.New(stripe.Config{Key: s.key(ctx), BaseURL: c.BaseURL, Timeout: c.Timeout, HTTP: s.config.HTTP}), nil
}

// Handlers do the jobs of the sandbox.
func (s *Service) Handlers() map[string]jobs.Handler { return s.sandbox.Handlers() }

// StripePages are the pages of Stripe's sandbox, below /dev/stripe. open shows the list
// to this machine without a key.
func (s *Service) StripePages(open bool) http.Handler { return s.sandbox.Pages(open) }

// ShippingPages are the pages of the carrier's sandbox, below /dev/shipping.
func (s *Service) ShippingPages() http.Handler { return s.carrier.Pages() }
