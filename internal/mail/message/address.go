package message

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/galleyhq/galley/internal/fault"
)

// Bounds of an address, in bytes (RFC 5321, section 4.5.3.1).
const (
	maxLocal  = 64
	maxDomain = 253
	maxName   = 200
	maxText   = 1000 // of an address as it is given
)

// Address is a mailbox: a name to show, which may be empty, and local@domain. The
// domain is in the form that DNS takes (xn--…), in lower case.
type Address struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
}

// ParseAddress reads an address as RFC 5322 writes it: ada@example.org or
// "Ada L." <ada@example.org>. The domain may be an internationalized one.
func ParseAddress(text string) (Address, error) {
	if len(text) > maxText {
		return Address{}, invalid("an address has at most %d bytes", maxText)
	}
	if hasControl(text) {
		return Address{}, invalid("an address holds a control character")
	}
	parsed, err := mail.ParseAddress(text)
	if err != nil || strings.HasSuffix(strings.TrimSpace(text), ";") { // a group of one
		return Address{}, invalid("%q is no address", text)
	}
	local, domain, ok := cutLast(parsed.Address, "@")
	if !ok || local == "" || len(local) > maxLocal || hasControl(local) {
		return Address{}, invalid("%q is no address", text)
	}
	if hasControl(parsed.Name) || len(parsed.Name) > maxName {
		return Address{}, invalid("the name of an address holds a control character or has more than %d bytes", maxName)
	}
	if domain, err = asciiDomain(domain); err != nil {
		return Address{}, invalid("%q has no valid domain", text)
	}
	return Address{Name: parsed.Name, Address: local + "@" + domain}, nil
}

// asciiDomain is a domain as DNS takes it (UTS 46, RFC 5891). What would be read
// as something else than a name, such as [127.0.0.1], is none.
func asciiDomain(domain string) (string, error) {
	domain, err := idna.Lookup.ToASCII(domain)
	if err != nil {
		return "", err
	}
	if domain == "" || len(domain) > maxDomain || strings.ContainsFunc(domain, func(r rune) bool {
		return r != '.' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	}) {
		return "", invalid("no domain")
	}
	return domain, nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// String is the address as it stands in a header.
func (a Address) String() string {
	return (&mail.Address{Name: a.Name, Address: a.Address}).String()
}

// Path is the address as SMTP commands take it: <local@domain>.
func (a Address) Path() string { return Address{Address: a.Address}.String() }

// Domain is what stands after the @.
func (a Address) Domain() string {
	_, domain, _ := cutLast(a.Address, "@")
	return domain
}

// ASCII tells whether a server that knows no SMTPUTF8 (RFC 6531) takes it.
func (a Address) ASCII() bool {
	return !strings.ContainsFunc(a.Address, func(r rune) bool { return r >= utf8.RuneSelf })
}

// Key is what two spellings of an address have in common: suppressions and limits
// go by it. By RFC 5321 the local part may depend on case; no provider's does.
func (a Address) Key() string { return strings.ToLower(a.Address) }

// Key is the key of an address as it is given, or as a provider reports it.
func Key(text string) (string, error) {
	a, err := ParseAddress(strings.TrimSpace(text))
	return a.Key(), err
}

func hasControl(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	})
}

func invalid(format string, args ...any) *fault.Error {
	return fault.New(fault.InvalidParameter, format, args...)
}
