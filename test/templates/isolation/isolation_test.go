// Package isolation tests the check that starter apps prove with: that it passes where
// each row is its owner's, and finds each way in which one is not.
package isolation

import (
	"path/filepath"
	"testing"

	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/test/galleytest"
	"github.com/galleyhq/galley/test/templates/starter"
)

func TestMain(m *testing.M) { starter.Main(m) }

func TestIsolation(t *testing.T) {
	for name, url := range map[string]func(testing.TB) string{"embedded": func(testing.TB) string { return "" }, "postgres": pgtest.Database} {
		t.Run(name, func(t *testing.T) {
			o := starter.Limits(galleytest.Options{Project: galleytest.Project(t, schema), Data: filepath.Join(t.TempDir(), "data"), DatabaseURL: url(t)})
			app := &starter.App{Server: galleytest.Start(t, o), Options: o}
			app.Suite(t, 9, "isolation.test.js")
		})
	}
}

// schema has a table that is closed, and one for each mistake.
const schema = `
create table notes (id bigint generated always as identity primary key, owner uuid not null default auth.uid(), body text not null);
create policy own on notes to authenticated using (owner = auth.uid()) with check (owner = auth.uid());
create table lines (id bigint generated always as identity primary key, note_id bigint not null references notes on delete cascade, text text not null);
create policy own on lines to authenticated using (note_id in (select id from notes)) with check (note_id in (select id from notes));
create function note_count() returns bigint language sql stable as $$ select count(*) from notes $$;

create table open_to_all (id bigint generated always as identity primary key, owner uuid not null default auth.uid(), body text not null);
create policy everybody on open_to_all using (true) with check (true);

create table read_by_guests (id bigint generated always as identity primary key, owner uuid not null default auth.uid(), body text not null);
create policy own on read_by_guests to authenticated using (owner = auth.uid()) with check (owner = auth.uid());
create policy guests on read_by_guests for select to anon using (true);

create table forged (id bigint generated always as identity primary key, owner uuid not null default auth.uid(), body text not null);
create policy reads on forged for select to authenticated using (owner = auth.uid());
create policy writes on forged for insert to authenticated with check (true);

create table given_away (id bigint generated always as identity primary key, owner uuid not null default auth.uid(), body text not null);
create policy reads on given_away for select to authenticated using (owner = auth.uid());
create policy makes on given_away for insert to authenticated with check (owner = auth.uid());
create policy changes on given_away for update to authenticated using (owner = auth.uid()) with check (true);

create table told (id bigint generated always as identity primary key, owner uuid not null default auth.uid(), body text not null);
create policy own on told to authenticated using (owner = auth.uid()) with check (owner = auth.uid());
create function tell(note bigint) returns text language sql stable security definer set search_path = '' as $$ select body from public.told where id = note $$;

create table parents (id bigint generated always as identity primary key, owner uuid not null default auth.uid(), body text not null);
create policy own on parents to authenticated using (owner = auth.uid()) with check (owner = auth.uid());
create table parts (id bigint generated always as identity primary key, parent_id bigint not null references parents on delete cascade, text text not null);
create policy anyone on parts for delete to authenticated using (true);
create policy own on parts for select to authenticated using (parent_id in (select id from parents) or text = '');
create function drop_part(part bigint) returns void language sql security definer set search_path = '' as $$ delete from public.parts where id = part $$;
`
