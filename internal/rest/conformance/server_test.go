package conformance

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/rest"
)

const (
	anonymous = "postgrest_test_anonymous"
	secret    = "reallyreallyreallyreallyverysafe"
)

// newPostgres loads the fixtures into a fresh database of a real PostgreSQL.
func newPostgres(t testing.TB, dir string) database.DB {
	t.Helper()
	url := pgtest.Database(t)
	loadFixtures(t, url, dir)
	db, err := postgres.Open(context.Background(), postgres.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// postGIS finds the rows of the fixtures that need PostGIS.
var postGIS = regexp.MustCompile(`(?ms)^INSERT INTO shop_bles.*?;$`)

// loadFixtures runs the fixtures through psql, which their COPY needs.
func loadFixtures(t testing.TB, url, dir string) {
	t.Helper()
	psql, err := exec.LookPath("psql")
	if err != nil {
		t.Skip("this test needs psql")
	}
	var script bytes.Buffer
	for _, name := range fixtureNames {
		text, err := os.ReadFile(filepath.Join(dir, "fixtures", name+".sql"))
		if err != nil {
			t.Fatal(err)
		}
		script.Write(postGIS.ReplaceAll(text, nil))
		script.WriteByte('\n')
	}
	script.WriteString("ANALYZE;\n") // planned counts are compared
	user, err := exec.Command(psql, "-XAtq", "-d", url, "-c", "select current_user").Output()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(psql, "-Xq", "-v", "ON_ERROR_STOP=1", "-v", "PGUSER="+strings.TrimSpace(string(user)), "-d", url, "-f", "-")
	c.Stdin = &script
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("loading the fixtures: %v\n%s", err, out)
	}
}

// serve starts a server with the settings that the cases assume, changed by the
// config of a case. It reports false when a setting is one we do not have.
func serve(t testing.TB, db database.DB, config map[string]any) (string, bool) {
	t.Helper()
	c := rest.Config{DB: db, Schemas: []string{"test"}, AnonRole: anonymous, TxEnd: txEnd(config), ServerTiming: true}
	auth := token.Config{Keys: token.Keys{token.Secret(secret)}}
	var origins []string
	for key, value := range config {
		switch key {
		case "configDbSchemas":
			c.Schemas = stringsOf(value)
		case "configDbMaxRows":
			n, _ := value.(float64)
			c.MaxRows = int64(n)
		case "configDbAggregates":
			c.Aggregates, _ = value.(bool)
		case "configDbPlanEnabled":
			c.Plan, _ = value.(bool)
		case "configDbAnonRole":
			c.AnonRole, _ = value.(string)
		case "configServerCorsAllowedOrigins":
			origins = stringsOf(value)
		case "configJwtSecret":
			auth.Keys = keysOf(t, value)
		case "configJwtAudience":
			auth.Audience, _ = value.(string)
		case "configJWKS", "configJwtCacheMaxEntries", "configDbTxAllowOverride", "configDbTxRollbackAll":
		default:
			return "", false
		}
	}
	auth.AnonymousRole = c.AnonRole
	handler := httpapi.Chain(rest.New(c), rest.ServerTiming, httpapi.CORS(origins...), token.New(auth).Middleware, switchRole)
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL, true
}

// keysOf reads the setting jwt-secret: a secret, one in base64, JSON Web Keys,
// or nothing.
func keysOf(t testing.TB, value any) token.Keys {
	t.Helper()
	switch v := value.(type) {
	case map[string]any:
		text, _ := v["base64"].(string)
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return token.Keys{token.Secret(string(raw))}
	case string:
		keys, err := token.ParseKeys(v)
		if err != nil {
			return token.Keys{token.Secret(v)}
		}
		return keys
	}
	return nil
}

func txEnd(config map[string]any) rest.TxEnd {
	override, rollback := true, true
	if v, ok := config["configDbTxAllowOverride"].(bool); ok {
		override = v
	}
	if v, ok := config["configDbTxRollbackAll"].(bool); ok {
		rollback = v
	}
	switch {
	case rollback && override:
		return rest.RollbackOverride
	case rollback:
		return rest.Rollback
	case override:
		return rest.CommitOverride
	}
	return rest.Commit
}

func stringsOf(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, s := range list {
		text, _ := s.(string)
		out = append(out, text)
	}
	return out
}

// switchRole stands in for the fixtures' pre-request function, which changes the
// role by the claim id.
func switchRole(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := httpapi.IdentityFrom(r.Context())
		var claims struct{ ID any }
		_ = json.Unmarshal([]byte(id.Claims), &claims)
		switch claims.ID {
		case "1", float64(1):
			id.Role = "postgrest_test_author"
		case "2", float64(2):
			id.Role = "postgrest_test_default_role"
		}
		next.ServeHTTP(w, r.WithContext(httpapi.WithIdentity(r.Context(), id)))
	})
}
