package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

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
	for _, name := range []string{"database", "roles", "schema", "jwt", "jsonschema", "privileges", "data"} {
		text, err := os.ReadFile(filepath.Join(dir, "fixtures", name+".sql"))
		if err != nil {
			t.Fatal(err)
		}
		script.Write(postGIS.ReplaceAll(text, nil))
		script.WriteByte('\n')
	}
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
	c := rest.Config{DB: db, Schemas: []string{"test"}, AnonRole: anonymous, TxEnd: rest.RollbackOverride}
	var origins []string
	for key, value := range config {
		switch key {
		case "configDbSchemas":
			c.Schemas = stringsOf(value)
		case "configDbMaxRows":
			n, _ := value.(float64)
			c.MaxRows = int64(n)
		case "configDbTxAllowOverride", "configDbTxRollbackAll":
		case "configServerCorsAllowedOrigins":
			origins = stringsOf(value)
		default:
			return "", false
		}
	}
	c.TxEnd = txEnd(config)
	handler := httpapi.Chain(identify(rest.New(c)), httpapi.CORS(origins...))
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL, true
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

// identify stands in for the verification of tokens and for the fixtures'
// pre-request function, which changes the role by the claim id.
func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		claims, ok := verify(token)
		if !ok {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var c struct {
			Role string
			ID   any
		}
		_ = json.Unmarshal(claims, &c)
		id := httpapi.Identity{Role: c.Role, Claims: string(claims), Authenticated: c.Role != ""}
		switch c.ID {
		case "1", float64(1):
			id.Role = "postgrest_test_author"
		case "2", float64(2):
			id.Role = "postgrest_test_default_role"
		}
		next.ServeHTTP(w, r.WithContext(httpapi.WithIdentity(r.Context(), id)))
	})
}

func verify(token string) ([]byte, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || encode(signature([]byte(secret), parts[0]+"."+parts[1])) != parts[2] {
		return nil, false
	}
	return decode(parts[1])
}
