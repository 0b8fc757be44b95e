package architecture

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/galleyhq/galley"

// public is the row of the package at the module's root.
const public = "galley"

// ranks is the table of docs/architecture.md. A package imports packages of lower
// rank only. One that is not listed belongs to the nearest one above it in the
// folders; such parts may import one another.
var ranks = map[string]int{
	"internal/fault":                  0,
	"internal/outgoing":               0,
	"internal/schema":                 1,
	"internal/sqltext":                1,
	"internal/config":                 1,
	"internal/jsonschema":             1,
	"internal/httpapi":                1,
	"internal/metrics":                0,
	"internal/rowsum":                 0,
	"internal/seal":                   0,
	"internal/idle":                   0,
	"internal/remote":                 0,
	"internal/spelling":               0,
	"internal/qr":                     0,
	"internal/telemetry":              1,
	"internal/watch":                  3,
	"internal/disk":                   1,
	"internal/database":               2,
	"internal/database/postgres":      3,
	"internal/database/embedded":      3,
	"internal/migrate":                3,
	"internal/auth/token":             3, // who a request is; accounts, in auth, stand on it
	"internal/query":                  3,
	"internal/jobs":                   3,
	"internal/schedule":               3,
	"internal/govalue":                3,
	"internal/pgmq":                   3,
	"internal/hooks":                  3,
	"internal/rowcache":               3,
	"internal/backup":                 4,
	"internal/jobs/call":              4,
	"internal/jobs/report":            4,
	"internal/rest":                   4,
	"internal/openapi":                4,
	"internal/doctor":                 4,
	"internal/redirect":               4,
	"internal/admin":                  4,
	"internal/typegen":                2,
	"internal/collection":             2,
	"internal/static":                 2,
	"internal/graphql":                4,
	"internal/move":                   4,
	"internal/auth":                   4,
	"internal/mail":                   4,
	"internal/https":                  4,
	"internal/storage":                4,
	"internal/realtime":               4,
	"internal/functions":              4,
	"internal/automation":             4,
	"internal/integrations":           4,
	"internal/dump":                   5,
	"internal/studio":                 5,
	"internal/app":                    6,
	"web/client":                      0,
	"templates":                       0,
	"deploy":                          0,
	"cmd/galley":                      7,
	public:                            7,
	"examples":                        8,
	"internal/tools":                  7,
	"internal/architecture":           7,
	"internal/database/databasetest":  testSupport,
	"internal/database/pgtest":        testSupport,
	"internal/database/enginetest":    testSupport,
	"internal/auth/factor/factortest": testSupport,
	"test":                            testSupport,
}

// testSupport marks packages that only tests may import. They may import
// anything.
const testSupport = 100

// confined lists the libraries that only some packages may import, tests
// excepted: what is behind a boundary stays behind it.
var confined = map[string][]string{
	"github.com/multigres/multigres": {"internal/database/embedded/syntax"},
	// The tree that the grammar yields stays within the engine.
	"github.com/multigres/multigres/go/common/parser/ast": {"internal/database/embedded"},
	"modernc.org/sqlite":                    {"internal/database/embedded"},
	"github.com/tetratelabs/wazero":         {"internal/functions/wasm"},
	"modernc.org/libquickjs":                {"internal/functions/engine/quick"},
	"github.com/jackc/pgx":                  {"internal/database/postgres", "internal/database/pgtest", "internal/database/databasetest"},
	"github.com/netresearch/go-cron":        {"internal/schedule"},
	"github.com/spf13/cobra":                {"cmd/galley"},
	"github.com/santhosh-tekuri/jsonschema": {"internal/jsonschema"},
	"github.com/wneessen/go-mail":           {"internal/mail/transport"},
	"github.com/trustelem/zxcvbn":           {"internal/auth/password"},
	"github.com/go-webauthn/webauthn":       {"internal/auth/factor"},
	"github.com/pquerna/otp":                {"internal/auth/factor"},
	"github.com/xuri/excelize":              {"internal/jobs/report"},
	"codeberg.org/go-pdf/fpdf":              {"internal/jobs/report", "internal/integrations/carrier"},
	"github.com/stripe/stripe-go":           {"internal/integrations/stripe"},
	"github.com/evanw/esbuild":              {"internal/functions/bundle", "internal/tools/browserclient"},
	"github.com/caddyserver/certmagic":      {"internal/https"},
	"go.uber.org/zap":                       {"internal/https"},
	"database/sql":                          {},
}

type listed struct {
	ImportPath string
	Imports    []string
}

func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		name := nameOf(p.ImportPath)
		from, ok := unit(name)
		if !ok {
			t.Errorf("%s has no rank: add it to the table of docs/architecture.md and to this test", name)
			continue
		}
		for _, path := range p.Imports {
			checkConfined(t, name, path)
			if path == module || strings.HasPrefix(path, module+"/") {
				checkRank(t, name, from, nameOf(path))
			}
		}
	}
}

// nameOf is the name of a package of ours in the table.
func nameOf(path string) string {
	if path == module {
		return public
	}
	return strings.TrimPrefix(path, module+"/")
}

func checkRank(t *testing.T, name, from, imported string) {
	to, ok := unit(imported)
	switch {
	case !ok || to == from || ranks[from] == testSupport:
	case ranks[to] == testSupport:
		t.Errorf("%s imports %s, which is for tests only", name, imported)
	case ranks[to] >= ranks[from]:
		t.Errorf("%s (rank %d) imports %s (rank %d): imports go down only", name, ranks[from], imported, ranks[to])
	case to != imported:
		t.Errorf("%s imports %s, which is an inner part of %s", name, imported, to)
	}
}

func checkConfined(t *testing.T, name, path string) {
	library, ok := nearest(path, confined)
	if !ok {
		return
	}
	allowed := confined[library]
	from, _ := unit(name)
	if ranks[from] != testSupport && !slices.ContainsFunc(allowed, func(a string) bool { return within(name, a) }) {
		t.Errorf("%s imports %s, which is for %v only", name, path, allowed)
	}
}

// unit returns the row of the table that a package belongs to.
func unit(name string) (string, bool) { return nearest(name, ranks) }

// nearest returns the longest key that is path or a folder above it.
func nearest[V any](path string, table map[string]V) (string, bool) {
	for ; path != "."; path = filepath.ToSlash(filepath.Dir(path)) {
		if _, ok := table[path]; ok {
			return path, true
		}
	}
	return "", false
}

func within(path, parent string) bool {
	return path == parent || strings.HasPrefix(path, parent+"/")
}

// packages lists the packages of the module with what their code, without their
// tests, imports.
func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports", "./...")
	cmd.Dir = root(t)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 5 {
		t.Fatalf("go list found %d packages", len(all))
	}
	return all
}
