package database

import "encoding/json"

// Session is who a statement runs as.
type Session struct {
	// Role is the database role ("anon", "authenticated", "service_role"); ""
	// is the owner of the database, who may do everything and bypasses
	// row-level security. Only Galley itself uses it.
	Role string
	// Claims is the verified JWT payload, a JSON object, or "" for none:
	// current_setting('request.jwt.claims'), auth.uid(), auth.role(),
	// auth.jwt(), auth.email().
	Claims string
	// Method, Path and Headers are current_setting('request.method'),
	// 'request.path' and 'request.headers' (a JSON object, names in lower
	// case).
	Method  string
	Path    string
	Headers string
	// Timezone is the parameter TimeZone, "" for the database's own. The embedded
	// engine refuses any but UTC.
	Timezone string
	// SearchPath is the order in which schemas are searched for unqualified
	// names; empty means DefaultSearchPath.
	SearchPath []string
}

// DefaultSearchPath is that of Supabase's databases, whose extensions are in a
// schema of their own. A schema that is not there is passed over.
var DefaultSearchPath = []string{"public", "extensions"}

// Searched is the session's search path.
func (s Session) Searched() []string {
	if len(s.SearchPath) == 0 {
		return DefaultSearchPath
	}
	return s.SearchPath
}

// Settings lists the session's non-empty settings by their names, in a fixed
// order.
func (s Session) Settings() []Setting {
	all := []Setting{
		{"request.jwt.claims", s.Claims},
		{"request.method", s.Method},
		{"request.path", s.Path},
		{"request.headers", s.Headers},
	}
	out := all[:0]
	for _, v := range all {
		if v.Value != "" {
			out = append(out, v)
		}
	}
	return out
}

// Setting is a run-time configuration parameter (current_setting, set_config).
type Setting struct{ Name, Value string }

// Claim returns a claim as text, as claims->>'name' does: a string without its
// quotes, any other value as JSON text, and false when it is missing or null.
func (s Session) Claim(name string) (string, bool) {
	if s.Claims == "" {
		return "", false
	}
	var m map[string]json.RawMessage
	if json.Unmarshal([]byte(s.Claims), &m) != nil {
		return "", false
	}
	raw, ok := m[name]
	if !ok || string(raw) == "null" {
		return "", false
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text, true
	}
	return string(raw), true
}
