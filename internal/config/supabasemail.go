package config

import (
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strings"
)

// The sections of the Supabase CLI's configuration that speak of messages
// (supabase/cli documentation, "Configuration").
const (
	theirSMTP     = "auth.email.smtp."
	theirTemplate = "auth.email.template."
	theirNotice   = "auth.email.notification."
	theirSMS      = "auth.sms."
	theirSMSHook  = "auth.hook.send_sms."
)

// supabaseMail takes what the Supabase CLI's file says of mail and SMS into [mail]
// and [sms]. What is there but not enabled is no setting.
func (l *loader) supabaseMail(doc document) {
	l.supabaseSMTP(doc)
	for _, name := range mailTemplates {
		l.take(doc, theirNotice+name+".subject", "mail.templates."+name+".subject")
		l.take(doc, theirNotice+name+".content_path", "mail.templates."+name+".content_path")
		l.take(doc, theirTemplate+name+".subject", "mail.templates."+name+".subject")
		l.take(doc, theirTemplate+name+".content_path", "mail.templates."+name+".content_path")
	}
	l.supabaseTwilio(doc)
	l.supabaseSMSHook(doc)
	l.supabaseTestNumbers(doc)
	for _, name := range []string{"twilio_verify", "messagebird", "textlocal", "vonage"} {
		if doc.values[theirSMS+name+".enabled"] == true {
			l.warnings = append(l.warnings, doc.problem(theirSMS+name+".enabled",
				"Galley sends SMS by Twilio or a hook of yours (sms.hook.url), not by "+name))
		}
	}
}

// take sets a key of ours to the value of one of theirs, if it has one.
func (l *loader) take(doc document, theirs, ours string) {
	v, ok := l.resolve(doc.values[theirs])
	if !ok {
		return
	}
	k, _ := findKey(ours)
	l.set(k, v, doc.problem(theirs, ""))
}

// theirText is the text of a key of theirs, "" for none.
func (l *loader) theirText(doc document, name string) string {
	v, _ := l.resolve(doc.values[name])
	s, _ := v.(string)
	return s
}

// supabaseSMTP takes the server: it is used unless it says enabled = false.
func (l *loader) supabaseSMTP(doc document) {
	if doc.values[theirSMTP+"enabled"] == false {
		return
	}
	for theirs, ours := range map[string]string{
		"host": "mail.smtp.host", "port": "mail.smtp.port", "user": "mail.smtp.username", "pass": "mail.smtp.password",
	} {
		l.take(doc, theirSMTP+theirs, ours)
	}
	from := l.theirText(doc, theirSMTP+"admin_email")
	if from == "" {
		return
	}
	if name := l.theirText(doc, theirSMTP+"sender_name"); name != "" {
		from = (&mail.Address{Name: name, Address: from}).String()
	}
	k, _ := findKey("mail.from")
	l.set(k, from, doc.problem(theirSMTP+"admin_email", ""))
}

// supabaseTwilio takes the account. GoTrue has one key for a messaging service,
// whose names begin with MG, and for a number to send from.
func (l *loader) supabaseTwilio(doc document) {
	const section = theirSMS + "twilio."
	if doc.values[section+"enabled"] != true {
		return
	}
	l.take(doc, section+"account_sid", "sms.twilio.account_sid")
	l.take(doc, section+"auth_token", "sms.twilio.auth_token")
	ours := "sms.twilio.from"
	if strings.HasPrefix(l.theirText(doc, section+"message_service_sid"), "MG") {
		ours = "sms.twilio.message_service_sid"
	}
	l.take(doc, section+"message_service_sid", ours)
}

// supabaseSMSHook takes the hook that sends SMS, if it is one over HTTP.
func (l *loader) supabaseSMSHook(doc document) {
	if doc.values[theirSMSHook+"enabled"] != true {
		return
	}
	uri := l.theirText(doc, theirSMSHook+"uri")
	if !strings.HasPrefix(uri, "https://") && !strings.HasPrefix(uri, "http://") {
		l.warnings = append(l.warnings, doc.problem(theirSMSHook+"uri", "only hooks over HTTP send SMS: this one is left alone"))
		return
	}
	l.take(doc, theirSMSHook+"uri", "sms.hook.url")
	// Several are divided by |, of which the first signs.
	first, _, _ := strings.Cut(l.theirText(doc, theirSMSHook+"secrets"), "|")
	if first != "" {
		k, _ := findKey("sms.hook.secret")
		l.set(k, first, doc.problem(theirSMSHook+"secrets", ""))
	}
}

// supabaseTestNumbers takes the numbers with fixed codes.
func (l *loader) supabaseTestNumbers(doc document) {
	var numbers []any
	const section = theirSMS + "test_otp."
	last := ""
	for _, name := range slices.Sorted(maps.Keys(doc.values)) {
		if number, ok := strings.CutPrefix(name, section); ok {
			numbers, last = append(numbers, fmt.Sprintf("%s=%v", number, doc.values[name])), name
		}
	}
	if len(numbers) > 0 {
		k, _ := findKey("sms.test_numbers")
		l.set(k, numbers, doc.problem(last, ""))
	}
}
