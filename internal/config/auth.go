package config

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/config/value"
	"github.com/galleyhq/galley/internal/remote"
)

// Auth is the section [auth]. Its keys are named as in the Supabase CLI's
// config.toml where that has them.
type Auth struct {
	JWTSecret   string // HS256; "" uses the one made at first start
	JWTKeys     string // JSON Web Key Set or PEM of further keys to verify with
	JWTAudience string
	SigningKeys string // file of private JSON Web Keys that access tokens are signed with; "" uses those of the database

	Enabled                bool
	SiteURL                string // where the app is; "" is this server
	ExternalURL            string // where clients reach this server; "" is its own address
	AdditionalRedirectURLs []string
	JWTExpiry              int64  // of access tokens, seconds
	JWTIssuer              string // "" is ExternalURL with /auth/v1
	Signup                 bool
	AnonymousSignIns       bool
	ManualLinking          bool
	RefreshTokenRotation   bool
	RefreshTokenReuse      int64 // seconds in which a used refresh token is taken again
	MinimumPasswordLength  int64
	PasswordRequirements   string        // sets of characters that a password must have
	PasswordStrength       int64         // least score of zxcvbn, 0 to 4
	PasswordLeaks          bool          // ask the leak service
	PasswordWorkers        int64         // passwords hashed at once; 0 decides by the processors
	AuditRetention         time.Duration // how long events are kept; 0 is for ever

	Email    AuthEmail
	SMS      AuthSMS
	MFA      AuthMFA
	Passkeys Passkeys
	Sessions AuthSessions
	Limits   AuthLimits
	Captcha  Captcha
	UI       AuthUI
	External map[string]Provider
	Hooks    map[string]AuthHook
}

// AuthEmail is the section [auth.email].
type AuthEmail struct {
	Signup          bool // ways in by mail are open
	Confirmations   bool // an address is proven before it is used
	DoubleConfirm   bool // a change of address is confirmed on both ends
	SecurePassword  bool // a change of password needs a recent sign-in or a code
	CurrentPassword bool // and the password until then
	MaxFrequency    time.Duration
	OTPLength       int64
	OTPExpiry       int64           // seconds
	Notices         map[string]bool // those of notices that are sent
}

// AuthSMS is the section [auth.sms].
type AuthSMS struct {
	Signup        bool
	Confirmations bool
	MaxFrequency  time.Duration
	OTPLength     int64
	OTPExpiry     int64 // seconds
	Template      string
}

// AuthMFA is the section [auth.mfa].
type AuthMFA struct {
	MaxFactors        int64
	TOTP, Phone, WebN FactorKind
	PhoneOTPLength    int64
	PhoneTemplate     string
	PhoneMaxFrequency time.Duration
}

// FactorKind is what may be done with factors of a kind.
type FactorKind struct{ Enroll, Verify bool }

// Passkeys are the sections [auth.passkey] and [auth.webauthn].
type Passkeys struct {
	Enabled bool
	RPID    string // "" is the host of SiteURL
	RPName  string
	Origins []string // none is that of SiteURL
}

// AuthSessions is the section [auth.sessions]; 0 is no limit.
type AuthSessions struct {
	Timebox    time.Duration
	Inactivity time.Duration
	Single     bool
	AllowLow   time.Duration // how long a session may be one of aal1 whose user has a second factor
}

// AuthLimits is the section [auth.rate_limit]: of an address, in five minutes;
// messages sent are of the project in an hour. 0 is no limit.
type AuthLimits struct {
	EmailSent, SMSSent                         int64
	AnonymousUsers                             int64 // in an hour
	TokenRefresh, SignInSignUps, Verifications int64
	LockAfter                                  int64         // wrong passwords or codes of an account; 0 never
	LockFor                                    time.Duration // at first, and twice as long each time
	TrustedProxies                             []string      // whose X-Forwarded-For is believed
}

// Proxies are TrustedProxies as addresses. An error is Problems.
func (l AuthLimits) Proxies() (remote.Proxies, error) {
	p, err := remote.NewProxies(l.TrustedProxies)
	if err != nil {
		return p, Problems{{Key: "auth.rate_limit.trusted_proxies", Message: err.Error()}}
	}
	return p, nil
}

// Captcha is the section [auth.captcha].
type Captcha struct {
	Enabled  bool
	Provider string // hcaptcha or turnstile
	Secret   string
	SiteKey  string // by which browsers know it; the sign-in page needs it
}

// Provider is the section [auth.external.NAME].
type Provider struct {
	Enabled       bool
	ClientID      string // further ones after commas are taken in ID tokens
	Secret        string
	RedirectURI   string
	URL           string // of the provider, or its issuer
	Scopes        string
	SkipNonce     bool
	EmailOptional bool
	CustomClaims  string // names of further claims to keep, separated by commas
	TeamID, KeyID string // of Apple's key
	PrivateKey    string // Apple's (.p8): PEM, or the file that has it
}

// AuthHook is the section [auth.hook.NAME].
type AuthHook struct {
	Enabled bool
	URI     string // pg-functions://postgres/schema/function, or https
	Secrets string // of Standard Webhooks, separated by |
}

func authDefaults() Auth {
	return Auth{
		Enabled: true, JWTExpiry: 3600, Signup: true, RefreshTokenRotation: true, RefreshTokenReuse: 10,
		MinimumPasswordLength: 8, PasswordStrength: 3,
		Email: AuthEmail{Signup: true, Confirmations: true, DoubleConfirm: true, SecurePassword: true, MaxFrequency: time.Minute, OTPLength: 6, OTPExpiry: 3600},
		SMS: AuthSMS{Confirmations: true, MaxFrequency: time.Minute, OTPLength: 6, OTPExpiry: 60 * 10,
			Template: "Your code is {{ .Code }}"},
		MFA: AuthMFA{MaxFactors: 10, TOTP: FactorKind{true, true}, PhoneOTPLength: 6, PhoneTemplate: "Your code is {{ .Code }}", PhoneMaxFrequency: time.Minute},
		Limits: AuthLimits{EmailSent: 100, SMSSent: 30, AnonymousUsers: 30, TokenRefresh: 150, SignInSignUps: 30, Verifications: 30,
			LockAfter: 10, LockFor: time.Minute},
		UI: authUIDefaults(), External: map[string]Provider{}, Hooks: map[string]AuthHook{},
	}
}

func authKeys() []key {
	bools, ints := authBooleans(), authIntegers()
	return slices.Concat([]key{
		{"auth.jwt_secret", text(func(c *Config) *string { return &c.Auth.JWTSecret })},
		{"auth.jwt_keys", text(func(c *Config) *string { return &c.Auth.JWTKeys })},
		{"auth.jwt_audience", text(func(c *Config) *string { return &c.Auth.JWTAudience })},
		{"auth.jwt_issuer", text(func(c *Config) *string { return &c.Auth.JWTIssuer })},
		{"auth.signing_keys_path", text(func(c *Config) *string { return &c.Auth.SigningKeys })},
		{"auth.site_url", text(func(c *Config) *string { return &c.Auth.SiteURL })},
		{"auth.external_url", text(func(c *Config) *string { return &c.Auth.ExternalURL })},
		{"auth.additional_redirect_urls", list(func(c *Config) *[]string { return &c.Auth.AdditionalRedirectURLs })},
		{"auth.password_requirements", choice(func(c *Config) *string { return &c.Auth.PasswordRequirements },
			"", "letters_digits", "lower_upper_letters_digits", "lower_upper_letters_digits_symbols")},
		{"auth.email.max_frequency", duration(func(c *Config) *time.Duration { return &c.Auth.Email.MaxFrequency })},
		{"auth.sms.max_frequency", duration(func(c *Config) *time.Duration { return &c.Auth.SMS.MaxFrequency })},
		{"auth.sms.template", text(func(c *Config) *string { return &c.Auth.SMS.Template })},
		{"auth.mfa.phone.template", text(func(c *Config) *string { return &c.Auth.MFA.PhoneTemplate })},
		{"auth.mfa.phone.max_frequency", duration(func(c *Config) *time.Duration { return &c.Auth.MFA.PhoneMaxFrequency })},
		{"auth.webauthn.rp_id", text(func(c *Config) *string { return &c.Auth.Passkeys.RPID })},
		{"auth.webauthn.rp_display_name", text(func(c *Config) *string { return &c.Auth.Passkeys.RPName })},
		{"auth.webauthn.rp_origins", list(func(c *Config) *[]string { return &c.Auth.Passkeys.Origins })},
		{"auth.sessions.timebox", duration(func(c *Config) *time.Duration { return &c.Auth.Sessions.Timebox })},
		{"auth.sessions.inactivity_timeout", duration(func(c *Config) *time.Duration { return &c.Auth.Sessions.Inactivity })},
		{"auth.sessions.allow_low_aal", duration(func(c *Config) *time.Duration { return &c.Auth.Sessions.AllowLow })},
		{"auth.audit_retention", duration(func(c *Config) *time.Duration { return &c.Auth.AuditRetention })},
		{"auth.rate_limit.lock_for", duration(func(c *Config) *time.Duration { return &c.Auth.Limits.LockFor })},
		{"auth.rate_limit.trusted_proxies", list(func(c *Config) *[]string { return &c.Auth.Limits.TrustedProxies })},
		{"auth.captcha.provider", choice(func(c *Config) *string { return &c.Auth.Captcha.Provider }, "hcaptcha", "turnstile")},
		{"auth.captcha.site_key", text(func(c *Config) *string { return &c.Auth.Captcha.SiteKey })},
		{"auth.captcha.secret", text(func(c *Config) *string { return &c.Auth.Captcha.Secret })},
	}, bools, ints, noticeKeys(), authUIKeys())
}

func authBooleans() []key {
	var out []key
	for name, field := range map[string]func(*Auth) *bool{
		"enabled": func(a *Auth) *bool { return &a.Enabled }, "enable_signup": func(a *Auth) *bool { return &a.Signup },
		"enable_anonymous_sign_ins":      func(a *Auth) *bool { return &a.AnonymousSignIns },
		"enable_manual_linking":          func(a *Auth) *bool { return &a.ManualLinking },
		"enable_refresh_token_rotation":  func(a *Auth) *bool { return &a.RefreshTokenRotation },
		"password_leak_check":            func(a *Auth) *bool { return &a.PasswordLeaks },
		"email.enable_signup":            func(a *Auth) *bool { return &a.Email.Signup },
		"email.enable_confirmations":     func(a *Auth) *bool { return &a.Email.Confirmations },
		"email.double_confirm_changes":   func(a *Auth) *bool { return &a.Email.DoubleConfirm },
		"email.secure_password_change":   func(a *Auth) *bool { return &a.Email.SecurePassword },
		"email.require_current_password": func(a *Auth) *bool { return &a.Email.CurrentPassword },
		"sms.enable_signup":              func(a *Auth) *bool { return &a.SMS.Signup },
		"sms.enable_confirmations":       func(a *Auth) *bool { return &a.SMS.Confirmations },
		"mfa.totp.enroll_enabled":        func(a *Auth) *bool { return &a.MFA.TOTP.Enroll },
		"mfa.totp.verify_enabled":        func(a *Auth) *bool { return &a.MFA.TOTP.Verify },
		"mfa.phone.enroll_enabled":       func(a *Auth) *bool { return &a.MFA.Phone.Enroll },
		"mfa.phone.verify_enabled":       func(a *Auth) *bool { return &a.MFA.Phone.Verify },
		"mfa.web_authn.enroll_enabled":   func(a *Auth) *bool { return &a.MFA.WebN.Enroll },
		"mfa.web_authn.verify_enabled":   func(a *Auth) *bool { return &a.MFA.WebN.Verify },
		"passkey.enabled":                func(a *Auth) *bool { return &a.Passkeys.Enabled },
		"sessions.single_per_user":       func(a *Auth) *bool { return &a.Sessions.Single },
		"captcha.enabled":                func(a *Auth) *bool { return &a.Captcha.Enabled },
	} {
		out = append(out, key{"auth." + name, boolean(func(c *Config) *bool { return field(&c.Auth) })})
	}
	slices.SortFunc(out, func(a, b key) int { return strings.Compare(a.name, b.name) })
	return out
}

// notices are the mails that tell of changes of an account.
var notices = []string{"password_changed", "email_changed", "phone_changed", "identity_linked", "identity_unlinked",
	"mfa_factor_enrolled", "mfa_factor_unenrolled"}

// noticeKeys turn them on, each for itself.
func noticeKeys() []key {
	var out []key
	for _, name := range notices {
		out = append(out, key{"auth.email.notification." + name + ".enabled", func(c *Config, v any) error {
			on, err := value.Boolean(v)
			if c.Auth.Email.Notices == nil {
				c.Auth.Email.Notices = map[string]bool{}
			}
			c.Auth.Email.Notices[name] = on
			return err
		}})
	}
	return out
}

func authIntegers() []key {
	of := func(name string, least, most int64, field func(*Auth) *int64) key {
		return key{"auth." + name, integer(func(c *Config) *int64 { return field(&c.Auth) }, least, most)}
	}
	return []key{
		of("jwt_expiry", 30, 7*24*3600, func(a *Auth) *int64 { return &a.JWTExpiry }),
		of("refresh_token_reuse_interval", 0, 600, func(a *Auth) *int64 { return &a.RefreshTokenReuse }),
		of("minimum_password_length", 1, 72, func(a *Auth) *int64 { return &a.MinimumPasswordLength }),
		of("password_strength", 0, 4, func(a *Auth) *int64 { return &a.PasswordStrength }),
		of("password_workers", 0, 1024, func(a *Auth) *int64 { return &a.PasswordWorkers }),
		of("email.otp_length", 6, 10, func(a *Auth) *int64 { return &a.Email.OTPLength }),
		of("email.otp_expiry", 10, 86400, func(a *Auth) *int64 { return &a.Email.OTPExpiry }),
		of("sms.otp_length", 6, 10, func(a *Auth) *int64 { return &a.SMS.OTPLength }),
		of("sms.otp_expiry", 10, 86400, func(a *Auth) *int64 { return &a.SMS.OTPExpiry }),
		of("mfa.max_enrolled_factors", 0, 100, func(a *Auth) *int64 { return &a.MFA.MaxFactors }),
		of("mfa.phone.otp_length", 6, 10, func(a *Auth) *int64 { return &a.MFA.PhoneOTPLength }),
		of("rate_limit.email_sent", 0, math.MaxInt32, func(a *Auth) *int64 { return &a.Limits.EmailSent }),
		of("rate_limit.sms_sent", 0, math.MaxInt32, func(a *Auth) *int64 { return &a.Limits.SMSSent }),
		of("rate_limit.anonymous_users", 0, math.MaxInt32, func(a *Auth) *int64 { return &a.Limits.AnonymousUsers }),
		of("rate_limit.token_refresh", 0, math.MaxInt32, func(a *Auth) *int64 { return &a.Limits.TokenRefresh }),
		of("rate_limit.sign_in_sign_ups", 0, math.MaxInt32, func(a *Auth) *int64 { return &a.Limits.SignInSignUps }),
		of("rate_limit.token_verifications", 0, math.MaxInt32, func(a *Auth) *int64 { return &a.Limits.Verifications }),
		of("rate_limit.lock_after", 0, math.MaxInt32, func(a *Auth) *int64 { return &a.Limits.LockAfter }),
	}
}

// authNamed are the keys of [auth.external.NAME] and [auth.hook.NAME].
func authNamed() []named {
	provider := namedIn("auth.external", func(c *Config) map[string]Provider { return c.Auth.External })
	hook := namedIn("auth.hook", func(c *Config) map[string]AuthHook { return c.Auth.Hooks })
	return []named{
		provider("enabled", func(p *Provider, v any) error { return put(&p.Enabled, v, value.Boolean) }),
		provider("client_id", func(p *Provider, v any) error { return put(&p.ClientID, v, value.Text) }),
		provider("secret", func(p *Provider, v any) error { return put(&p.Secret, v, value.Text) }),
		provider("redirect_uri", func(p *Provider, v any) error { return put(&p.RedirectURI, v, value.Text) }),
		provider("url", func(p *Provider, v any) error { return put(&p.URL, v, value.Text) }),
		provider("scopes", func(p *Provider, v any) error { return put(&p.Scopes, v, value.Text) }),
		provider("skip_nonce_check", func(p *Provider, v any) error { return put(&p.SkipNonce, v, value.Boolean) }),
		provider("email_optional", func(p *Provider, v any) error { return put(&p.EmailOptional, v, value.Boolean) }),
		provider("custom_claims", func(p *Provider, v any) error { return put(&p.CustomClaims, v, value.Text) }),
		provider("team_id", func(p *Provider, v any) error { return put(&p.TeamID, v, value.Text) }),
		provider("key_id", func(p *Provider, v any) error { return put(&p.KeyID, v, value.Text) }),
		provider("private_key", func(p *Provider, v any) error { return put(&p.PrivateKey, v, value.Text) }),
		hook("enabled", func(h *AuthHook, v any) error { return put(&h.Enabled, v, value.Boolean) }),
		hook("uri", func(h *AuthHook, v any) error { return put(&h.URI, v, value.Text) }),
		hook("secrets", func(h *AuthHook, v any) error { return put(&h.Secrets, v, value.Text) }),
	}
}

func (l *loader) validateAuth() {
	l.validateAuthUI()
	a := l.config.Auth
	for name, value := range map[string]string{"auth.site_url": a.SiteURL, "auth.external_url": a.ExternalURL} {
		if u, err := url.Parse(value); value != "" && (err != nil || u.Scheme == "" || u.Host == "" && u.Opaque == "" && u.Path == "") {
			l.wrong(name, "expected a URL, such as https://app.example.org")
		}
	}
	if a.Captcha.Enabled && (a.Captcha.Provider == "" || a.Captcha.Secret == "") {
		l.wrong("auth.captcha.enabled", "auth.captcha.provider and auth.captcha.secret are needed")
	}
	for name, p := range a.External {
		if p.Enabled && p.ClientID == "" {
			l.wrong("auth.external."+name+".client_id", fmt.Sprintf("the provider %s needs one", name))
		}
	}
	for name, h := range a.Hooks {
		if h.Enabled && h.URI == "" {
			l.wrong("auth.hook."+name+".uri", "an enabled hook needs one")
		}
	}
}
