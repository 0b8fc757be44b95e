package limit

import (
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
)

// Rates are the settings of [auth.rate_limit]: of an address in five minutes, of
// anonymous sign-ins in an hour, of messages those of the project in an hour. 0 is
// no limit.
type Rates struct {
	EmailSent, SMSSent           int
	AnonymousUsers, TokenRefresh int
	SignInSignUps, Verifications int
}

// Rules are the limits of the endpoints.
type Rules struct {
	Emails, SMS  Rule // by ""
	Anonymous    Rule // by address
	TokenRefresh Rule // by address: grants of refresh tokens
	SignIn       Rule // by address: sign-up, sign-in by password, magic link, OTP, recovery, resending
	Account      Rule // by account: the same, from however many addresses
	Verify       Rule // by address: codes and links of mails and messages
	Factor       Rule // by address: challenges of factors and their answers
	Passkey      Rule // by address
}

const (
	window = 5 * time.Minute
	burst  = 30 // at once, as GoTrue's endpoints take
)

// NewRules makes the limits of the settings.
func NewRules(r Rates) Rules {
	address := func(name string, events int) Rule {
		return Rule{Name: name, Rate: Rate{Events: float64(events), Per: window, Burst: burst}}
	}
	hourly := func(name, code, message string, events int) Rule {
		return Rule{Name: name, Rate: Rate{Events: float64(events), Per: time.Hour, Burst: events}, Code: code, Message: message}
	}
	return Rules{
		Emails:       hourly("emails", autherr.OverEmailSendRateLimit, "email rate limit exceeded", r.EmailSent),
		SMS:          hourly("sms", autherr.OverSMSSendRateLimit, "SMS rate limit exceeded", r.SMSSent),
		Anonymous:    hourly("anonymous", "", "", r.AnonymousUsers),
		TokenRefresh: address("refresh", r.TokenRefresh),
		SignIn:       address("sign_in", r.SignInSignUps),
		Account:      address("account", r.SignInSignUps),
		Verify:       address("verify", r.Verifications),
		Factor:       Rule{Name: "factor", Rate: Rate{Events: 15, Per: time.Minute, Burst: burst}},
		Passkey:      address("passkey", r.SignInSignUps),
	}
}
