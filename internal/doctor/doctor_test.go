package doctor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
	"github.com/galleyhq/galley/internal/disk"
)

const strong = "dDz7Wf0uKq4mVt9eYb2nRj6cXs1aLp8g-of-a-test"

// planted is one table for each problem, and one without any.
const planted = `
create table good (id int primary key, owner text);
alter table good enable row level security;
create policy own on good using (owner = current_user) with check (owner = current_user);
create policy look on good for select using (true);
grant all on good to anon;
create table closed (id int primary key);
revoke all on closed from anon, authenticated;
create table exposed (id int primary key);
grant select on exposed to anon;
create table open (id int primary key);
alter table open enable row level security;
create policy everything on open for update to authenticated using (true);
create table keyless (n int);
revoke all on keyless from anon, authenticated;
create table child (id int primary key, "Good" int constraint bare references good, held int constraint held references good);
revoke all on child from anon, authenticated;
create index on child (held, id)`

func patient(t *testing.T, engine string) Patient {
	t.Helper()
	dir := t.TempDir()
	c := config.Config{Project: dir, Database: config.Database{Data: dir}, API: config.API{Schemas: []string{"public"}},
		Backup: config.Backup{Every: time.Hour}, Mail: config.Mail{From: "a@example.org", Transport: "smtp"}}
	var db database.DB
	var err error
	if engine == "postgres" {
		var server *postgres.DB
		if server, err = postgres.Open(t.Context(), postgres.Config{URL: pgtest.Database(t)}); err == nil {
			db, err = server, server.Bootstrap(t.Context())
		}
	} else {
		db, err = embedded.Open(t.Context(), embedded.Config{Path: c.Database.File()})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return Patient{DB: db, Config: c, Secret: strong}
}

func run(t *testing.T, p Patient, script string) {
	t.Helper()
	for sql := range strings.SplitSeq(script, ";\n") {
		if _, err := database.Exec(p.DB.Query(t.Context(), database.Session{}, database.Statement{SQL: sql})); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

func TestPlanted(t *testing.T) {
	for _, engine := range []string{"embedded", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			p := patient(t, engine)
			run(t, p, planted)
			got := Examine(t.Context(), p)
			want := map[string]string{ // what is said of it, and by which check
				`table "public"."exposed" has no row-level security, and anon`:            "exposure",
				`policy "everything" lets authenticated write any row of "public"."open"`: "exposure",
				`table "public"."keyless" has no primary key`:                             "primary keys",
				`foreign key "bare" of "public"."child" has no index on (Good)`:           "foreign keys",
			}
			for _, f := range got {
				if strings.Contains(f.Message, "could not be checked") {
					t.Errorf("%+v", f)
				}
				subject := f.Check == "exposure" || f.Check == "primary keys" || f.Check == "foreign keys"
				if !subject || f.Severity == OK {
					continue
				}
				known := false
				for message, check := range want {
					if f.Check == check && strings.HasPrefix(f.Message, message) {
						known = true
						delete(want, message)
					}
				}
				if !known || f.Do == "" || f.Docs == "" {
					t.Errorf("not planted, or nothing to do: %+v", f)
				}
			}
			for message := range want {
				t.Errorf("not found: %s", message)
			}
			if Worst(got) != Error {
				t.Errorf("the worst is %s", Worst(got))
			}
			run(t, p, `create index on child ("Good")`)
			if left, err := foreignKeys(t.Context(), p); err != nil || len(left) > 0 {
				t.Errorf("with an index: %v, %v", left, err)
			}
		})
	}
}

func TestSecrets(t *testing.T) {
	p := Patient{Secret: "short", Config: config.Config{Metrics: config.Metrics{Token: "short"}}}
	if found, err := secrets(t.Context(), p); err != nil || len(found) != 2 {
		t.Errorf("%v, %v", found, err)
	}
	if found, _ := secrets(t.Context(), Patient{Secret: strong}); len(found) > 0 {
		t.Errorf("%v", found)
	}
}

func TestBackups(t *testing.T) {
	last := func(age time.Duration, ok bool, err error) func(context.Context) (time.Time, bool, error) {
		return func(context.Context) (time.Time, bool, error) { return time.Now().Add(-age), ok, err }
	}
	span := func(late time.Duration, ok bool) func(context.Context) (time.Time, time.Time, bool, error) {
		return func(context.Context) (time.Time, time.Time, bool, error) {
			return time.Now().Add(-time.Hour), time.Now().Add(-late), ok, nil
		}
	}
	there := config.Config{Backup: config.Backup{To: "x", Every: time.Hour}}
	for name, c := range map[string]struct {
		p    Patient
		want Severity
	}{
		"not configured": {Patient{LastBackup: last(0, true, nil)}, Warning},
		"none":           {Patient{Config: there, LastBackup: last(0, false, nil)}, Error},
		"old":            {Patient{Config: there, LastBackup: last(3*time.Hour, true, nil)}, Error},
		"new":            {Patient{Config: there, LastBackup: last(time.Hour, true, nil)}, OK},
		"no stream":      {Patient{Config: there, LastBackup: last(time.Hour, true, nil), Continuous: span(0, false)}, Error},
		"late stream":    {Patient{Config: there, LastBackup: last(time.Hour, true, nil), Continuous: span(10*time.Minute, true)}, Error},
		"stream":         {Patient{Config: there, LastBackup: last(time.Hour, true, nil), Continuous: span(time.Minute, true)}, OK},
	} {
		if found, err := backups(t.Context(), c.p); err != nil || Worst(found) != c.want {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
	if _, err := backups(t.Context(), Patient{Config: there, LastBackup: last(0, false, errors.New("gone"))}); err == nil {
		t.Error("a place that cannot be read is no finding")
	}
}

func TestRoomAndClock(t *testing.T) {
	for free, want := range map[uint64]Severity{1 << 20: Error, 512 << 20: Warning, 5 << 30: OK} {
		if got := Worst(roomFindings(disk.Room{Free: free, Total: 10 << 30}, true, "x")); got != want {
			t.Errorf("%d free: %s", free, got)
		}
	}
	now := time.Now()
	for there, want := range map[time.Duration]time.Duration{0: 0, 500 * time.Millisecond: 0, -3 * time.Second: 3 * time.Second, 6 * time.Second: 5 * time.Second} {
		if got := clockDifference(now, now.Add(time.Second), now.Add(there)); got != want {
			t.Errorf("%s: %s", there, got)
		}
	}
}

// TestDamage overwrites a page of the file.
func TestDamage(t *testing.T) {
	p := patient(t, "embedded")
	run(t, p, "create table t (id int primary key, body text);\ncreate index on t (body);\ninsert into t select g, repeat('x', 500) || g::text from generate_series(1, 2000) g")
	if found, err := integrity(t.Context(), p); err != nil || len(found) > 0 {
		t.Fatalf("%v, %v", found, err)
	}
	if err := p.DB.Close(); err != nil { // moves the log into the file
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(p.Config.Database.Data, "data.db"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(make([]byte, 4096*20), info.Size()/2/4096*4096); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if p.DB, err = embedded.Open(t.Context(), embedded.Config{Path: p.Config.Database.File()}); err != nil {
		t.Fatal(err)
	}
	defer p.DB.Close()
	if found, err := integrity(t.Context(), p); err != nil || Worst(found) != Error {
		t.Errorf("%v, %v", found, err)
	}
}

// TestUnusedSlot plants a replication slot that nobody reads.
func TestUnusedSlot(t *testing.T) {
	p := patient(t, "postgres")
	rows, err := p.ask(t.Context(), "show wal_level")
	if err != nil {
		t.Fatal(err)
	}
	_, err = database.Exec(p.DB.Query(t.Context(), database.Session{}, database.Statement{SQL: "select pg_create_physical_replication_slot('galley_doctor_test', true)"}))
	if err != nil {
		t.Skipf("no replication slot can be made here (wal_level %s): %v", rows[0][0], err)
	}
	defer run(t, p, "select pg_drop_replication_slot('galley_doctor_test')")
	found, err := replication(t.Context(), p)
	if err != nil || Worst(found) != Error || !strings.Contains(found[0].Message, "galley_doctor_test") {
		t.Errorf("%v, %v", found, err)
	}
}

// TestViews plants views that read with their owner's rights, and others.
func TestViews(t *testing.T) {
	p := patient(t, "postgres")
	run(t, p, `create table mine (id int primary key);
alter table mine enable row level security;
create table everybodys (id int primary key);
create view past as select * from mine join everybodys using (id);
create view "In between" as select * from past;
create view allowed with (security_invoker = true) as select * from mine;
create view without as select * from everybodys;
create view closed as select * from mine;
revoke all on closed, "In between" from anon, authenticated;
create materialized view kept as select * from mine;
revoke all on kept from anon`)
	found, err := views(t.Context(), p)
	if err != nil || len(found) != 2 {
		t.Fatalf("%v, %v", found, err)
	}
	if got := found[0].Message; got != "materialized view public.kept reads past the row-level security of public.mine, and authenticated may read it" {
		t.Error(got)
	}
	if got := found[1].Message; got != "view public.past reads past the row-level security of public.mine, and anon and authenticated may read it" {
		t.Error(got)
	}
	run(t, p, "alter view past set (security_invoker = true);\nrevoke all on kept from authenticated")
	if found, err := views(t.Context(), p); err != nil || len(found) > 0 {
		t.Errorf("mended: %v, %v", found, err)
	}
}

func TestArchiving(t *testing.T) {
	p := patient(t, "postgres")
	found, err := backups(t.Context(), p)
	mode, asked := p.ask(t.Context(), "show archive_mode")
	if err != nil || asked != nil || len(found) != 1 || found[0].Do == "" {
		t.Fatalf("%v, %v, %v", found, err, asked)
	}
	if off := strings.Contains(found[0].Message, "archive_mode is off"); off != (mode[0][0] == "off") {
		t.Errorf("archive_mode is %s: %s", mode[0][0], found[0].Message)
	}
	p.Config.Backup.To, p.Config.Backup.Every, p.Config.Database.URL = "x", time.Hour, "postgres://x/y"
	p.LastBackup = func(context.Context) (time.Time, bool, error) { return time.Now().Add(-3 * time.Hour), true, nil }
	if old, err := backups(t.Context(), p); err != nil || Worst(old) != Error {
		t.Errorf("an old backup by the clock: %v, %v", old, err)
	}
	p.LastBackup = func(context.Context) (time.Time, bool, error) { return time.Now(), true, nil }
	if fresh, err := backups(t.Context(), p); err != nil || len(fresh) != 1 || fresh[0].Message != found[0].Message {
		t.Errorf("a new backup by the clock: %v, %v", fresh, err)
	}
}

func TestFunctions(t *testing.T) {
	found, err := functions(t.Context(), Patient{})
	if len(found) != 0 || err != nil {
		t.Errorf("one node: %v %v", found, err)
	}
	differing := func(context.Context) (map[string][][]string, error) {
		return map[string][][]string{"pay": {{"a", "c"}, {"b"}}, "hello": {{"a"}, {"b", "c"}}}, nil
	}
	found, err = functions(t.Context(), Patient{Differing: differing})
	if err != nil || len(found) != 2 || found[0].Severity != Warning || !strings.Contains(found[0].Message, "the function hello: a against b, c") || !strings.Contains(found[1].Message, "pay: a, c against b") {
		t.Errorf("%+v %v", found, err)
	}
}
