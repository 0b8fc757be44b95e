package differential

import (
	"fmt"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/schema"
)

// viewFixture makes views of every kind over tables with comments and defaults.
const viewFixture = `
create schema sn;
create table sn.authors (id integer primary key, name text not null, land char(2), born numeric(6,1), at timestamptz);
create table sn.books (id bigint generated always as identity primary key, author integer not null references sn.authors, title varchar(40) unique, secret text);
create view sn.plain as select * from sn.authors;
create view sn.renamed (key, called) as select id, name || '!' from sn.authors;
create view sn.joined as select b.id, b.title, a.name as author, a.id as author_id, count(*) over_all from sn.books b join sn.authors a on a.id = b.author group by b.id, a.id;
create view sn.over_view as select author, id as book, upper(title) as loud from sn.joined;
create view sn.derived as select s.key, s.extra from (select id as key, 1.5::numeric(4,2) as extra from sn.authors) s;
create view sn.united as select id, name from sn.authors union all select id::integer, title from sn.books;
create view sn.used as select id, title from sn.books join sn.authors using (id);
create view sn.literal as select 'x' as word, 1 as number, null as nothing, now() as at, true as yes;
comment on view sn.plain is 'all authors';
comment on column sn.plain.name is 'their names';
comment on table sn.authors is 'people';
alter view sn.plain alter column land set default 'DE';
alter table sn.authors rename column land to country;
alter table sn.books rename to volumes;
alter view sn.renamed rename column called to caller;
alter table sn.authors add column later integer`

// TestViewsInSchema compares what the data APIs see of views on both engines.
func TestViewsInSchema(t *testing.T) {
	server, other := openPostgres(t), openEmbedded(t)
	for _, db := range []database.DB{server, other} {
		if err := setup(t.Context(), db, &Case{SQL: viewFixture}); err != nil {
			t.Fatal(err)
		}
	}
	want, err := server.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := other.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, r := range want.Relations {
		if r.Schema != "sn" {
			continue
		}
		seen++
		if o := got.Relation(r.Schema, r.Name.Name); o == nil {
			t.Errorf("%s: only PostgreSQL shows it", r.Name)
		} else if w, g := relationText(r), relationText(o); w != g {
			t.Errorf("%s:\n got %s\nwant %s", r.Name, g, w)
		}
	}
	if seen != 10 {
		t.Errorf("%d relations compared", seen)
	}
}

func relationText(r *schema.Relation) string {
	out := fmt.Sprintln(r.Name, r.Kind, r.Comment, r.PrimaryKey)
	for _, c := range r.Columns {
		source := ""
		if c.Source != nil {
			source = fmt.Sprint(c.Source.Relation, ".", c.Source.Column)
		}
		out += fmt.Sprintln("   ", c.Position, c.Name, c.Type, c.TypeName, c.NotNull, c.Default != "", c.Identity, c.Generated, c.Comment, source)
	}
	return out
}
