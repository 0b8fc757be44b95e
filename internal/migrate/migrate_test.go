package migrate_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/migrate"
)

// project is a folder of migrations and a database to apply them to.
type project struct {
	t   *testing.T
	db  database.DB
	dir string
	log bytes.Buffer
	cfg migrate.Config
}

func newProject(t *testing.T, db database.DB) *project {
	p := &project{t: t, db: db, dir: t.TempDir()}
	p.cfg = migrate.Config{Dir: p.dir, Seeds: []string{filepath.Join(p.dir, "seed", "seed.sql")}, Schemas: []string{"public"}}
	return p
}

func (p *project) write(name, sql string) {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(sql), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *project) migrator() *migrate.Migrator {
	c := p.cfg
	c.Logger = slog.New(slog.NewTextHandler(&p.log, nil))
	return migrate.New(p.db, c)
}

// up applies what is pending and returns the names of the files.
func (p *project) up() (string, error) {
	files, err := p.migrator().Up(p.t.Context())
	var names []string
	for _, f := range files {
		names = append(names, f.Base())
	}
	return strings.Join(names, " "), err
}

func (p *project) mustUp(want string) {
	p.t.Helper()
	if got, err := p.up(); err != nil || got != want {
		p.t.Fatalf("up: %q, %v; want %q", got, err, want)
	}
}

// rows runs a query and returns its rows as text: "a,b|c,d".
func (p *project) rows(sql string) string {
	p.t.Helper()
	rows, err := database.Collect(p.db.Query(p.t.Context(), database.Session{}, database.Statement{SQL: sql}))
	if err != nil {
		p.t.Fatalf("%s: %v", sql, err)
	}
	var lines []string
	for _, r := range rows {
		var cells []string
		for _, c := range r {
			if c == nil {
				cells = append(cells, "NULL")
				continue
			}
			cells = append(cells, *c)
		}
		lines = append(lines, strings.Join(cells, ","))
	}
	return strings.Join(lines, "|")
}

// rls tells which tables have row-level security.
func (p *project) rls(table string) bool {
	p.t.Helper()
	s, err := p.db.Schema(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	r := s.Relation("public", table)
	if r == nil {
		p.t.Fatalf("there is no table %s", table)
	}
	return r.RowSecurity
}

func TestUp(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		p := newProject(t, db)
		p.mustUp("")
		p.write("20260101000000_first.sql", "create table a (id bigint primary key);\ninsert into a (id) values (1);")
		p.write("20260102000000_second.sql", "begin;\ninsert into a (id) values (2);\ncommit;\n")
		p.write("20260103000000_nothing.sql", "-- nothing yet\n")
		p.mustUp("20260101000000_first.sql 20260102000000_second.sql 20260103000000_nothing.sql")
		p.mustUp("")
		if got := p.rows("select id from a order by id"); got != "1|2" {
			t.Errorf("rows %q", got)
		}
		got := p.rows("select version, name, length(checksum), applied_at is not null from supabase_migrations.schema_migrations order by version")
		if want := "20260101000000,first,64,t|20260102000000,second,64,t|20260103000000,nothing,64,t"; got != want {
			t.Errorf("history %q, want %q", got, want)
		}
	})
}

func TestFailureLeavesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		sql  string
		line int
		code string
	}{
		"unknown column":  {"create table b (id bigint);\n\ninsert into b (id)\nvalues (1);\ninsert into b (nope) values ('ä', 1);", 5, fault.UndefinedColumn},
		"syntax":          {"create table b (id bigint);\n-- ä\nselect from from;", 3, fault.SyntaxError},
		"data":            {"create table b (id bigint primary key);\ninsert into b (id) values (1);\n\n\ninsert into b (id) values (1);", 5, fault.UniqueViolation},
		"ends our commit": {"create table b (id bigint);\ncommit;\nselect 1;", 2, ""},
	} {
		t.Run(name, func(t *testing.T) {
			onEngines(t, func(t *testing.T, db database.DB) {
				p := newProject(t, db)
				p.write("1_a.sql", "create table a (id bigint primary key);")
				p.write("2_b.sql", c.sql)
				got, err := p.up()
				e, ok := errors.AsType[*migrate.Error](err)
				if got != "1_a.sql" || !ok || filepath.Base(e.File) != "2_b.sql" || e.Line != c.line || fault.Code(err) != c.code {
					t.Fatalf("applied %q, then %v (%s); want line %d, code %s", got, err, fault.Code(err), c.line, c.code)
				}
				if got := p.rows("select version from supabase_migrations.schema_migrations"); got != "1" {
					t.Errorf("history %q", got)
				}
				s, err := db.Schema(t.Context())
				if err != nil || s.Relation("public", "b") != nil {
					t.Errorf("the failed migration left a table behind (%v)", err)
				}
			})
		})
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		change func(p *project)
		want   string // what the error says
		status string
	}{
		"edited":  {func(p *project) { p.write("10_a.sql", "select 2") }, "10_a.sql: was changed after it was applied", "10_a.sql"},
		"missing": {func(p *project) { _ = os.Remove(filepath.Join(p.dir, "10_a.sql")) }, "10_a.sql: is applied to the database but missing", ""},
		"older":   {func(p *project) { p.write("09_z.sql", "select 1") }, "09_z.sql: is new, but older than 20", "09_z.sql"},
		"name":    {func(p *project) { p.write("z.sql", "select 1") }, "z.sql: the name of a migration is", ""},
		"twice":   {func(p *project) { p.write("20_z.sql", "select 1") }, "20_z.sql: has the same timestamp as 20_b.sql", ""},
	} {
		t.Run(name, func(t *testing.T) {
			onEngines(t, func(t *testing.T, db database.DB) {
				p := newProject(t, db)
				p.write("10_a.sql", "select 1")
				p.write("20_b.sql", "select 1")
				p.mustUp("10_a.sql 20_b.sql")
				c.change(p)
				p.write("30_new.sql", "select 1")
				if got, err := p.up(); err == nil || got != "" || !strings.Contains(err.Error(), c.want) {
					t.Errorf("applied %q, error %v, want %q", got, err, c.want)
				}
			})
		})
	}
}

func TestLineEndsAreNoEdit(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		p := newProject(t, db)
		p.write("1_a.sql", "select 1;\nselect 2;\n")
		p.mustUp("1_a.sql")
		p.write("1_a.sql", "select 1;\r\nselect 2;\r\n")
		p.mustUp("")
	})
}

func TestAllowOutOfOrder(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		p := newProject(t, db)
		p.cfg.AllowOutOfOrder = true
		p.write("2_b.sql", "select 1")
		p.mustUp("2_b.sql")
		p.write("1_a.sql", "select 1")
		p.mustUp("1_a.sql")
	})
}

func TestProtect(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		p := newProject(t, db)
		p.write("1_a.sql", `create table plain (id bigint); create table "Odd ""name" (id bigint);`)
		p.write("2_b.sql", "-- galley: rls off\ncreate table open_for_all (id bigint);")
		p.write("3_c.sql", "create schema hidden; create table hidden.t (id bigint); drop table plain; create table plain (id bigint);")
		p.mustUp("1_a.sql 2_b.sql 3_c.sql")
		for table, want := range map[string]bool{"plain": true, `Odd "name`: true, "open_for_all": false} {
			if p.rls(table) != want {
				t.Errorf("row-level security of %s: %v, want %v", table, !want, want)
			}
		}
		s, err := db.Schema(t.Context())
		if err != nil || s.Relation("hidden", "t").RowSecurity {
			t.Errorf("a table of a schema that is not exposed was changed (%v)", err)
		}
		exposed, err := p.migrator().Exposed(t.Context())
		if err != nil || len(exposed) != 1 || exposed[0].Name != "open_for_all" {
			t.Errorf("exposed %v, %v", exposed, err)
		}
	})
}

func TestSupabaseFolderIsLeftAlone(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		p := newProject(t, db)
		p.cfg.Supabase = true
		p.write("1_a.sql", "create table a (id bigint);")
		p.write("notes.sql", "this is no migration")
		p.mustUp("1_a.sql")
		if p.rls("a") {
			t.Error("row-level security was enabled")
		}
		if log := p.log.String(); !strings.Contains(log, "table=public.a") || !strings.Contains(log, "notes.sql") {
			t.Errorf("no warning in the log: %s", log)
		}
	})
}

func TestSettingsOfAFileEndWithIt(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		if db.Engine() != "postgres" {
			t.Skip("SET is refused by this engine")
		}
		p := newProject(t, db)
		p.write("1_a.sql", "create table a (id bigint); select pg_catalog.set_config('search_path', '', false); set role anon;")
		p.write("2_b.sql", "insert into a values (1)")
		p.mustUp("1_a.sql 2_b.sql")
	})
}

func TestSeed(t *testing.T) {
	for name, c := range map[string]struct {
		before string // what is in the database before
		skip   bool
		want   string
	}{
		"new database":      {"", false, "1"},
		"not wanted":        {"", true, ""},
		"database in use":   {"create table other (id bigint)", false, ""},
		"galley's own only": {"insert into galley.settings (key, value) values ('x', 'y')", false, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			onEngines(t, func(t *testing.T, db database.DB) {
				p := newProject(t, db)
				if c.before != "" {
					if _, err := database.Exec(db.Query(t.Context(), database.Session{}, database.Statement{SQL: c.before})); err != nil {
						t.Fatal(err)
					}
				}
				p.write("1_a.sql", "create table a (id bigint)")
				p.write("seed/seed.sql", "insert into a (id) values (1)")
				p.mustUp("1_a.sql")
				if c.skip {
					if err := p.migrator().SkipSeed(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				for range 2 {
					if _, err := p.migrator().Seed(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if got := p.rows("select id from a"); got != c.want {
					t.Errorf("rows %q, want %q", got, c.want)
				}
			})
		})
	}
}

func TestFailedSeedRunsAgain(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		p := newProject(t, db)
		p.write("1_a.sql", "create table a (id bigint)")
		p.write("seed/seed.sql", "insert into a (id) values (1);\ninsert into a (id) values (x);")
		p.mustUp("1_a.sql")
		_, err := p.migrator().Seed(t.Context())
		if e, ok := errors.AsType[*migrate.Error](err); !ok || e.Line != 2 {
			t.Fatalf("error %v", err)
		}
		p.write("seed/seed.sql", "insert into a (id) values (2);")
		if _, err := p.migrator().Seed(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := p.rows("select id from a"); got != "2" {
			t.Errorf("rows %q", got)
		}
	})
}

func TestTwoAtOnce(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		p := newProject(t, db)
		p.write("1_a.sql", "create table a (id bigint)")
		p.write("2_b.sql", "insert into a (id) values (1)")
		p.write("seed/seed.sql", "insert into a (id) values (2)")
		errs := make([]error, 4)
		var nodes sync.WaitGroup
		for i := range errs {
			nodes.Go(func() { errs[i] = upAndSeed(t.Context(), migrate.New(db, p.cfg)) })
		}
		nodes.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if got := p.rows("select id from a order by id"); got != "1|2" {
			t.Errorf("rows %q", got)
		}
	})
}

func upAndSeed(ctx context.Context, m *migrate.Migrator) error {
	if _, err := m.Up(ctx); err != nil {
		return err
	}
	_, err := m.Seed(ctx)
	return err
}

func TestStatus(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		p := newProject(t, db)
		p.write("1_a.sql", "select 1")
		p.write("2_b.sql", "select 1")
		p.mustUp("1_a.sql 2_b.sql")
		p.write("2_b.sql", "select 3")
		p.write("3_c.sql", "select 1")
		if err := os.Remove(filepath.Join(p.dir, "1_a.sql")); err != nil {
			t.Fatal(err)
		}
		all, err := p.migrator().Status(t.Context())
		if err != nil || len(all) != 3 {
			t.Fatalf("%v, %v", all, err)
		}
		if all[0].File != nil || all[0].Problem == nil || all[1].Problem == nil || all[2].AppliedAt != "" || all[2].Problem != nil {
			t.Errorf("%+v", all)
		}
	})
}

func TestSupabaseHistoryIsTaken(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		if db.Engine() != "postgres" {
			t.Skip("the Supabase CLI only knows PostgreSQL")
		}
		p := newProject(t, db)
		for _, sql := range []string{
			"create schema supabase_migrations",
			"create table supabase_migrations.schema_migrations (version text not null primary key, statements text[], name text)",
			"insert into supabase_migrations.schema_migrations values ('1', '{select 1}', 'a')",
		} {
			if _, err := database.Exec(db.Query(t.Context(), database.Session{}, database.Statement{SQL: sql})); err != nil {
				t.Fatal(err)
			}
		}
		p.write("1_a.sql", "select 1/0")
		p.write("2_b.sql", `select 'a"\{,'; select 2`)
		p.mustUp("2_b.sql")
		got := p.rows("select version, statements[1], statements[2], name from supabase_migrations.schema_migrations order by version")
		if want := `1,select 1,NULL,a|2,select 'a"\{,',select 2,b`; got != want {
			t.Errorf("history %q, want %q", got, want)
		}
	})
}
