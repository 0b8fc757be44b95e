package config

import (
	"net/url"
	"strings"
	"time"
)

// Stripe is the section [stripe].
type Stripe struct {
	SecretKey     string // "" leaves it to the secret STRIPE_SECRET_KEY of functions
	WebhookSecret string // "" leaves it to STRIPE_WEBHOOK_SECRET
	WebhookPath   string // where the sandbox sends events
	Sandbox       bool   // without a key, also where --dev is not given
	BaseURL       string // of Stripe's API; "" is Stripe's
	Timeout       time.Duration
}

// Shipping is the section [shipping].
type Shipping struct {
	Sandbox bool // the sandbox makes labels, also where --dev is not given
}

func stripeDefaults() Stripe {
	return Stripe{WebhookPath: "/functions/v1/stripe-webhook", Timeout: 20 * time.Second}
}

func integrationKeys() []key {
	return []key{
		{"stripe.secret_key", text(func(c *Config) *string { return &c.Stripe.SecretKey })},
		{"stripe.webhook_secret", text(func(c *Config) *string { return &c.Stripe.WebhookSecret })},
		{"stripe.webhook_path", text(func(c *Config) *string { return &c.Stripe.WebhookPath })},
		{"stripe.sandbox", boolean(func(c *Config) *bool { return &c.Stripe.Sandbox })},
		{"stripe.base_url", text(func(c *Config) *string { return &c.Stripe.BaseURL })},
		{"stripe.timeout", duration(func(c *Config) *time.Duration { return &c.Stripe.Timeout })},
		{"shipping.sandbox", boolean(func(c *Config) *bool { return &c.Shipping.Sandbox })},
	}
}

// integrations looks at [stripe].
func (l *loader) integrations() {
	s := l.config.Stripe
	if s.SecretKey != "" {
		if !strings.HasPrefix(s.SecretKey, "sk_") && !strings.HasPrefix(s.SecretKey, "rk_") {
			l.wrong("stripe.secret_key", "expected a secret key, which begins with sk_ or rk_; pk_ is the public one")
		}
		if s.Sandbox {
			l.wrong("stripe.sandbox", "the sandbox takes no payments, and stripe.secret_key is set: take one of them away")
		}
	}
	if !strings.HasPrefix(s.WebhookPath, "/") || strings.HasPrefix(s.WebhookPath, "//") {
		l.wrong("stripe.webhook_path", "expected a path of this server, such as /functions/v1/stripe-webhook")
	}
	if s.Timeout <= 0 {
		l.wrong("stripe.timeout", "every call needs a time to end at")
	}
	if s.BaseURL == "" {
		return
	}
	u, err := url.Parse(s.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Host)) {
		l.wrong("stripe.base_url", "expected an https URL, or http on this machine: the secret key goes there")
	}
}
