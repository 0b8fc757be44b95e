// Package client runs the tests of this folder, which are written with the official
// JavaScript client, against Galley on each engine, and through a round-robin over
// two Galley processes on one PostgreSQL.
package client

import (
	_ "embed"
	"encoding/json"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/test/galleytest"
	"github.com/galleyhq/galley/test/nodetest"
)

//go:embed schema.sql
var schema string

// minimumTests is fewer than the JavaScript tests are: a run of less has not run
// them.
const minimumTests = 105

func TestMain(m *testing.M) { galleytest.Main(m) }

// settings open what the tests use and projects open themselves; the limits are of
// an address, and all tests have the same.
func settings() []string {
	return []string{"GALLEY_AUTH_SMS_ENABLE_SIGNUP=true", "GALLEY_AUTH_ENABLE_ANONYMOUS_SIGN_INS=true", "GALLEY_AUTH_ENABLE_MANUAL_LINKING=true",
		"GALLEY_AUTH_RATE_LIMIT_SIGN_IN_SIGN_UPS=100000", "GALLEY_AUTH_RATE_LIMIT_TOKEN_VERIFICATIONS=100000"}
}

func TestEmbedded(t *testing.T) {
	node := findNode(t)
	s := galleytest.Start(t, galleytest.Options{Project: galleytest.Project(t, schema), Env: settings()})
	run(t, node, s, s.URL)
}

func TestPostgres(t *testing.T) {
	node := findNode(t)
	s := galleytest.Start(t, galleytest.Options{Project: galleytest.Project(t, schema), DatabaseURL: pgtest.Database(t), Env: settings()})
	run(t, node, s, s.URL)
}

// TestTwoNodes starts two at the same moment on an empty database: they must agree
// on the keys and apply each migration once.
func TestTwoNodes(t *testing.T) {
	node := findNode(t)
	o := galleytest.Options{Project: galleytest.Project(t, schema), DatabaseURL: pgtest.Database(t), Env: settings()}
	both := galleytest.StartAll(t, o, o)
	if both[0].Keys.JWTSecret != both[1].Keys.JWTSecret || both[0].Keys.Anon != both[1].Keys.Anon {
		t.Fatal("two nodes on one database have different keys")
	}
	balancer := newBalancer(both)
	proxy := httptest.NewServer(balancer)
	t.Cleanup(proxy.Close)
	run(t, node, both[0], proxy.URL)
	for i := range both {
		if n := balancer.served[i].Load(); n < minimumTests/2 {
			t.Errorf("node %d served %d requests", i, n)
		}
	}
}

// run runs the JavaScript tests against a URL of a server with the keys of s.
func run(t *testing.T, node string, s *galleytest.Server, url string) {
	t.Helper()
	files, err := filepath.Glob("*.test.js")
	if err != nil || len(files) == 0 {
		t.Fatal("no tests", err)
	}
	nodetest.Run(t, nodetest.Suite{Name: "official client", Node: node, Files: files, Least: minimumTests, Env: []string{"GALLEY_URL=" + url,
		"GALLEY_ANON=" + s.Keys.Anon, "GALLEY_SERVICE_ROLE=" + s.Keys.ServiceRole, "GALLEY_USERS=" + users(t, s)}})
}

// users signs the tokens of two users.
func users(t *testing.T, s *galleytest.Server) string {
	t.Helper()
	type user struct {
		ID      string `json:"id"`
		Token   string `json:"token"`
		Expired string `json:"expired"`
	}
	all := map[string]user{}
	for name, id := range map[string]string{
		"alice": "11111111-1111-4111-8111-111111111111", "bob": "22222222-2222-4222-8222-222222222222",
	} {
		expired := s.Token(t, id, map[string]any{"exp": time.Now().Add(-time.Hour).Unix()})
		all[name] = user{ID: id, Token: s.Token(t, id, nil), Expired: expired}
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// findNode returns the Node that the client needs, or skips the test.
func findNode(t *testing.T) string {
	t.Helper()
	return nodetest.Find(t, nodetest.Needs{Folder: "test/client", At: ".", Packages: []string{"@supabase/supabase-js"}, Require: "GALLEY_TEST_REQUIRE_CLIENT"})
}
