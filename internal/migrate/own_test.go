package migrate_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/migrate"
)

func TestOwn(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		p := newProject(t, db)
		first := migrate.Part{Name: "test", Steps: []string{"create table galley.test_a (id bigint); insert into galley.test_a values (1)"}}
		second := migrate.Part{Name: "test", Steps: append(first.Steps, "alter table galley.test_a add column name text default 'x'")}
		var nodes sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			nodes.Go(func() { errs[i] = migrate.Own(t.Context(), db, first, migrate.Part{Name: "empty"}) })
		}
		nodes.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := migrate.Own(t.Context(), db, second); err != nil {
				t.Fatal(err)
			}
		}
		if got := p.rows("select id, name from galley.test_a"); got != "1,x" {
			t.Errorf("rows %q", got)
		}
		if err := migrate.Own(t.Context(), db, first); fault.Code(err) != fault.ObjectNotInPrerequisite || !strings.Contains(err.Error(), "version 2") {
			t.Errorf("an older program: %v", err)
		}
		broken := migrate.Part{Name: "test", Steps: append(second.Steps, "insert into galley.test_a values (2)", "select nope")}
		if err := migrate.Own(t.Context(), db, broken); fault.Code(err) != fault.UndefinedColumn {
			t.Errorf("a broken step: %v", err)
		}
		if got := p.rows("select id from galley.test_a"); got != "1" {
			t.Errorf("rows after a broken step %q", got)
		}
	})
}
