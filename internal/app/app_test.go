package app

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/pgtest"
)

const strong = "hDz7Wf0uKq4mVt9eYb2nRj6cXs1aLp8g"

func load(t testing.TB, env ...string) config.Config {
	t.Helper()
	c, _, err := config.Load(config.Source{Project: t.TempDir(), Env: env})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestServerURL(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:8000": "http://127.0.0.1:8000", ":80": "http://localhost:80", "0.0.0.0:1": "http://localhost:1",
		"[::]:1": "http://localhost:1", "[::1]:1": "http://[::1]:1", "example.org:1": "http://example.org:1",
	} {
		if got := serverURL(listen); got != want {
			t.Errorf("%s: %s, want %s", listen, got, want)
		}
	}
}

func TestCheckSecrets(t *testing.T) {
	const weak, weakKey, strongKey = "hunter2", `{"kty":"oct","k":"aHVudGVyMg"}`, `{"kty":"oct","k":"aER6N1dmMHVLcTRtVnQ5ZVliMm5SajZjWHMxYUxwOGc"}`
	for name, c := range map[string]struct {
		secret, keys, listen string
		dev, ok              bool
	}{
		"none":               {"", "", "0.0.0.0:1", false, true},
		"strong":             {strong, strongKey, "0.0.0.0:1", false, true},
		"weak":               {weak, "", "127.0.0.1:1", false, false},
		"weak, dev":          {weak, weakKey, "127.0.0.1:1", true, true},
		"weak, dev, exposed": {weak, "", "0.0.0.0:1", true, false},
		"weak, dev, by name": {weak, "", "example.org:1", true, false},
		"weak key":           {strong, weakKey, "127.0.0.1:1", false, false},
		"unreadable, dev":    {strong, "{", "127.0.0.1:1", true, false},
	} {
		cfg := config.Config{Dev: c.dev, Server: config.Server{Listen: c.listen}, Auth: config.Auth{JWTSecret: c.secret, JWTKeys: c.keys}}
		err := checkSecrets(cfg)
		if (err == nil) != c.ok || err != nil && strings.Contains(err.Error(), weak) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConfiguredKeys(t *testing.T) {
	set := `{"keys":[{"kty":"oct","k":"aER6N1dmMHVLcTRtVnQ5ZVliMm5SajZjWHMxYUxwOGc"}]}`
	c := load(t)
	if err := os.WriteFile(filepath.Join(c.Project, "keys.json"), []byte(set), 0o600); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{"": 0, set: 1, "keys.json": 1, "missing.json": -1, "{}": -1} {
		c.Auth.JWTKeys = text
		keys, err := configuredKeys(c)
		if (err != nil) != (want < 0) || err == nil && len(keys) != want {
			t.Errorf("%q: %d keys, %v", text, len(keys), err)
		}
	}
}

// TestRoles signs tokens for every kind of role with the right secret, and asks
// the data API who it is run as.
func TestRoles(t *testing.T) {
	c := load(t, "DATABASE_URL="+pgtest.Database(t), "GALLEY_AUTH_JWT_SECRET="+strong)
	log := slog.New(slog.DiscardHandler)
	db, err := Open(t.Context(), c, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	suffix := filepath.Base(c.Database.URL)[:20] // roles belong to the whole cluster
	run := func(sql string) {
		t.Helper()
		if _, err := database.Exec(db.Query(context.Background(), database.Session{}, database.Statement{SQL: sql})); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	custom, super := "custom_"+strings.Split(suffix, "?")[0], "super_"+strings.Split(suffix, "?")[0]
	run("create role " + custom)
	run("create role " + super + " superuser")
	t.Cleanup(func() {
		run("drop view public.me")
		for _, role := range []string{custom, super} {
			run("drop role " + role)
		}
	})
	run("create view public.me as select current_user as name")
	run("grant select on public.me to public")
	keys, err := LoadKeys(t.Context(), db, c)
	if err != nil {
		t.Fatal(err)
	}
	h, err := newHandler(db, c, keys, newMonitor(db, c, "test", log), extensions{}, log)
	if err != nil {
		t.Fatal(err)
	}
	for role, want := range map[string]struct {
		status int
		body   string
	}{
		"authenticated":         {200, ""},
		"service_role":          {200, ""},
		custom:                  {200, ""},
		super:                   {403, `permission denied to set role \"` + super},
		"postgres":              {403, `permission denied to set role \"postgres`},
		"pg_read_all_data":      {403, `permission denied to set role`},
		"nobody_has_this_role":  {401, `role \"nobody_has_this_role\" does not exist`},
		`"; reset role; --`:     {401, `does not exist`},
		"none":                  {401, `role \"none\" does not exist`},
		"session_authorization": {401, `does not exist`},
	} {
		signed, err := token.SigningSecret{Value: strong}.Sign(jwt.MapClaims{"role": role})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodGet, "/rest/v1/me", nil)
		r.Header.Set("Authorization", "Bearer "+signed)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want.status || !strings.Contains(w.Body.String(), want.body) {
			t.Errorf("%s: %d %s", role, w.Code, w.Body)
		}
	}
}

func TestReservedPathsAreNoPages(t *testing.T) {
	c := load(t)
	c.Server.Public = filepath.Join(c.Project, "public")
	if err := os.Mkdir(c.Server.Public, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.Server.Public, "index.html"), []byte("page"), 0o644); err != nil {
		t.Fatal(err)
	}
	h, err := publicFiles(c)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/": 200, "/deep/link": 200, "/galley/unknown": 404, "/rest/unknown": 404} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept", "text/html")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// TestDocument: the description of the APIs and its page are served, the first by
// role.
func TestDocument(t *testing.T) {
	c := load(t)
	log := slog.New(slog.DiscardHandler)
	db, err := Open(t.Context(), c, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	keys, err := LoadKeys(t.Context(), db, c)
	if err != nil {
		t.Fatal(err)
	}
	h, err := newHandler(db, c, keys, newMonitor(db, c, "test", log), extensions{}, log)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/openapi.json": `{"openapi":"3.1.0"`, "/docs": "<!doctype html>", "/galley/docs.js": "openapi.json", "/galley/docs.css": "color-scheme"} {
		for key, status := range map[string]int{"": 200, keys.ServiceRole: 200, "no.such.key": 401} {
			if path != "/openapi.json" {
				status = 200
			}
			r := httptest.NewRequest(http.MethodGet, path, nil)
			if key != "" {
				r.Header.Set("Apikey", key)
				r.Header.Set("Authorization", "Bearer "+key)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != status || status == 200 && !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: %d, want %d with %s", path, w.Code, status, want)
			}
		}
	}
}

// TestRolesOfAFile is the same on the embedded engine, which has its own roles.
func TestRolesOfAFile(t *testing.T) {
	c := load(t, "GALLEY_AUTH_JWT_SECRET="+strong)
	log := slog.New(slog.DiscardHandler)
	db, err := Open(t.Context(), c, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, sql := range []string{
		"create table public.notes (owner text)",
		"insert into public.notes values ('postgres')",
		"alter table public.notes enable row level security",
	} {
		if _, err := database.Exec(db.Query(t.Context(), database.Session{}, database.Statement{SQL: sql})); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	keys, err := LoadKeys(t.Context(), db, c)
	if err != nil {
		t.Fatal(err)
	}
	h, err := newHandler(db, c, keys, newMonitor(db, c, "test", log), extensions{}, log)
	if err != nil {
		t.Fatal(err)
	}
	for role, want := range map[string]struct {
		status int
		body   string
	}{
		"anon":                  {200, `[]`},
		"authenticated":         {200, `[]`},
		"service_role":          {200, `[{"owner":"postgres"}]`},
		"postgres":              {403, `permission denied to set role \"postgres`},
		"nobody_has_this_role":  {401, `role \"nobody_has_this_role\" does not exist`},
		`"; reset role; --`:     {401, `does not exist`},
		"none":                  {401, `role \"none\" does not exist`},
		"session_authorization": {401, `does not exist`},
		"public":                {401, `does not exist`},
		"POSTGRES":              {401, `does not exist`},
		"pg_read_all_data":      {401, `does not exist`},
	} {
		signed, err := token.SigningSecret{Value: strong}.Sign(jwt.MapClaims{"role": role})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodGet, "/rest/v1/notes", nil)
		r.Header.Set("Authorization", "Bearer "+signed)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want.status || !strings.Contains(w.Body.String(), want.body) {
			t.Errorf("%s: %d %s", role, w.Code, w.Body)
		}
	}
}
