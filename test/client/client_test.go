// Package client runs the tests of this folder, which are written with the official
// JavaScript client, against Galley on each engine, and through a round-robin over
// two Galley processes on one PostgreSQL.
package client

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/test/galleytest"
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

var summary = regexp.MustCompile(`(?m)^# (tests|pass|fail|skipped|todo|cancelled) (\d+)$`)

// run runs the JavaScript tests against a URL of a server with the keys of s.
func run(t *testing.T, node string, s *galleytest.Server, url string) {
	t.Helper()
	files, err := filepath.Glob("*.test.js")
	if err != nil || len(files) == 0 {
		t.Fatal("no tests", err)
	}
	runFiles(t, node, minimumTests, files, "GALLEY_URL="+url, "GALLEY_ANON="+s.Keys.Anon,
		"GALLEY_SERVICE_ROLE="+s.Keys.ServiceRole, "GALLEY_USERS="+users(t, s))
}

// runFiles runs files of tests, of which there are at least so many.
func runFiles(t *testing.T, node string, least int, files []string, env ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	// One file after the other: they share the tables.
	args := append([]string{"--test", "--test-reporter=tap", "--test-concurrency=1"}, files...)
	cmd := exec.CommandContext(ctx, node, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	count := map[string]int{}
	for _, m := range summary.FindAllSubmatch(out, -1) {
		count[string(m[1])], _ = strconv.Atoi(string(m[2]))
	}
	line := fmt.Sprintf("official client, %s: %d of %d tests passed", t.Name(), count["pass"], count["tests"])
	fmt.Println(line)
	if err != nil || count["pass"] != count["tests"] || count["tests"] < least {
		t.Errorf("%s (%v)\n%s", line, err, failures(out))
	}
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

// failures shortens TAP to what failed.
func failures(out []byte) []byte {
	var b bytes.Buffer
	keep := false
	for line := range bytes.Lines(out) {
		text := bytes.TrimSpace(line)
		if bytes.HasPrefix(text, []byte("ok ")) || bytes.HasPrefix(text, []byte("# Subtest")) {
			keep = false
		} else if bytes.HasPrefix(text, []byte("not ok ")) {
			keep = true
		}
		if keep && b.Len() < 20_000 {
			b.Write(line)
		}
	}
	if b.Len() == 0 {
		return out[max(0, len(out)-4000):]
	}
	return b.Bytes()
}

// findNode returns the Node that the client needs, or skips the test.
func findNode(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat("node_modules/@supabase/supabase-js"); err == nil {
		for _, name := range []string{"node_modules/.bin/node", "node"} {
			if path, err := exec.LookPath(name); err == nil && recent(t, path) {
				return path
			}
		}
	}
	if os.Getenv("GALLEY_TEST_REQUIRE_CLIENT") == "1" {
		t.Fatal("the official client is not installed: run scripts/install-npm.sh test/client")
	}
	t.Skip("the official client is not installed (scripts/install-npm.sh test/client), or there is no Node 22 for it")
	return ""
}

func recent(t *testing.T, node string) bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), node, "--version").Output()
	if err != nil {
		return false
	}
	major, _, _ := bytes.Cut(bytes.TrimPrefix(out, []byte("v")), []byte("."))
	n, err := strconv.Atoi(string(major))
	return err == nil && n >= 22
}
