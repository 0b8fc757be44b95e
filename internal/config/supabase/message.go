package supabase

import (
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strings"
)

// The sections that speak of messages.
const (
	theirSMTP     = "auth.email.smtp."
	theirTemplate = "auth.email.template."
	theirNotice   = "auth.email.notification."
	theirSMS      = "auth.sms."
	theirSMSHook  = "auth.hook.send_sms."
)

// mail takes what is said of mail into [mail]. What is there but not enabled is no
// setting.
func (t *translator) mail() {
	t.smtp()
	for _, section := range []string{theirNotice, theirTemplate} {
		for _, theirs := range t.doc.Names() {
			name, ok := strings.CutPrefix(theirs, section)
			if ok && (strings.HasSuffix(name, ".subject") || strings.HasSuffix(name, ".content_path")) {
				t.take(theirs, "mail.templates."+name)
			}
		}
	}
}

// sms takes what is said of SMS into [sms].
func (t *translator) sms() {
	t.twilio()
	t.smsHook()
	t.testNumbers()
	for _, name := range []string{"twilio_verify", "messagebird", "textlocal", "vonage"} {
		if t.doc.Values[theirSMS+name+".enabled"] == true {
			t.Warnings = append(t.Warnings, Note{theirSMS + name + ".enabled",
				"Galley sends SMS by Twilio or a hook of yours (sms.hook.url), not by " + name})
		}
	}
}

// smtp takes the server: it is used unless it says enabled = false.
func (t *translator) smtp() {
	if t.doc.Values[theirSMTP+"enabled"] == false {
		return
	}
	for theirs, ours := range map[string]string{
		"host": "mail.smtp.host", "port": "mail.smtp.port", "user": "mail.smtp.username", "pass": "mail.smtp.password",
	} {
		t.take(theirSMTP+theirs, ours)
	}
	from := t.text(theirSMTP + "admin_email")
	if from == "" {
		return
	}
	if name := t.text(theirSMTP + "sender_name"); name != "" {
		from = (&mail.Address{Name: name, Address: from}).String()
	}
	t.set("mail.from", from, theirSMTP+"admin_email")
}

// twilio takes the account. GoTrue has one key for a messaging service,
// whose names begin with MG, and for a number to send from.
func (t *translator) twilio() {
	const section = theirSMS + "twilio."
	if t.doc.Values[section+"enabled"] != true {
		return
	}
	t.take(section+"account_sid", "sms.twilio.account_sid")
	t.take(section+"auth_token", "sms.twilio.auth_token")
	ours := "sms.twilio.from"
	if strings.HasPrefix(t.text(section+"message_service_sid"), "MG") {
		ours = "sms.twilio.message_service_sid"
	}
	t.take(section+"message_service_sid", ours)
}

// smsHook takes the hook that sends SMS, if it is one over HTTP.
func (t *translator) smsHook() {
	if t.doc.Values[theirSMSHook+"enabled"] != true {
		return
	}
	uri := t.text(theirSMSHook + "uri")
	if !strings.HasPrefix(uri, "https://") && !strings.HasPrefix(uri, "http://") {
		t.Warnings = append(t.Warnings, Note{theirSMSHook + "uri", "only hooks over HTTP send SMS: this one is left alone"})
		return
	}
	t.take(theirSMSHook+"uri", "sms.hook.url")
	// Several are divided by |, of which the first signs.
	first, _, _ := strings.Cut(t.text(theirSMSHook+"secrets"), "|")
	if first != "" {
		t.set("sms.hook.secret", first, theirSMSHook+"secrets")
	}
}

// testNumbers takes the numbers with fixed codes.
func (t *translator) testNumbers() {
	var numbers []any
	const section = theirSMS + "test_otp."
	last := ""
	for _, name := range slices.Sorted(maps.Keys(t.doc.Values)) {
		if number, ok := strings.CutPrefix(name, section); ok {
			numbers, last = append(numbers, fmt.Sprintf("%s=%v", number, t.doc.Values[name])), name
		}
	}
	if len(numbers) > 0 {
		t.set("sms.test_numbers", numbers, last)
	}
}
