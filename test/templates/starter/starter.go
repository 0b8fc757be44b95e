// Package starter runs the tests of a starter app: a project made of it by `galley init`,
// served on each engine.
//
//	func TestMain(m *testing.M) { starter.Main(m) }
//
//	func TestShop(t *testing.T) {
//		starter.Each(t, "shop", nil, func(t *testing.T, a *starter.App) {
//			a.Suite(t, 12, "shop.test.js")  // by the official client
//			a.Browser(t, 5, "walk.js")      // in Chromium
//			a.Doctor(t)                     // no table is open
//		})
//	}
package starter

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/test/galleytest"
	"github.com/galleyhq/galley/test/nodetest"
)

// App is a starter app that runs.
type App struct {
	*galleytest.Server
	Options galleytest.Options
}

// Main builds galley and runs the tests.
func Main(m *testing.M) { galleytest.Main(m) }

// Project makes a project of the template, and returns its folder.
func Project(t testing.TB, template string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), template)
	galleytest.Command(t, galleytest.Options{Project: dir, Data: filepath.Join(t.TempDir(), "data")}, "init", "--template", template)
	return dir
}

// Options say how to serve a project of the template: its limits are for one address,
// and all users of a test have the same.
func Options(t testing.TB, template string, env ...string) galleytest.Options {
	t.Helper()
	return Limits(galleytest.Options{Project: Project(t, template), Data: filepath.Join(t.TempDir(), "data"), Env: env})
}

// Limits are options with limits that suit tests, before those that are there.
func Limits(o galleytest.Options) galleytest.Options {
	o.Env = append([]string{
		"GALLEY_AUTH_RATE_LIMIT_SIGN_IN_SIGN_UPS=100000", "GALLEY_AUTH_RATE_LIMIT_TOKEN_VERIFICATIONS=100000",
		"GALLEY_AUTH_RATE_LIMIT_EMAIL_SENT=100000", "GALLEY_MAIL_PER_RECIPIENT=0",
		// On a machine that runs other tests.
		"GALLEY_FUNCTIONS_HOOK_TIME=30s", "GALLEY_FUNCTIONS_TRANSACTION_TIMEOUT=60s", "GALLEY_FUNCTIONS_QUEUE_TIMEOUT=60s",
	}, o.Env...)
	return o
}

// Each runs a test on the template served by each engine.
func Each(t *testing.T, template string, env []string, test func(t *testing.T, a *App)) {
	t.Helper()
	for name, url := range map[string]func(testing.TB) string{"embedded": func(testing.TB) string { return "" }, "postgres": pgtest.Database} {
		t.Run(name, func(t *testing.T) {
			o := Options(t, template, env...)
			o.DatabaseURL = url(t)
			test(t, &App{galleytest.Start(t, o), o})
		})
	}
}

// Suite runs files of node:test that use the official client; least is how many tests
// they have. They lie in the folder of the test.
func (a *App) Suite(t *testing.T, least int, files ...string) {
	t.Helper()
	needs := nodetest.Needs{Folder: "test/templates", At: "..", Packages: []string{"@supabase/supabase-js"}, Require: "GALLEY_TEST_REQUIRE_CLIENT"}
	a.run(t, nodetest.Find(t, needs), least, files)
}

// Browser runs files of node:test that drive Chromium.
func (a *App) Browser(t *testing.T, least int, files ...string) {
	t.Helper()
	needs := nodetest.Needs{Folder: "test/templates", At: "..", Packages: []string{"playwright-core"}, Chromium: true, Require: "GALLEY_TEST_REQUIRE_BROWSER"}
	a.run(t, nodetest.Find(t, needs), least, files)
}

// Doctor has `galley doctor` look over the app: it may find nothing wrong with its tables,
// and nowhere an error. That a test has no backups and sends no mail is as it should be.
func (a *App) Doctor(t *testing.T) {
	t.Helper()
	var findings []struct{ Check, Severity, Message, Do string }
	out := galleytest.Command(t, a.Options, "doctor", "--json") // which fails when a finding is an error
	if err := json.Unmarshal(out, &findings); err != nil || len(findings) == 0 {
		t.Fatalf("galley doctor --json: %v\n%s", err, out)
	}
	tables := []string{"exposure", "views", "primary keys", "foreign keys", "numbers"}
	for _, f := range findings {
		if f.Severity == "error" || f.Severity == "warning" && slices.Contains(tables, f.Check) {
			t.Errorf("%s, %s: %s\n  %s", f.Check, f.Severity, f.Message, f.Do)
		}
	}
}

func (a *App) run(t *testing.T, node string, least int, files []string) {
	t.Helper()
	nodetest.Run(t, nodetest.Suite{Name: filepath.Base(a.Options.Project), Node: node, Files: files, Least: least, Env: []string{
		"GALLEY_URL=" + a.URL, "GALLEY_ANON=" + a.Keys.Anon, "GALLEY_SERVICE_ROLE=" + a.Keys.ServiceRole,
		"GALLEY_CHROMIUM=" + nodetest.Chromium, "GALLEY_SCREENSHOTS=" + os.Getenv("GALLEY_SCREENSHOTS")}})
}
