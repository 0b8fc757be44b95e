// Package function joins the functions of a project to the rest of a server: to its
// keys, its mail and its routes.
package function

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"time"

	"github.com/galleyhq/galley/internal/auth"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/functions"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/integrations"
	"github.com/galleyhq/galley/internal/mail"
	"github.com/galleyhq/galley/internal/rowcache"
)

// Options are what functions need of a server.
type Options struct {
	DB          database.DB
	Config      config.Config
	URL         func() string // where the server can be reached from this machine
	ExternalURL string        // where clients reach it; "" is URL
	JWTSecret   string
	Anon        string // the keys that functions find in Deno.env
	ServiceRole string
	Keys        func(context.Context) string // that verify access tokens, a JSON Web Key Set; nil or "" for none
	Mail        *mail.Service
	Outside     *integrations.Service
	Rows        *rowcache.Cache
	Hooks       *hooks.Registry
	RPC         *hooks.Functions
	Verify      func(ctx context.Context, token string) (httpapi.Identity, error)
	Anonymous   func() (httpapi.Identity, error)
	Logger      *slog.Logger
}

// preset are the variables that are the same for every function: the keys by their old
// names, and as @supabase/server expects them.
func (o Options) preset() map[string]string {
	preset := map[string]string{
		"SUPABASE_ANON_KEY": o.Anon, "SUPABASE_SERVICE_ROLE_KEY": o.ServiceRole,
		"SUPABASE_PUBLISHABLE_KEYS": named(o.Anon), "SUPABASE_SECRET_KEYS": named(o.ServiceRole),
	}
	if o.ExternalURL != "" {
		preset["SUPABASE_URL"], preset["GALLEY_URL"] = o.ExternalURL, o.ExternalURL
	}
	return preset
}

// named is a set of keys by their names, which has one.
func named(key string) string { return `{"default":` + strconv.Quote(key) + "}" }

// New returns the functions of a project, which are not started yet.
func New(o Options) (*functions.Service, error) {
	return functions.New(functions.Config{
		DB: o.DB, Settings: o.Config, Secret: o.JWTSecret, Preset: o.preset(), SelfURL: o.URL, Keys: o.Keys, Mailer: mailer{o.Mail}, Outside: o.Outside, Rows: o.Rows, Limiter: limiter{auth.NewCounter(o.DB)},
		Hooks: o.Hooks, RPC: o.RPC, Verify: o.Verify, Anonymous: o.Anonymous, Logger: o.Logger,
	})
}

// mailer sends what functions have to say.
type mailer struct{ service *mail.Service }

// Send implements functions.Mailer.
func (m mailer) Send(ctx context.Context, tx database.Querier, f functions.Mail) (string, error) {
	r := mail.Request{To: f.To, Cc: f.Cc, Bcc: f.Bcc, From: f.From, ReplyTo: f.ReplyTo, Template: f.Template, Language: f.Language,
		Subject: f.Subject, Text: f.Text, HTML: f.HTML, Variables: mail.Variables{Data: f.Data}, Delay: time.Duration(f.Delay * float64(time.Second))}
	if err := same(f.Attachments, &r.Attachments); err != nil {
		return "", err
	}
	if err := same(f.Headers, &r.Headers); err != nil {
		return "", err
	}
	return m.service.Send(ctx, tx, r)
}

// same makes one type of another whose fields are the same.
func same(from, to any) error {
	text, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}
