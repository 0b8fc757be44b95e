-- setup
create table docs (id integer primary key, data jsonb, created_at timestamptz not null default now(), updated_at timestamptz not null default now());
create trigger docs_touch before update on docs for each row execute function galley_docs.touch();
insert into docs values (1, '{"a": 1}', '2020-01-01', '2020-01-02'), (2, '{"b": 2}', '2021-01-01', '2021-01-02');
create view shown as select id, data, created_at, updated_at from docs;
create table timeless (id integer primary key, created_at timestamptz);
create trigger timeless_touch before update on timeless for each row execute function galley_docs.touch();
insert into timeless values (1);

update docs set data = '{}' where id = 1 returning id, data, created_at, updated_at = now() as touched

update docs set data = galley_docs.merge_patch(data, '{"c": 1}'), updated_at = '1999-01-01', created_at = '1999-01-01' returning id, data, created_at, updated_at = now() as touched

update docs set created_at = default, updated_at = default where id = 2 returning created_at, updated_at = now() as touched

update docs set created_at = '1999-01-01' where id = 2 returning created_at, updated_at = now() as touched

update docs d set data = o.data from docs o where o.id = 2 and d.id = 1 returning d.id, d.data, d.created_at, d.updated_at = now() as touched

insert into docs (id, data, created_at, updated_at) values (1, '[]', '1999-01-01', '1999-01-01') on conflict (id) do update set data = excluded.data, created_at = excluded.created_at, updated_at = excluded.updated_at returning id, data, created_at, updated_at = now() as touched

insert into docs values (3, '1', '1999-01-01', '1999-01-02') returning id, created_at, updated_at

update shown set data = '7' where id = 1 returning id, data, created_at, updated_at = now() as touched

update docs set data = (select o.data from docs o where o.id = 3 - docs.id) returning id, data, created_at, updated_at = now() as touched

update timeless set created_at = now()

-- tx: rollback
drop trigger docs_touch on docs;
update docs set data = '{}', updated_at = '1999-01-01' where id = 1 returning updated_at;
drop trigger docs_touch on docs

-- tx: rollback
drop trigger if exists docs_touch on docs;
drop trigger if exists docs_touch on docs;
create or replace trigger t before update on docs for each row execute function galley_docs.touch();
create or replace trigger t before update on docs for each row execute function galley_docs.touch();
create trigger t before update on docs for each row execute function galley_docs.touch()

-- tx: rollback
create trigger t before update on nothing for each row execute function galley_docs.touch()

-- tx: rollback
drop trigger t on docs

-- tx: rollback
alter table docs rename to papers;
update papers set data = '{}' where id = 1 returning updated_at = now() as touched

-- tx: rollback
alter table docs rename column updated_at to changed_at;
update docs set data = '{}' where id = 1

-- tx: rollback
with u as (update docs set data = '{}' returning id, created_at, updated_at = now() as touched) select * from u order by id
