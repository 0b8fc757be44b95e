package migrate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/migrate"
)

// TestExtensionsThatAreOffered applies what migrations of Supabase projects begin
// with, and tells the line of what fails after it.
func TestExtensionsThatAreOffered(t *testing.T) {
	const head = "-- ä\ncreate extension if not exists \"pg_cron\" with schema \"pg_catalog\";\n" +
		"COMMENT ON EXTENSION pg_cron IS 'ä runs jobs';\nalter extension pg_cron set schema extensions;\n"
	onEngines(t, func(t *testing.T, db database.DB) {
		p := newProject(t, db)
		p.write("1_a.sql", head+"create table a (id bigint primary key);")
		if _, err := p.up(); fault.Code(err) != fault.FeatureNotSupported || !strings.Contains(err.Error(), "pg_cron") {
			t.Fatalf("without Galley's own functions: %v", err)
		}
		part := migrate.Part{Name: "cron", Steps: []string{"create schema cron"}}
		if err := migrate.Own(t.Context(), db, part); err != nil {
			t.Fatal(err)
		}
		p.mustUp("1_a.sql")
		if got := p.log.String(); !strings.Contains(got, "line 2: left out what is said of the extension pg_cron") {
			t.Errorf("log %q", got)
		}
		p.write("2_b.sql", head+"create table b (id bigint primary key);\ninsert into b (nope) values (1);\nselect 1;")
		if e, ok := errors.AsType[*migrate.Error](second(p.up())); !ok || e.Line != 6 || e.Fault.Code != fault.UndefinedColumn {
			t.Errorf("the line of an error after it: %v", e)
		}
		p.write("2_b.sql", `create extension "PG_CRON"`)
		if _, err := p.up(); err == nil {
			t.Error("an extension of another name was left out")
		}
	})
}

func second(_ string, err error) error { return err }
