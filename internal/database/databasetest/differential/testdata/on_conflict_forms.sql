-- setup
create table t (id integer primary key, email text, city text, n integer default 0, gone boolean default false, note text);
create unique index t_email on t (lower(email));
create unique index t_city on t (city, n) where not gone;
create unique index t_note on t (note) where note is not null and n > 10;
create table k (a integer, b integer, c text, v integer, constraint k_ab unique (a, b), constraint k_c unique (c), check (v < 100));
create table ex (id integer generated always as identity primary key, code text unique, at timestamptz default '2026-01-01', total numeric(8,2) generated always as (1.5) stored);
create table src (id integer, email text, n integer);
create table nul (a integer, b integer, unique (a, b));
create table ser (id serial primary key, name text unique, hits integer default 1);
create table par (id integer primary key);
create table kid (id integer primary key, par integer references par on delete cascade, v integer);
insert into t values (1, 'Ann@x', 'Rome', 1, false, null), (2, 'bob@x', 'Oslo', 2, true, null), (3, 'cy@x', 'Bern', 20, false, 'memo');
insert into k values (1, 1, 'x', 1), (2, 2, 'y', 2), (3, 3, null, 3);
insert into ex (code) values ('a'), ('b');
insert into src values (1, 'NEW@x', 10), (9, 'ann@X', 11), (10, 'dd@x', 12), (2, null, 13);
insert into nul values (1, null), (null, null), (1, 1);
insert into ser (name) values ('one'), ('two');
insert into par values (1), (2);
insert into kid values (1, 1, 1);
create view tv as select id, email, n from t;

insert into t (id, email) values (1, 'z') on conflict do nothing

insert into t (id, email) values (7, 'ANN@x') on conflict do nothing returning id

insert into t (id, email) values (7, 'ANN@x') on conflict (lower(email)) do nothing returning id

insert into t (id, email) values (7, 'ANN@x') on conflict (lower(email)) do update set n = t.n + 100 returning *

insert into t as z (id, email) values (7, 'ANN@x') on conflict (lower(email)) do update set n = z.n + 1, email = excluded.email returning z.id, z.email, z.n

insert into t as z (id, email) values (7, 'ANN@x') on conflict (lower(email)) do update set n = t.n + 1

insert into t (id, email) values (1, 'q') on conflict (lower(email)) do nothing

insert into t (id, email) values (7, 'ANN@x') on conflict (email) do nothing

insert into t (id, email) values (7, 'ANN@x') on conflict (upper(email)) do nothing

insert into t (id, city, n) values (8, 'Rome', 1) on conflict (city, n) where not gone do update set note = 'partial' returning *

-- refused
-- tx: rollback
insert into t (id, city, n) values (8, 'Rome', 1) on conflict (city, n) where gone = false do nothing

insert into t (id, city, n) values (8, 'Rome', 1) on conflict (city, n) do nothing

insert into t (id, city, n) values (8, 'Rome', 1) on conflict (n, city) where not gone and id > 0 do update set note = 'swapped' returning id, note

insert into t (id, city, n, gone) values (8, 'Oslo', 2, false) on conflict (city, n) where not gone do update set note = 'x' returning id, note

insert into t (id, note, n) values (9, 'memo', 5) on conflict (note) where note is not null and n > 10 do update set note = 'y' returning id

insert into t (id, note, n) values (10, 'memo', 50) on conflict (note) where note is not null and n > 10 do update set n = excluded.n returning id, n

-- refused
insert into t (id, note, n) values (11, 'memo', 50) on conflict (note) where n > 10 do nothing

insert into t (id, note, n) values (11, 'memo', 50) on conflict (note) where n > 10 and note is not null and id <> 4 do nothing returning id

insert into k values (1, 1, 'q', 50) on conflict on constraint k_ab do update set v = excluded.v + k.v returning *

insert into k values (5, 5, 'x', 50) on conflict on constraint k_c do update set v = 60 where k.v < 10 returning *

insert into k values (5, 5, 'x', 50) on conflict on constraint k_c do update set v = 61 where k.v > 90 returning *

insert into k values (5, 5, 'x', 50) on conflict on constraint k_ab do nothing

insert into k values (5, 5, 'x', 50) on conflict on constraint nope do nothing

insert into k values (5, 5, 'x', 50) on conflict on constraint k_v_check do nothing

insert into t (id) values (1) on conflict on constraint t_email do nothing

insert into k values (1, 1, 'x', 50), (1, 1, 'y', 2) on conflict (a, b) do nothing returning *

insert into k values (1, 1, 'x', 50), (1, 1, 'y', 2) on conflict (a, b) do update set v = 9 returning *

insert into k values (2, 2, 'x', 50) on conflict (a, b) do update set c = excluded.c

insert into k values (2, 2, 'n', 500) on conflict (a, b) do nothing

insert into k values (2, 2, 'n', 50) on conflict (a, b) do update set v = 500

insert into k values (3, 3, 'n', 5), (6, 6, null, 6), (7, 7, null, 7) on conflict (c) do nothing returning *

insert into k values (2, 2, 'n', 5) on conflict (b, a) do update set (v, c) = (excluded.v + 1, excluded.c || '!') returning *

insert into k values (2, 2, 'n', 5) on conflict (a, b) do update set (v, c) = (select 7, 'sub' || count(*) from src) returning *

insert into k values (2, 2, 'n', 5) on conflict (a, b) do update set (v, c) = row(excluded.v, default) returning *

insert into k values (2, 2, 'n', 5) on conflict (a, b) do update set v = (select max(n) from src where src.id = excluded.a) + k.v returning *

insert into k values (2, 2, 'n', 5) on conflict (a, b) do update set v = (select count(*) from k) returning v

insert into k values (2, 2, 'n', 5) on conflict (a, b) do update set v = 1 where exists (select 1 from src where src.id = k.a) and excluded.v < 10 returning v

insert into k values (2, 2, 'n', 5) on conflict (a, b) do update set v = 1 where false returning v

insert into k values (2, 2, 'n', 5) on conflict (a, b) do update set v = excluded.nope

insert into k values (2, 2, 'n', 5) on conflict (a, b) do update set nope = 1

insert into k values (2, 2, 'n', 5) on conflict (a, b) do update set v = 1, v = 2

insert into k values (2, 2, 'n', 5) on conflict (a, b) do update set v = sum(excluded.v)

insert into k values (2, 2, 'n', 5) on conflict (a, b) do update set v = 'x'

-- messages: differ
insert into k values (2, 2, 'n', 5) on conflict (a, b) do update set v = 1 returning excluded.v

insert into k values (2, 2, 'n', 5) on conflict do update set v = 1

insert into k values (2, 2, 'n', 5) on conflict (nope) do nothing

insert into k values (2, 2, 'n', 5) on conflict (a) do nothing

insert into k values (2, 2, 'n', 5) on conflict (a desc, b) do nothing

insert into k values (2, 2, 'n', 5) on conflict (a, a, b) do nothing returning a

insert into k values (2, 2, 'n', 5) on conflict (a, b, (a + b)) do nothing

insert into t (id, email, n) select id, email, n from src order by id on conflict (id) do update set email = coalesce(excluded.email, t.email), n = t.n + excluded.n returning id, email, n

insert into t (id, email, n) select id, email, n from src on conflict (id) do nothing

insert into t (id, email, n) select id, email, n from src on conflict do nothing returning id

insert into t (id, email) select id, email from src on conflict (lower(email)) do update set note = 'again ' || excluded.id returning id, note

with s as (select 20 as id, 'BOB@x' as email) insert into t (id, email) select * from s on conflict (lower(email)) do update set note = (select email from s) returning id, note

with s as (select 5 as five) insert into k values (1, 1, 'w', 1) on conflict (a, b) do update set v = (select five from s) + excluded.v where k.a < (select five from s) returning v

insert into ex (code) values ('a') on conflict (code) do update set at = '2027-01-01' returning id, code, at, total

insert into ex (code) values ('a'), ('c') on conflict (code) do nothing returning id, code

insert into ex (code) values ('c') on conflict (code) do update set id = 5

insert into ex (code) values ('c') on conflict (code) do update set id = default returning code

insert into ex (code) values ('c') on conflict (code) do update set total = 5

insert into ex (code) values ('c') on conflict (code) do update set total = default, at = default returning code, at, total

insert into ex (id, code) overriding system value values (50, 'c') on conflict (code) do update set code = excluded.code || excluded.id returning code

insert into nul values (1, null), (null, null), (1, 1) on conflict (a, b) do nothing returning *

insert into nul values (1, 1), (1, null) on conflict do nothing returning *

insert into ser (name) values ('one'), ('three'), ('two') on conflict (name) do update set hits = ser.hits + 1 returning *

insert into ser (name) values ('four') returning id

insert into ser values (default, 'five', default), (default, 'one', 7) on conflict (name) do update set hits = excluded.hits * 10 returning *

insert into ser default values on conflict do nothing returning *

insert into kid values (1, 9, 1) on conflict (id) do update set par = excluded.par

insert into kid values (1, 9, 1) on conflict (id) do update set v = excluded.par returning *

insert into kid values (2, 9, 1) on conflict (id) do nothing

insert into par values (1) on conflict (id) do update set id = 5 returning id

insert into kid values (1, 2, 1) on conflict (id) do update set id = 3, par = 2 returning *

-- refused
-- tx: rollback
insert into tv values (1, 'v@x', 5) on conflict (id) do nothing returning *

-- refused
-- tx: rollback
insert into tv values (1, 'v@x', 5) on conflict (id) do update set n = excluded.n returning *

-- args: ["2", "77"]
insert into k (a, b, v) values ($1, $1, $2) on conflict (a, b) do update set v = $2::integer + k.a where k.v <> $2 returning *

insert into k values (2, 2, 'n', 5) on conflict (a, b) do update set v = excluded.v returning (select count(*) from src), k.v + 1 as next

insert into k values (2, 2, 'n', 5) on conflict (a, b) do update set v = excluded.v returning row_to_json(k)

insert into k values (1, 1, 'r', 5) on conflict (a, b) do update set c = (excluded).c, v = (k).v + 1 returning a, c, v

insert into k as kk values (1, 1, 'r', 5) on conflict (a, b) do update set c = row_to_json(excluded)::text returning kk.c

insert into k values (1, 1, 'r', 5) on conflict (a, b) do update set c = 'q' where (k.a, k.b) = (excluded.a, excluded.b) and (k.c, excluded.c) is distinct from ('q', 'r') returning c

select * from t

select * from k

select * from kid
