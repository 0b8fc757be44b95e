package core

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/session"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
)

// Security is the part of a body that carries what a CAPTCHA gave.
type Security struct {
	Meta struct {
		CaptchaToken string `json:"captcha_token"`
	} `json:"gotrue_meta_security"`
}

// Read reads the JSON object of a request's body; an empty body is an empty object.
func Read(r *http.Request, v any) error {
	body, err := httpapi.ReadBody(r)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return nil
	}
	if !utf8.Valid(body) || strings.Contains(string(body), `\u0000`) {
		return autherr.New(http.StatusBadRequest, autherr.BadJSON, "Could not parse request body as JSON: it holds text that is not UTF-8, or a zero")
	}
	if depth(body) > maxDepth {
		return autherr.New(http.StatusBadRequest, autherr.BadJSON, "Could not parse request body as JSON: it is nested more than %d deep", maxDepth)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return badJSON(err)
	}
	return nil
}

// maxDepth bounds what a database has to parse: PostgreSQL ends in an error of its
// own at some thousands.
const maxDepth = 100

// depth is how deep the lists and objects of a JSON text are nested.
func depth(text []byte) (deepest int) {
	now, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
}

// badJSON tells what is wrong with a body, without the names of the program.
func badJSON(err error) error {
	why := "it is no JSON object"
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		why = e.Error()
	} else if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && e.Field != "" {
		field := e.Field[strings.LastIndexByte(e.Field, '.')+1:]
		why = fmt.Sprintf("%s is a %s", field, e.Value)
	}
	return autherr.New(http.StatusBadRequest, autherr.BadJSON, "Could not parse request body as JSON: %s", why)
}

// JSON answers with 200 and a body that no cache may keep.
func JSON(w http.ResponseWriter, v any) error {
	w.Header().Set("Cache-Control", "no-store")
	return httpapi.WriteJSON(w, http.StatusOK, v)
}

// Invalid is the answer to a request that makes no sense.
func Invalid(format string, args ...any) error {
	return autherr.New(http.StatusBadRequest, autherr.ValidationFailed, format, args...)
}

// Caller is who makes a request: a user with a session.
type Caller struct {
	User    *store.User
	Session *store.Session // nil for a token that names none
	Claims  Claims
}

// Strong tells whether the caller's session has proven a second factor.
func (c *Caller) Strong() bool { return c.Session != nil && c.Session.AAL > "aal1" }

// Claims are those of an access token that this package looks at.
type Claims struct {
	Subject   string `json:"sub"`
	SessionID string `json:"session_id"`
	Role      string `json:"role"`
	AAL       string `json:"aal"`
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// IsUUID tells whether a text is one.
func IsUUID(s string) bool { return uuid.MatchString(s) }

// Claims verifies the bearer token of a request.
func (c *Core) Claims(r *http.Request) (Claims, error) {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if text = strings.TrimSpace(text); !strings.EqualFold(scheme, "Bearer") || text == "" {
		return Claims{}, autherr.New(http.StatusUnauthorized, autherr.NoAuthorization, "This endpoint requires a valid Bearer token")
	}
	var out Claims
	id, err := c.Verifier.Verify(r.Context(), text)
	if err == nil {
		err = json.Unmarshal([]byte(id.Claims), &out)
	}
	if err != nil {
		return Claims{}, autherr.New(http.StatusForbidden, autherr.BadJWT, "invalid JWT: unable to parse or verify signature, %s", fault.From(err).Message)
	}
	return out, nil
}

// Caller returns the user and the session of a request's bearer token. Both have to
// be there still.
func (c *Core) Caller(r *http.Request) (*Caller, error) {
	claims, err := c.Claims(r)
	switch {
	case err != nil:
		return nil, err
	case claims.Subject == "":
		return nil, autherr.New(http.StatusForbidden, autherr.BadJWT, "invalid claim: missing sub claim")
	case !IsUUID(claims.Subject):
		return nil, autherr.New(http.StatusBadRequest, autherr.BadJWT, "invalid claim: sub claim must be a UUID")
	case claims.SessionID != "" && !IsUUID(claims.SessionID):
		return nil, autherr.New(http.StatusForbidden, autherr.BadJWT, "invalid claim: session_id claim must be a UUID")
	}
	u, s, err := store.UserOfSession(r.Context(), c.Owner(), claims.Subject, claims.SessionID)
	switch {
	case err != nil:
		return nil, err
	case u == nil || u.DeletedAt != nil:
		return nil, autherr.New(http.StatusForbidden, autherr.UserNotFound, "User from sub claim in JWT does not exist")
	case s == nil && claims.SessionID != "", s != nil && !c.Sessions.Valid(s):
		return nil, autherr.New(http.StatusForbidden, autherr.SessionNotFound, "Session from session_id claim in JWT does not exist")
	case u.Banned(c.Now()):
		return nil, autherr.New(http.StatusForbidden, autherr.UserBanned, "User is banned")
	}
	return &Caller{User: u, Session: s, Claims: claims}, nil
}

// Member is Caller for what anonymous users may not do.
func (c *Core) Member(r *http.Request) (*Caller, error) {
	caller, err := c.Caller(r)
	if err == nil && caller.User.IsAnonymous {
		return nil, autherr.New(http.StatusForbidden, autherr.NoAuthorization, "Anonymous user not allowed to perform these actions")
	}
	return caller, err
}

// Admin lets only the service role's key pass.
func (c *Core) Admin(r *http.Request) error {
	claims, err := c.Claims(r)
	if err == nil && claims.Role != "service_role" && claims.Role != "supabase_admin" {
		err = autherr.New(http.StatusForbidden, autherr.NotAdmin, "User not allowed")
	}
	return err
}

// From is how and from where a request comes, for a session.
func (c *Core) From(r *http.Request, method string) session.Request {
	return session.Request{Method: method, UserAgent: r.UserAgent(), IP: c.Address(r)}
}

// Address is the address that a request comes from, "" when it has none. What
// X-Forwarded-For says is believed of trusted proxies only.
func (c *Core) Address(r *http.Request) string {
	if at := c.proxies.Address(r); at.IsValid() {
		return at.WithZone("").String()
	}
	return ""
}

// maxEmail is the length of an address (RFC 5321, section 4.5.3.1.3, and the column).
const maxEmail = 255

// Email checks an address and returns it as it is kept, in lower case.
func Email(text string) (string, error) {
	if text == "" {
		return "", Invalid("An email address is required")
	}
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text || len(text) > maxEmail || strings.ContainsAny(text, "\r\n\t <>\"") {
		return "", Invalid("Unable to validate email address: invalid format")
	}
	return strings.ToLower(text), nil
}

// Channel refuses a way for a code to a number that is not there: Galley sends SMS,
// and what a hook of the project's sends is the hook's affair.
func (c *Core) Channel(name string) error {
	if name == "" || name == "sms" || c.Settings.SMS.Chosen() == "hook" {
		return nil
	}
	return Invalid("Invalid channel, the supported value is 'sms'")
}

var number = regexp.MustCompile(`^[1-9][0-9]{1,14}$`)

// Phone checks a number (E.164) and returns it as it is kept, as digits.
func Phone(text string) (string, error) {
	digits := strings.NewReplacer("+", "", " ", "").Replace(text)
	if !number.MatchString(digits) {
		return "", Invalid("Invalid phone number format (E.164 required)")
	}
	return digits, nil
}

// addressKey is the key of a context's address.
type addressKey struct{}

// WithAddress notes the address that a request comes from, for hooks.
func WithAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// AddressOf is the address that WithAddress noted, "" for none.
func AddressOf(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}
