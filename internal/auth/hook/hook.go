// Package hook asks the project's own code at six points of the life of an account:
// before a user is created, when an access token is made, when a mail or a message
// is to be sent, and when a factor or a password was tried.
//
// A hook is a function of the database (pg-functions://postgres/schema/function),
// which takes and returns jsonb and is called as the role supabase_auth_admin, or an
// HTTP address, which is called with the signatures of Standard Webhooks
// (github.com/standard-webhooks, specification). What is sent and what may come back
// is GoTrue's (Supabase documentation, "Auth Hooks").
//
//	hooks, err := hook.New(hook.Config{DB: db, Guard: guard, Points: map[hook.Name]hook.Point{
//		hook.CustomAccessToken: {URI: "pg-functions://postgres/public/claims"},
//	}})
//	claims, err = hooks.CustomAccessToken(ctx, origin, userID, claims, "password")
//
// A point without a hook is passed as if it were not there. Errors are *autherr.Error.
// A hook takes up to 5 s, and a function runs in a transaction of its own: a caller
// who holds one says so by Within.
package hook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/outgoing"
)

// Name is a point, named as the section [auth.hook.NAME].
type Name string

// The points.
const (
	BeforeUserCreated           Name = "before_user_created"
	CustomAccessToken           Name = "custom_access_token"
	SendEmail                   Name = "send_email"
	SendSMS                     Name = "send_sms"
	MFAVerificationAttempt      Name = "mfa_verification_attempt"
	PasswordVerificationAttempt Name = "password_verification_attempt"
)

// wireName is what a point is called in what is sent to it.
func (n Name) wireName() string {
	return map[Name]string{
		BeforeUserCreated: "before-user-created", CustomAccessToken: "customize-access-token", SendEmail: "send-email",
		SendSMS: "send-sms", MFAVerificationAttempt: "mfa-verification", PasswordVerificationAttempt: "password-verification",
	}[n]
}

// Point is a hook: where it is, and the secrets that calls are signed with, each
// v1,whsec_…, separated by |.
type Point struct{ URI, Secrets string }

// Config is what hooks need.
type Config struct {
	DB     database.DB
	Guard  *outgoing.Guard
	Points map[Name]Point
	Logger *slog.Logger // nil means slog.Default
}

// Bounds, which are GoTrue's.
const (
	httpTimeout     = 5 * time.Second
	functionTimeout = 2 * time.Second
	tries           = 3
	backoff         = 2 * time.Second
	maxAnswer       = 200 << 10 // bytes
)

// Hooks calls the hooks of a project. It is safe for concurrent use.
type Hooks struct {
	config  Config
	points  map[Name]target
	backoff time.Duration
}

// target is a hook, checked.
type target struct {
	uri      string
	function string // quoted, for SQL; "" for HTTP
	secrets  []secret
}

// New returns the hooks, or what is wrong with them.
func New(c Config) (*Hooks, error) {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	h := &Hooks{config: c, points: map[Name]target{}, backoff: backoff}
	for name, p := range c.Points {
		if name.wireName() == "" {
			return nil, fmt.Errorf("there is no hook %.40q", name)
		}
		t, err := h.target(p)
		if err != nil {
			return nil, fmt.Errorf("hook %s: %w", name, err)
		}
		h.points[name] = t
	}
	return h, nil
}

var identifier = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]{0,62}$`)

// plainHosts may be called without TLS.
var plainHosts = []string{"localhost", "127.0.0.1", "::1", "host.docker.internal"}

func (h *Hooks) target(p Point) (target, error) {
	u, err := url.Parse(p.URI)
	if err != nil {
		return target{}, errors.New("its address cannot be read")
	}
	switch strings.ToLower(u.Scheme) {
	case "pg-functions":
		parts := strings.Split(u.Path, "/")
		if len(parts) != 3 || !identifier.MatchString(parts[1]) || !identifier.MatchString(parts[2]) {
			return target{}, errors.New("its address is not pg-functions://postgres/schema/function")
		}
		return target{uri: p.URI, function: fmt.Sprintf(`"%s"."%s"`, parts[1], parts[2])}, nil
	case "http", "https":
		if u.Scheme == "http" && !slices.Contains(plainHosts, u.Hostname()) {
			return target{}, errors.New("its address is neither https nor on this machine")
		}
		secrets, err := parseSecrets(p.Secrets)
		if err == nil {
			_, err = h.config.Guard.Parse(p.URI)
		}
		return target{uri: p.URI, secrets: secrets}, err
	}
	return target{}, errors.New("its address is neither of pg-functions nor of https")
}

// Enabled tells whether a point has a hook.
func (h *Hooks) Enabled(name Name) bool {
	_, ok := h.points[name]
	return ok
}

// call sends input to a hook and reads what comes back into output, which stays as
// it is if nothing does.
func (h *Hooks) call(ctx context.Context, name Name, input, output any) error {
	t, ok := h.points[name]
	if !ok {
		return nil
	}
	body, err := json.Marshal(input)
	if err != nil {
		return unexpected("Error marshaling JSON input.").Because(err)
	}
	run := h.post
	if t.function != "" {
		run = h.query
	}
	began := time.Now()
	answer, err := run(ctx, t, body)
	if err == nil {
		err = read(answer, output)
	}
	if err != nil {
		h.config.Logger.WarnContext(ctx, "a hook failed", "hook", string(name), "duration", time.Since(began), "error", err)
	}
	return err
}

func read(answer []byte, output any) error {
	if len(answer) == 0 {
		return nil
	}
	if err := said(answer); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(answer))
	decoder.UseNumber()
	if err := decoder.Decode(output); err != nil {
		return unexpected("Error unmarshaling JSON output.").Because(err)
	}
	return nil
}

// said is the error that a hook answered with: {"error": {"http_code", "message"}}.
func said(answer []byte) error {
	var body struct {
		Error *struct {
			Status  int    `json:"http_code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(answer, &body) != nil || body.Error == nil || body.Error.Message == "" {
		return nil
	}
	status := body.Error.Status
	if status < http.StatusBadRequest || status > 599 {
		status = http.StatusInternalServerError
	}
	code := autherr.Unknown
	if status == http.StatusInternalServerError {
		code = autherr.UnexpectedFailure
	}
	return autherr.New(status, code, "%s", body.Error.Message)
}

func unexpected(format string, args ...any) *autherr.Error {
	return autherr.New(http.StatusInternalServerError, autherr.UnexpectedFailure, format, args...)
}

func timedOut(limit time.Duration) *autherr.Error {
	return autherr.New(http.StatusUnprocessableEntity, autherr.HookTimeout, "Failed to reach hook within maximum time of %f seconds", limit.Seconds())
}
