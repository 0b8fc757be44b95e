-- setup
create table k (id bigint generated always as identity primary key, name text unique, state text check (state in ('a', 'b', 'c', null)), n smallint check (n not in (1, 2, 3)), price numeric check (price in (1.0, 2.50, 3)));
create table s (id smallint primary key, name text);
create table l (id bigint generated always as identity primary key, what text unique, k bigint, doc jsonb);
create function first_none() returns text language sql as $$ update k set state = 'a' where false returning name; select 'x' $$;
create function nobody() returns text language sql as $$ update k set state = 'a' where false returning name $$;
create function many() returns text language sql as $$ insert into k (name) values ('m1'), ('m2') returning name $$;
create function note(k bigint, what text) returns bigint language sql as $$ insert into l (what, k, doc) values ($2, $1, coalesce(jsonb_build_object('k', $1), '{}')) on conflict (what) do update set k = excluded.k returning id $$;
create function add(name text) returns bigint language sql as $$ with o as (insert into k (name) values ($1) returning id, name) select note(o.id, o.name) from o $$;

insert into k (name) values ('one') returning id, id

insert into k (name, state) values ('other', 'a') returning name, id

insert into s values (7, 'x') returning id

insert into s values (8, 'x') returning id, id + 1 as next

insert into s values (8, 'x'), (8, 'y') returning id

insert into k (name) values ('one') on conflict (name) do nothing returning id

insert into k (name) values ('other') on conflict (name) do update set state = 'b' returning id, state

select nobody()

select first_none()

select many()

select add('p')

select add('p')

select id, what, k, doc from l order by id

with o as (insert into k (name) values ('with') returning id, name) select note(o.id, o.name || '!') from o

with o as (insert into k (name) values ('with2') returning id, name) select note(o.id, 'p') from o

select id, what, k, doc from l order by id

with o as (insert into k (name) values ('with3') returning id) select o.id, (select o2.id from o as o2) as again from o

insert into k (name, state) values ('s1', 'c') returning state

insert into k (name, state) values ('s2', 'd') returning state

insert into k (name, state) values ('s3', null) returning state

insert into k (name, n) values ('n1', 2) returning n

insert into k (name, n) values ('n2', 4) returning n

insert into k (name, n) values ('n3', null) returning n

insert into k (name, price) values ('p1', 2.5000) returning price

insert into k (name, price) values ('p2', 2.51) returning price

update k set n = 3 where name = 'n2'

select coalesce(null::integer, 5 + null::integer, 7) as seven, length(null) is null as none, coalesce(null, 'q') || 'x' as q

select (1 / 0) + null::integer

select coalesce(1, 1 / 0)

select coalesce(null, 1 / 0, 1)

select nextval('k_id_seq') + null::bigint is null as none

select coalesce(null::bigint, length('abc'), 1)


select coalesce('Rock', string_agg(v, '|')) as c from (values ('a'), ('b'), ('c')) as t (v)

select coalesce('Rock', (select max(t.v))) as c from (values ('a'), ('b'), ('c')) as t (v)

select length(coalesce('Rock', max(v))) as c from (values ('a'), ('b'), ('c')) as t (v)

select null::int + count(*) as c from (values ('a'), ('b'), ('c')) as t (v)

select coalesce(null, null::text, max(v)) as c, coalesce(null::int, null) as d from (values ('a'), ('b')) as t (v)

select 1 as c from (values (1), (2)) as t (v) having coalesce('x', max(v)::text) = 'x'


select 1 as c from (values (1), (2)) as t (v) having max(v) = 2

select 1 as c from (values (1), (2)) as t (v) having max(v) = 3

select 'x' as c, 2 as d from (values (1), (2)) as t (v) where v > 5 having count(*) = 0 order by 2 limit 1

select (select 7) as c from (values (1), (2)) as t (v) having count(*) > 1 and bool_and(v > 0)
