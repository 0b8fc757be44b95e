package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func project(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestDefaults(t *testing.T) {
	dir := project(t, nil)
	c, warnings, err := Load(Source{Project: dir})
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	if c.Server.Listen != "127.0.0.1:8000" || c.Database.File() != filepath.Join(dir, ".galley", "data.db") ||
		c.Migrations.Dir != filepath.Join(dir, "migrations") || c.Supabase || !c.Server.Loopback() {
		t.Errorf("%+v", c)
	}
}

func TestPrecedence(t *testing.T) {
	dir := project(t, map[string]string{"galley.toml": `
[server]
listen = "127.0.0.1:1"
max_body = "2MiB"
shutdown_timeout = "3s"
[api]
schemas = ["public", "api"]
max_rows = 7
[database]
url = "postgres://file/db"
[log]
format = "json"
`})
	c, _, err := Load(Source{Project: dir,
		Env: []string{"GALLEY_SERVER_LISTEN=127.0.0.1:2", "DATABASE_URL=postgres://env/db", "GALLEY_API_MAX_ROWS=8",
			"GALLEY_API_EXTRA_SEARCH_PATH= a, b ", "GALLEY_MIGRATIONS_ALLOW_OUT_OF_ORDER=true"},
		Flags: map[string]string{"server.listen": "127.0.0.1:3"}})
	if err != nil {
		t.Fatal(err)
	}
	want := defaults(c.Project)
	want.Server.Listen, want.Server.MaxBody, want.Server.ShutdownTimeout = "127.0.0.1:3", 2<<20, 3*time.Second
	want.API.Schemas, want.API.MaxRows, want.API.ExtraSearchPath = []string{"public", "api"}, 8, []string{"a", "b"}
	want.Database.URL, want.Log.Format, want.Migrations.AllowOutOfOrder = "postgres://env/db", "json", true
	want.absolute()
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	dir := project(t, map[string]string{"galley.toml": `[server]
lisen = "127.0.0.1:1"
max_body = true

[api]
schemas = ["public", 5]
[database]
statement_timeout = 30
url = "mysql://x"
[log]
level = "loud"
[nonsense]
x = { y = 1 }
`})
	_, warnings, err := Load(Source{Project: dir, Env: []string{"GALLEY_API_MAX_ROWS=many", "GALLEY_SERVER_LISTN=x", "GALLEY_TEST_X=1"},
		Flags: map[string]string{"server.listen": "here"}})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"galley.toml:2: server.lisen: unknown key; did you mean server.listen?",
		"galley.toml:3: server.max_body: expected a size",
		"galley.toml:6: api.schemas: expected a list of strings",
		"galley.toml:8: database.statement_timeout: expected a duration",
		"galley.toml:9: database.url: expected postgres://",
		"galley.toml:11: log.level: expected one of debug, info, warn, error, got \"loud\"",
		"galley.toml:13: nonsense.x.y: unknown key",
		"GALLEY_API_MAX_ROWS: expected a whole number",
		"flag for server.listen: expected host:port",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	if n := len(err.(Problems)); n != 9 {
		t.Errorf("%d problems:\n%v", n, err)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0].String(), "GALLEY_SERVER_LISTN: unknown key; did you mean GALLEY_SERVER_LISTEN?") {
		t.Errorf("warnings %v", warnings)
	}
}

func TestEmptySections(t *testing.T) {
	for text, ok := range map[string]bool{"[server]\n# listen = 1\n[api]": true, "[servers]": false, "api = {}": true} {
		_, _, err := Load(Source{Project: project(t, map[string]string{"galley.toml": text})})
		if (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSyntaxError(t *testing.T) {
	_, _, err := Load(Source{Project: project(t, map[string]string{"galley.toml": "[server]\nlisten = \n"})})
	if err == nil || !strings.Contains(err.Error(), "galley.toml:2: ") {
		t.Errorf("%v", err)
	}
}

func TestWhatMustStayClosed(t *testing.T) {
	for _, variable := range []string{
		"GALLEY_API_SCHEMAS=galley", "GALLEY_API_SCHEMAS=public,pg_catalog", "GALLEY_API_SCHEMAS=public,public",
		"GALLEY_API_SCHEMAS=,", "GALLEY_API_ANON_ROLE=none", "GALLEY_API_ANON_ROLE=service_role",
	} {
		if _, _, err := Load(Source{Project: t.TempDir(), Env: []string{variable}}); err == nil {
			t.Errorf("%s was taken", variable)
		}
	}
}

func TestSupabaseFolder(t *testing.T) {
	dir := project(t, map[string]string{
		"supabase/config.toml": `project_id = "x"
[api]
schemas = ["public", "shop"]
max_rows = 50
port = 54321
[auth]
enabled = true
jwt_secret = "env(MY_SECRET)"
[auth.external.apple]
enabled = false
[db.seed]
enabled = true
sql_paths = ["./seeds/*.sql", "./last.sql"]
`,
		"supabase/seeds/b.sql": "", "supabase/seeds/a.sql": "", "supabase/last.sql": "",
	})
	c, _, err := Load(Source{Project: dir, Env: []string{"MY_SECRET=s3"}})
	if err != nil {
		t.Fatal(err)
	}
	under := func(p string) string { return filepath.Join(dir, "supabase", p) }
	if !c.Supabase || c.API.MaxRows != 50 || len(c.API.Schemas) != 2 || c.Auth.JWTSecret != "s3" ||
		c.Migrations.Dir != under("migrations") || c.Database.Data != filepath.Join(dir, ".galley") {
		t.Errorf("%+v", c)
	}
	if want := []string{under("seeds/a.sql"), under("seeds/b.sql"), under("last.sql")}; !reflect.DeepEqual(c.Migrations.Seed, want) {
		t.Errorf("seeds %v, want %v", c.Migrations.Seed, want)
	}
}

func TestSupabaseSeedDisabled(t *testing.T) {
	dir := project(t, map[string]string{"supabase/config.toml": "[db.seed]\nenabled = false\n"})
	c, _, err := Load(Source{Project: dir})
	if err != nil || len(c.Migrations.Seed) != 0 {
		t.Errorf("%v, %v", c.Migrations.Seed, err)
	}
}

func TestEveryKeyHasAVariable(t *testing.T) {
	for _, k := range keys {
		if k.env() == "GALLEY_" || strings.ContainsAny(k.env(), ". ") {
			t.Errorf("%s: %s", k.name, k.env())
		}
	}
}

func TestLoopback(t *testing.T) {
	for listen, want := range map[string]bool{
		"127.0.0.1:80": true, "localhost:80": true, "[::1]:80": true, "127.8.8.8:1": true, "[::ffff:127.0.0.1]:1": true,
		":80": false, "0.0.0.0:80": false, "[::]:80": false, "192.168.0.1:80": false, "example.org:80": false, "": false,
	} {
		if got := (Server{Listen: listen}).Loopback(); got != want {
			t.Errorf("%q: %v", listen, got)
		}
	}
}
