package app

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/galleyhq/galley/internal/auth"
	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Keys are what clients and servers of the project need.
type Keys struct {
	URL         string `json:"url"`
	Anon        string `json:"anon"`
	ServiceRole string `json:"service_role"`
	JWTSecret   string `json:"jwt_secret"`

	lookup   func(id string) token.Keys // those that access tokens are signed with
	revision func(context.Context) uint64
	public   func(context.Context) auth.KeySet
}

// publicSet is the JSON Web Key Set of those that access tokens are signed with, "" where
// accounts are off.
func (k Keys) publicSet(ctx context.Context) string {
	if k.public == nil {
		return ""
	}
	text, err := json.Marshal(k.public(ctx))
	if err != nil {
		return ""
	}
	return string(text)
}

// LoadKeys returns the project's keys. The secret is the configured one, or that
// of the database, which is made when there is none.
func LoadKeys(ctx context.Context, db database.DB, c config.Config) (Keys, error) {
	secret, err := token.LoadSecret(ctx, db)
	if err != nil {
		return Keys{}, err
	}
	if c.Auth.JWTSecret != "" {
		secret.Value = c.Auth.JWTSecret
	}
	signed, err := secret.APIKeys()
	return Keys{URL: publicURL(c), Anon: signed.Anon, ServiceRole: signed.ServiceRole, JWTSecret: secret.Value}, err
}

// checkSecrets refuses weak secrets wherever anyone but the developer could reach
// the server.
func checkSecrets(c config.Config) error {
	keys, err := configuredKeys(c)
	if err != nil {
		return config.Problems{{Key: "auth.jwt_keys", Message: err.Error()}}
	}
	if c.Dev && c.Server.Loopback() {
		return nil
	}
	var problems config.Problems
	refuse := func(key string, err error) {
		if err != nil {
			problems = append(problems, config.Problem{Key: key, Message: "refused: " + err.Error() + weakHint})
		}
	}
	if c.Auth.JWTSecret != "" {
		refuse("auth.jwt_secret", token.CheckSecret(c.Auth.JWTSecret))
	}
	for _, k := range keys {
		refuse("auth.jwt_keys", k.Check())
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}

const weakHint = "; make one with openssl rand -base64 48, or leave it out and Galley makes one. " +
	"With --dev and a loopback address any secret will do"

// verifier verifies tokens with the secret and the configured keys.
func verifier(db database.DB, c config.Config, keys Keys) (*token.Verifier, error) {
	all := token.Keys{token.Secret(keys.JWTSecret)}
	more, err := configuredKeys(c)
	if err != nil {
		return nil, err
	}
	return token.New(token.Config{
		Keys: append(all, more...), AnonymousRole: c.API.AnonRole, Audience: c.Auth.JWTAudience, Lookup: keys.lookup, Revision: keys.revision,
		AllowRole: roleGuard{db}.allow,
	}), nil
}

// configuredKeys reads auth.jwt_keys: keys, or the path of a file with keys.
func configuredKeys(c config.Config) (token.Keys, error) {
	text := strings.TrimSpace(c.Auth.JWTKeys)
	if text == "" {
		return nil, nil
	}
	if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "-----BEGIN ") {
		path := text
		if !filepath.IsAbs(path) {
			path = filepath.Join(c.Project, path)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		text = string(raw)
	}
	return token.ParseKeys(text)
}

// roleGuard keeps tokens from naming a role that is above row-level security by
// its nature: superusers, PostgreSQL's own pg_ roles and the one that Galley
// connects as. PostgreSQL itself refuses roles that are not granted to that one;
// but a superuser may become any role, so it alone would not do. A role that does
// not exist is left to the database, which says so.
type roleGuard struct{ db database.DB }

func (g roleGuard) allow(ctx context.Context, role string) error {
	switch role {
	case "anon", "authenticated", "service_role":
		return nil
	case "none": // SET ROLE none means the session's own, the owner
		return fault.New(fault.InvalidParameter, `role "none" does not exist`).WithStatus(http.StatusUnauthorized)
	}
	forbidden, err := g.forbidden(ctx, role)
	if err == nil && forbidden {
		err = fault.New(fault.InsufficientPrivilege, "permission denied to set role %q", role).WithStatus(http.StatusForbidden)
	}
	return err
}

func (g roleGuard) forbidden(ctx context.Context, role string) (bool, error) {
	if g.db.Engine() != "postgres" {
		return role == "postgres", nil // the owner; there are no others
	}
	rows, err := database.Collect(g.db.Query(ctx, database.Session{}, database.Statement{
		SQL: `SELECT FROM pg_catalog.pg_roles
			WHERE rolname = $1 AND (rolsuper OR rolname LIKE 'pg\_%' OR rolname = session_user)`,
		Args:     database.Args(role),
		ReadOnly: true,
	}))
	return len(rows) > 0, err
}
