package app

import (
	"compress/gzip"
	"context"
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/dump"
	"github.com/galleyhq/galley/internal/migrate"
)

var newFixture = flag.String("fixture", "", "write a fixture of the present formats to testdata/formats under this `name`")

// formatsDir has a database of each engine in the format of each release, and one
// ("oldest") with the first version of each part of Galley's own tables.
const formatsDir = "testdata/formats"

// formatSQL fills a database with a row of each of Galley's own tables that a
// project fills by SQL, and a table of its own. It must not change: the fixtures
// were made with it.
var formatSQL = []string{
	"create table books (id int primary key, title text not null, price numeric(6,2), made timestamptz)",
	"insert into books values (1, 'Émile', 12.50, '2026-01-02 03:04:05+00'), (2, 'tab\t', null, 'infinity')",
	"alter table books enable row level security",
	"create policy own on books for select to anon using (id = 1)",
	"grant select on books to anon",
	`select galley.enqueue('reports', '{"n": 1}')`,
	`select galley.enqueue('reports', '{"n": 2}')`,
	"select cron.schedule('nightly', '0 3 * * *', 'select 1')",
	"select pgmq.create('orders')",
	`select pgmq.send('orders', '{"order": 7}')`,
	"insert into galley.mail_suppressions (address, reason, source) values ('gone@example.org', 'bounce', 'smtp')",
	"insert into galley.settings (key, value) values ('tried', 'kept')",
	`insert into auth.users (id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data, created_at, updated_at)
		values ('11111111-1111-4111-8111-111111111111', 'authenticated', 'authenticated', 'ada@example.org', 'x', '2026-01-02', '{"provider": "email"}', '2026-01-01', '2026-01-02')`,
	`insert into auth.identities (id, user_id, provider, provider_id, identity_data)
		values ('22222222-2222-4222-8222-222222222222', '11111111-1111-4111-8111-111111111111', 'email', '11111111-1111-4111-8111-111111111111', '{"email": "ada@example.org"}')`,
}

// formatAnswers are what every later program must answer.
var formatAnswers = [][2]string{
	{"select id, title, price, made from books order by id", "1|Émile|12.50|2026-01-02 03:04:05+00;2|tab\t|∅|infinity"},
	{"select queue, payload::text, state from galley.jobs where queue = 'reports' order by id", `reports|{"n": 1}|available;reports|{"n": 2}|available`},
	{"select jobname, schedule, command, active from cron.job", "nightly|0 3 * * *|select 1|t"},
	{"select (message -> 'order')::text, read_ct from pgmq.read('orders', 0, 5)", "7|1"},
	{"select reason from galley.mail_suppressions where address = 'gone@example.org'", "bounce"},
	{"select value from galley.settings where key = 'tried'", "kept"},
	{"select u.email, u.confirmed_at, i.email from auth.users u join auth.identities i on i.user_id = u.id", "ada@example.org|2026-01-02 00:00:00+00|ada@example.org"},
	{"select count(*) from (select galley.enqueue('reports', '{}')) q", "1"},
	{"select count(*) from galley.jobs where queue = 'reports'", "3"},
	{"select pgmq.send('orders', '{}')", "2"},
}

func formatAnswer(t *testing.T, db database.DB, sql string) string {
	t.Helper()
	rows, err := database.Records(t.Context(), database.Owner{DB: db}, sql)
	if err != nil {
		t.Errorf("%s: %v", sql, err)
	}
	var lines []string
	for _, r := range rows {
		var values []string
		for i := range r {
			if r[i] == nil {
				values = append(values, "∅")
			} else {
				values = append(values, *r[i])
			}
		}
		lines = append(lines, strings.Join(values, "|"))
	}
	return strings.Join(lines, ";")
}

func formatsAnswered(t *testing.T, db database.DB) {
	t.Helper()
	for _, c := range formatAnswers {
		if got := formatAnswer(t, db, c[0]); got != c[1] {
			t.Errorf("%s\ngot  %s\nwant %s", c[0], got, c[1])
		}
	}
	anon, err := database.Collect(db.Query(t.Context(), database.Session{Role: "anon"}, database.Statement{SQL: "select id from books"}))
	if err != nil || len(anon) != 1 {
		t.Errorf("anon reads %v, %v", anon, err)
	}
}

// versionsOf are the versions of Galley's own tables that a database has.
func versionsOf(t *testing.T, db database.DB) string {
	t.Helper()
	return formatAnswer(t, db, "select key, value from galley.settings where key like 'schema.%' order by key")
}

// TestFormats opens the database of each release, as an upgraded server does: it
// answers the same, and where something was brought up to date in a file there is a
// copy from before.
func TestFormats(t *testing.T) {
	if *newFixture != "" {
		writeFixtures(t, *newFixture)
	}
	files, err := filepath.Glob(filepath.Join(formatsDir, "*.db.gz"))
	if err != nil || len(files) < 2 {
		t.Fatalf("fixtures %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { fileOpens(t, file) })
	}
	dumps, err := filepath.Glob(filepath.Join(formatsDir, "*.tar.zst"))
	if err != nil || len(dumps) < 2 {
		t.Fatalf("fixtures %v, %v", dumps, err)
	}
	for _, file := range dumps {
		t.Run(filepath.Base(file), func(t *testing.T) { dumpOpens(t, file) })
	}
}

func fileOpens(t *testing.T, fixture string) {
	c := load(t)
	if err := os.MkdirAll(c.Database.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	unzip(t, fixture, c.Database.File())
	before := fileVersions(t, c.Database.File())
	db := opened(t, c)
	formatsAnswered(t, db)
	// What is there for the first time changes nothing that was.
	after := strings.Split(versionsOf(t, db), ";")
	changed := slices.ContainsFunc(strings.Split(before, ";"), func(v string) bool { return !slices.Contains(after, v) })
	kept, err := filepath.Glob(c.Database.File() + ".before-upgrade-*")
	if err != nil || len(kept) > 1 {
		t.Errorf("copies %v, %v", kept, err)
	}
	if changed && len(kept) != 1 {
		t.Errorf("from %s it was brought up to date without a copy: %v", before, kept)
	}
	for _, k := range kept {
		if got := fileVersions(t, k); got != before {
			t.Errorf("the copy has %s, the file had %s", got, before)
		}
	}
}

// fileVersions looks into a copy of a file, as opening may change it.
func fileVersions(t *testing.T, path string) string {
	t.Helper()
	at := filepath.Join(t.TempDir(), "data.db")
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(at, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	db, err := embedded.Open(t.Context(), embedded.Config{Path: at})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	return versionsOf(t, db)
}

func dumpOpens(t *testing.T, fixture string) {
	c := load(t, "DATABASE_URL="+pgtest.Database(t))
	log := slog.New(slog.DiscardHandler)
	bare, err := BackupServer(t.Context(), c, log)
	if err != nil {
		t.Fatal(err)
	}
	_, err = dump.Restore(t.Context(), backup.Folder(formatsDir), filepath.Base(fixture), backup.Key{}, bare)
	before := versionsOf(t, bare)
	if err := closing(bare, err); err != nil {
		t.Fatal(err)
	}
	db := opened(t, c)
	formatsAnswered(t, db)
	if filepath.Base(fixture) == "oldest.tar.zst" && versionsOf(t, db) == before {
		t.Errorf("nothing of %s was brought up to date", before)
	}
}

func opened(t *testing.T, c config.Config) database.DB {
	t.Helper()
	db, err := Open(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func unzip(t *testing.T, from, to string) {
	t.Helper()
	f, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// writeFixtures writes those of the present formats; under the name "oldest" each
// part has its first step only.
func writeFixtures(t *testing.T, name string) {
	for _, c := range []config.Config{load(t), load(t, "DATABASE_URL="+pgtest.Database(t))} {
		db, err := openBare(t.Context(), c, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := installFormat(t.Context(), db, name == "oldest"); err != nil {
			t.Fatal(err)
		}
		for _, sql := range formatSQL {
			formatAnswer(t, db, sql)
		}
		if db.Engine() == "postgres" {
			_, err = dump.Create(t.Context(), dump.Source{DB: db}, backup.Folder(formatsDir), name+".tar.zst", backup.Lock{})
		}
		if err := closing(db, err); err != nil {
			t.Fatal(err)
		}
		if c.Database.URL == "" {
			zip(t, c.Database.File(), filepath.Join(formatsDir, name+".db.gz"))
		}
	}
}

func installFormat(ctx context.Context, db database.DB, oldest bool) error {
	if !oldest {
		return install(ctx, db)
	}
	if server, ok := db.(interface{ Bootstrap(context.Context) error }); ok {
		if err := server.Bootstrap(ctx); err != nil {
			return err
		}
	}
	all, _, err := parts(ctx, db)
	for i := range all {
		all[i].Steps = all[i].Steps[:1]
	}
	if err != nil {
		return err
	}
	return migrate.Own(ctx, db, all...)
}

func zip(t *testing.T, from, to string) {
	t.Helper()
	if err := embedded.Fold(from); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(b)
	}
	if err == nil {
		err = z.Close()
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}
