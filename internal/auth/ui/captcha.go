package ui

import "github.com/galleyhq/galley/internal/config"

// captcha is what the modules know of the CAPTCHA.
type captcha struct {
	SiteKey string `json:"siteKey"` // "" when the settings lack it
	Script  string `json:"script"`
	Global  string `json:"global"` // the object that the script makes
}

// service is where the script of a CAPTCHA is from, and what it needs of the page's
// policy, by its documentation (docs.hcaptcha.com, "Content-Security-Policy
// Settings"; developers.cloudflare.com, "Turnstile: Content Security Policy").
type service struct {
	script, global string
	hosts          string
	styles         bool // and calls
}

// serviceOf is that of the settings, nil when the page shows none.
func serviceOf(c config.Captcha) *service {
	switch {
	case !c.Enabled || c.SiteKey == "":
		return nil
	case c.Provider == "hcaptcha":
		return &service{"https://js.hcaptcha.com/1/api.js?render=explicit&recaptchacompat=off", "hcaptcha", "https://hcaptcha.com https://*.hcaptcha.com", true}
	}
	return &service{"https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit", "turnstile", "https://challenges.cloudflare.com", false}
}

func captchaOf(c config.Captcha) *captcha {
	s := serviceOf(c)
	switch {
	case s != nil:
		return &captcha{c.SiteKey, s.script, s.global}
	case c.Enabled:
		return &captcha{}
	}
	return nil
}
