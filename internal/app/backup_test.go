package app

import (
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/metrics"
	"github.com/galleyhq/galley/internal/migrate"
)

// TestOwnTablesAreKept: before Galley's own tables are changed the file is
// copied, and not when they are made.
func TestOwnTablesAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.db")
	db, err := embedded.Open(t.Context(), embedded.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	steps := []string{"create table galley.tried (n int)", "alter table galley.tried add column m int"}
	for _, c := range []struct{ steps, copies int }{{1, 0}, {1, 0}, {2, 1}, {2, 1}} {
		if err := own(t.Context(), db, migrate.Part{Name: "tried", Steps: steps[:c.steps]}); err != nil {
			t.Fatal(err)
		}
		if kept, err := filepath.Glob(path + ".before-upgrade-*"); err != nil || len(kept) != c.copies {
			t.Errorf("with %d steps: copies %v, %v", c.steps, kept, err)
		}
	}
	kept, _ := filepath.Glob(path + ".before-upgrade-*")
	for _, k := range kept {
		if _, err := embedded.Check(t.Context(), k); err != nil {
			t.Error(err)
		}
	}
}

// TestBackupsOfAServer starts what a server starts, and stops it.
func TestBackupsOfAServer(t *testing.T) {
	c := load(t, "GALLEY_BACKUP_TO=backups")
	o := Options{Config: c, Logger: slog.New(slog.DiscardHandler)}
	db, err := Open(t.Context(), c, o.Logger)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	var all metrics.Registry
	stop, err := startBackups(o, &all, nil)
	if err != nil {
		t.Fatal(err)
	}
	stop()
	w := httptest.NewRecorder()
	all.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if !strings.Contains(w.Body.String(), "galley_backup_failing 0") {
		t.Errorf("metrics: %s", w.Body)
	}
	for name, change := range map[string]string{"scheme": "GALLEY_BACKUP_RECIPIENTS=age1nonsense",
		"no phrase": "GALLEY_BACKUP_PASSPHRASE_FILE=missing"} {
		o.Config = load(t, "GALLEY_BACKUP_TO=backups", change)
		if _, err := startBackups(o, &all, nil); err == nil {
			t.Errorf("%s: started", name)
		}
	}
}

func TestBackupFile(t *testing.T) {
	c := load(t)
	existing := filepath.Join(t.TempDir(), "odd name")
	if err := os.WriteFile(existing, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	regular := func(path string) bool { return path == existing }
	for text, want := range map[string]string{
		"": "", "folder": "", "folder/": "", "s3://b/p": "", "x.tar.zst": "x.tar.zst", "/a/b/x.tar.zst.age": "x.tar.zst.age",
		"s3://b/p/x.tar.zst": "x.tar.zst", existing: "odd name",
	} {
		place, name, err := BackupFile(c, text, regular)
		if err != nil || name != want {
			t.Errorf("%q: %v %q, %v", text, place, name, err)
		}
	}
	place, err := BackupPlace(c, "")
	if d, ok := place.(backup.Folder); err != nil || !ok || !strings.HasSuffix(string(d), filepath.Join(".galley", "backups")) {
		t.Errorf("the usual place: %v %v", place, err)
	}
}

// TestContinuousOfAServer: a server with backup.continuous ships what is written,
// and the place has it when the server has ended.
func TestContinuousOfAServer(t *testing.T) {
	c := load(t, "GALLEY_BACKUP_TO=backups", "GALLEY_BACKUP_CONTINUOUS=true", "GALLEY_BACKUP_INTERVAL=100ms")
	o := Options{Config: c, Logger: slog.New(slog.DiscardHandler)}
	stream, finish, err := openStream(o)
	if err != nil {
		t.Fatal(err)
	}
	db, err := openWith(t.Context(), c, o.Logger, stream)
	if err != nil {
		t.Fatal(err)
	}
	var all metrics.Registry
	stop, err := startBackups(o, &all, stream)
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); stream.Status().Bases == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no base: %+v", stream.Status())
		}
	}
	if _, err := database.Exec(db.Query(t.Context(), database.Session{}, database.Statement{SQL: "create table written as select 42 as n"})); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	all.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if !strings.Contains(w.Body.String(), "galley_backup_continuous_lag_seconds") || !strings.Contains(w.Body.String(), "galley_backup_continuous_bases_total 1") {
		t.Errorf("metrics: %s", w.Body)
	}
	if other, _, err := openStream(o); err == nil {
		t.Errorf("two on one spool: %v", other)
	}
	stop()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	finish()
	place, err := BackupPlace(c, "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := backup.FindPoint(t.Context(), place, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	_, report, err := p.Verify(t.Context(), backup.Key{}, t.TempDir())
	if err != nil || !slices.ContainsFunc(report.Tables, func(r embedded.TableReport) bool { return r.Name == "written" && r.Rows == 1 }) {
		t.Errorf("restored %+v, %v", report, err)
	}
	o.Config = load(t, "GALLEY_BACKUP_TO=backups", "GALLEY_BACKUP_CONTINUOUS=true", "DATABASE_URL=postgres://localhost/x")
	if _, _, err := openStream(o); err == nil {
		t.Error("on PostgreSQL")
	}
}
