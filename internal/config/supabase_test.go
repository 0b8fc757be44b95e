package config

import (
	"net/mail"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func loadSupabase(t *testing.T, text string, env ...string) (Config, Problems, error) {
	t.Helper()
	dir := project(t, map[string]string{"supabase/config.toml": text})
	return Load(Source{Project: dir, Env: env})
}

func TestSupabaseMail(t *testing.T) {
	c, warnings, err := loadSupabase(t, `
[auth.email.smtp]
host = "smtp.example.org"
port = 2525
user = "apikey"
pass = "env(SMTP_PASS)"
admin_email = "admin@example.org"
sender_name = "Müller, \"Admin\""
[auth.email.template.invite]
subject = "You are invited"
content_path = "./supabase/templates/invite.html"
[auth.email.template.magic_link]
subject = "env(UNSET)"
[auth.sms.test_otp]
4152127777 = "123456"
4152128888 = 654321
[auth.sms.twilio]
enabled = true
account_sid = "AC1"
message_service_sid = "MG1"
auth_token = "env(TWILIO)"
[auth.sms.vonage]
enabled = true
`, "SMTP_PASS=secret", "TWILIO=token")
	if err != nil {
		t.Fatal(err)
	}
	m, s := c.Mail, c.SMS
	if m.SMTP.Host != "smtp.example.org" || m.SMTP.Port != 2525 || m.SMTP.Username != "apikey" || m.SMTP.Password != "secret" || m.Chosen() != "smtp" {
		t.Errorf("SMTP %+v", m.SMTP)
	}
	if from, err := mail.ParseAddress(m.From); err != nil || from.Name != `Müller, "Admin"` || from.Address != "admin@example.org" {
		t.Errorf("from %s: %v", m.From, err)
	}
	if got := m.Templates["invite"]; got.Subject != "You are invited" || got.File != filepath.Join(c.Project, "supabase/templates/invite.html") {
		t.Errorf("template %+v", got)
	}
	if got := m.Templates["magic_link"].Subject; got != "" {
		t.Errorf("a subject of nothing: %q", got)
	}
	if s.Twilio.AccountSID != "AC1" || s.Twilio.AuthToken != "token" || s.Twilio.MessageService != "MG1" || s.Twilio.From != "" || s.Chosen() != "twilio" {
		t.Errorf("Twilio %+v", s.Twilio)
	}
	if !slices.Equal(s.TestNumbers, []string{"4152127777=123456", "4152128888=654321"}) {
		t.Errorf("numbers %v", s.TestNumbers)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0].String(), "vonage") {
		t.Errorf("warnings %v", warnings)
	}
}

// What is not enabled is no setting, and needs no secrets.
func TestSupabaseMailDisabled(t *testing.T) {
	c, warnings, err := loadSupabase(t, `
[auth.email.smtp]
enabled = false
host = "smtp.example.org"
admin_email = "admin@example.org"
[auth.sms.twilio]
enabled = false
account_sid = "AC1"
message_service_sid = "+4915112345678"
auth_token = "env(UNSET)"
[auth.hook.send_sms]
enabled = false
uri = "https://example.org/sms"
`)
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	if c.Mail.Chosen() != "inbox" || c.Mail.From != "" || c.SMS.Chosen() != "inbox" || c.SMS.Twilio.AccountSID != "" || c.SMS.Hook.URL != "" {
		t.Errorf("%+v %+v", c.Mail, c.SMS)
	}
}

func TestSupabaseSMSHook(t *testing.T) {
	c, _, err := loadSupabase(t, `
[auth.hook.send_sms]
enabled = true
uri = "https://example.org/sms"
secrets = "env(HOOK)"
`, "HOOK=v1,whsec_MfKQ9r8G|v1,whsec_old")
	if err != nil || c.SMS.Hook.URL != "https://example.org/sms" || c.SMS.Hook.Secret != "v1,whsec_MfKQ9r8G" || c.SMS.Chosen() != "hook" {
		t.Errorf("%+v, %v", c.SMS.Hook, err)
	}
	c, warnings, err := loadSupabase(t, "[auth.hook.send_sms]\nenabled = true\nuri = \"pg-functions://postgres/auth/send\"\n")
	if err != nil || len(warnings) != 1 || c.SMS.Hook.URL != "" {
		t.Errorf("a hook in SQL: %+v, %v, %v", c.SMS.Hook, warnings, err)
	}
}

// A mistake is told where it stands, and galley.toml has the last word.
func TestSupabaseMailMistakes(t *testing.T) {
	_, _, err := loadSupabase(t, "[auth.email.smtp]\nhost = \"h\"\nport = \"many\"\nadmin_email = \"nobody\"\n")
	for _, want := range []string{"config.toml:3", "config.toml:4"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not tell %s", err, want)
		}
	}
	dir := project(t, map[string]string{
		"supabase/config.toml": "[auth.email.smtp]\nhost = \"theirs\"\nadmin_email = \"a@example.org\"\n",
		"galley.toml":          "[mail.smtp]\nhost = \"ours\"\n",
	})
	c, _, err := Load(Source{Project: dir})
	if err != nil || c.Mail.SMTP.Host != "ours" || c.Mail.From != "a@example.org" {
		t.Errorf("%+v, %v", c.Mail, err)
	}
}

// TestSupabaseSchemas checks that a list without schemas leaves public: the CLI exposes it
// anyway.
func TestSupabaseSchemas(t *testing.T) {
	for text, want := range map[string][]string{"": {"public"}, "schemas = []": {"public"}, `schemas = ["shop"]`: {"shop"}} {
		c, _, err := loadSupabase(t, "[api]\n"+text)
		if err != nil || !slices.Equal(c.API.Schemas, want) {
			t.Errorf("%s: %v %v", text, c.API.Schemas, err)
		}
	}
	if _, _, err := loadSupabase(t, "[api]\nschemas = 5"); err == nil {
		t.Error("a number is a list of schemas")
	}
}
