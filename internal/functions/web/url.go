package web

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/nlnwa/whatwg-url/url"

	"github.com/galleyhq/galley/internal/functions/engine"
)

// address is a URL taken apart, under the names of the standard's class.
type address struct {
	Href     string `json:"href"`
	Protocol string `json:"protocol"`
	Username string `json:"username"`
	Password string `json:"password"`
	Hostname string `json:"hostname"`
	Port     string `json:"port"`
	Pathname string `json:"pathname"`
	Search   string `json:"search"`
	Hash     string `json:"hash"`
}

// parseURL takes (url, base or null) and gives the parts, or null for what is no URL.
func parseURL(_ context.Context, given []engine.Value) (engine.Value, error) {
	var u *url.Url
	var err error
	if excessive(engine.Args(given).Text(0)) || excessive(engine.Args(given).Text(1)) {
		return nil, nil
	}
	if base, ok := engine.Args(given).At(1).(string); ok {
		u, err = url.ParseRef(base, engine.Args(given).Text(0))
	} else {
		u, err = url.Parse(engine.Args(given).Text(0))
	}
	if err != nil {
		return nil, nil // the script makes the error
	}
	return partsOf(u)
}

// The library's time grows with the square of these, and nothing could interrupt it.
const (
	mostSegments = 4096 // of a path
	mostAts      = 256  // before a host
)

// excessive tells of addresses that nobody has but who wants to keep a server busy.
// They count as no URL.
func excessive(s string) bool {
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		s = s[:i]
	}
	return strings.Count(s, "/")+strings.Count(s, "\\") > mostSegments || strings.Count(s, "@") > mostAts
}

func partsOf(u *url.Url) (engine.Value, error) {
	b, err := json.Marshal(address{
		Href: u.Href(false), Protocol: u.Protocol(), Username: u.Username(), Password: u.Password(),
		Hostname: u.Hostname(), Port: u.Port(), Pathname: u.Pathname(), Search: u.Search(), Hash: u.Hash(),
	})
	return engine.JSON(b), err
}

// setURL takes (href, part, value) and gives the parts of the changed URL, or null
// when it stays as it is.
func setURL(_ context.Context, given []engine.Value) (engine.Value, error) {
	part, value := engine.Args(given).Text(1), engine.Args(given).Text(2)
	if part != "search" && part != "hash" && excessive(strings.NewReplacer("?", "", "#", "").Replace(value)) {
		return nil, nil
	}
	u, err := url.Parse(engine.Args(given).Text(0))
	if err != nil {
		return nil, nil
	}
	set := map[string]func(string){
		"protocol": u.SetProtocol, "username": u.SetUsername, "password": u.SetPassword, "host": u.SetHost,
		"hostname": u.SetHostname, "port": u.SetPort, "pathname": u.SetPathname, "search": u.SetSearch, "hash": u.SetHash,
	}[part]
	if set == nil {
		return nil, nil
	}
	set(value)
	return partsOf(u)
}

// unescape decodes %XX, leaving what is no escape, and reads the bytes as UTF-8.
func unescape(_ context.Context, given []engine.Value) (engine.Value, error) {
	return unescaped(engine.Args(given).Text(0)), nil
}

func unescaped(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && hexDigit(s[i+1]) >= 0 && hexDigit(s[i+2]) >= 0 {
			b.WriteByte(byte(hexDigit(s[i+1])<<4 | hexDigit(s[i+2])))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return validUTF8([]byte(b.String()))
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
