-- setup
create table t (id integer primary key, name text not null default 'd', n integer unique, p numeric(6,2), check (n <> 13));
insert into t values (1, 'one', 10, 1.5), (2, 'two', 20, null);
create table s (id serial primary key, k text unique, v integer default 7, at_time timestamptz default now());
create table ident (id integer generated always as identity primary key, k text not null, v integer, double integer generated always as (v * 2) stored, unique (k));
create table pair (a integer, b text, c integer, constraint pair_key unique (a, b));
create table words (id integer primary key, w text, active boolean not null default true, hits integer not null default 1);
create unique index words_lower on words (lower(w));
create unique index words_active on words (w) where active;
create table nums (v numeric primary key, note text);
create table parent (id integer primary key, v integer);
create table child (id integer primary key, parent integer references parent on update cascade on delete cascade, x text);
insert into parent values (1, 1), (2, 2);
insert into child values (1, 1, 'c1');
create table plain (a integer, b integer);
create view tv as select id, name from t;
create table nnd (a integer, b integer);
create unique index nnd_key on nnd (a) nulls not distinct;

insert into t values (1, 'x', 30, 2) on conflict (id) do nothing returning id, xmax = 0 as fresh

insert into t values (1, 'x', 30, 2), (3, 'y', 31, 3) on conflict (id) do nothing returning id, xmax = 0 as fresh, name

insert into t values (1, 'x', 30, 2), (4, 'four', 40, 3) on conflict (id) do update set name = excluded.name, p = excluded.p returning id, name, n, p, t.xmax = 0

select id, name, n, p from t

insert into t as target (id, name) values (1, 'aliased') on conflict (id) do update set name = target.name || '+' || excluded.name returning target.*

insert into t values (1, 'x', 30, 2) on conflict (id) do update set name = name

insert into t values (1, 'w', 30, 2) on conflict (id) do update set name = excluded.name where t.n > 100 returning id

insert into t values (1, 'w', 30, 2) on conflict (id) do update set name = excluded.name where t.n = 10 and excluded.n = 30 returning id, name

insert into t values (9, 'a', 90, 1), (9, 'b', 91, 1) on conflict (id) do update set name = excluded.name

insert into t values (1, 'a', 90, 1), (1, 'b', 91, 1) on conflict (id) do update set name = excluded.name

insert into t values (9, 'a', 90, 1), (9, 'b', 91, 1) on conflict (id) do nothing returning id, name

insert into t values (1, 'a', 20, 1) on conflict (id) do nothing

insert into t values (50, 'a', 20, 1) on conflict (id) do nothing

insert into t values (50, 'a', 20, 1) on conflict (id) do update set name = 'z'

insert into t values (50, 'a', 20, 1) on conflict (n) do update set name = 'z', p = t.p returning *

insert into t values (50, 'a', 20, 1) on conflict do nothing

insert into t values (1, 'a', 20, 1) on conflict do nothing returning id

insert into t values (1, null, 20, 1) on conflict (id) do nothing

insert into t values (1, 'a', 13, 1) on conflict (id) do nothing

insert into t values (null, 'a', 14, 1) on conflict (id) do nothing

insert into t values (1, 'a', 14, 1) on conflict (id) do update set name = null

insert into t values (1, 'a', 14, 1) on conflict (id) do update set n = 13

insert into t values (1, 'a', 14, 1) on conflict (id) do update set n = 20

insert into t values (1, 'a', 14, 1) on conflict (id) do update set id = 2

insert into t values (1, 'a', 14, 1) on conflict (id) do update set id = 77 returning id, name

insert into t values (77, 'a', 14, 1), (77, 'b', 15, 1) on conflict (id) do update set id = 78

insert into t values (77, 'a', 14, 1), (78, 'b', 15, 1) on conflict (id) do update set id = 78

insert into t values (77, 'a', 14, 99999.99) on conflict (id) do update set p = excluded.p

insert into t values (77, 'a', 14, 1) on conflict (id) do update set p = 10 / (excluded.p - 1)

insert into t values (77, 'a', 14, 1) on conflict (id) do update set (name, n) = (excluded.name, default) returning id, name, n

insert into t values (77, 'a', 14, 1) on conflict (id) do update set (name, n) = (select max(name), 99 from t) returning id, name, n

insert into t values (77, 'a', 14, 1) on conflict (id) do update set name = default returning id, name

insert into t values (1) on conflict (name) do nothing

insert into t values (1) on conflict (id, n) do nothing

insert into t values (1) on conflict (nothing) do nothing

insert into t values (1) on conflict do update set name = 'x'

insert into t values (1) on conflict (id) do update set nothing = 'x'

insert into t values (1) on conflict (id) do update set name = 'x', name = 'y'

insert into t values (1) on conflict (id) do update set n = 'x'

insert into t values (1) on conflict (id) do update set n = excluded.nothing

insert into t values (1) on conflict (id) do update set n = true

insert into t values (1) on conflict on constraint nope do nothing

insert into t values (1) on conflict on constraint t_n_check do nothing

insert into t values (2) on conflict on constraint t_pkey do nothing returning id

insert into t values (2, 'pkey') on conflict on constraint t_pkey do update set name = excluded.name returning id, name

insert into t values (2, 'nkey', 99) on conflict on constraint t_n_key do update set name = excluded.name returning id, name

insert into t values (1) on conflict (id desc) do nothing

insert into t values (1) on conflict (id nulls first) do nothing

insert into t select id, 'again', n from t on conflict (id) do update set name = excluded.name || t.id returning id, name

insert into t select id + 100, 'again', n + 100 from t where id < 4 on conflict (id) do update set name = 'never' returning id, name, n

insert into t (id, name) select 2, 'a' union all select 2, 'b' on conflict (id) do update set name = excluded.name

insert into s (k) values ('a') on conflict (k) do update set v = s.v + excluded.v returning id, k, v, xmax = 0

insert into s (k) values ('a') on conflict (k) do update set v = s.v + excluded.v returning id, k, v, xmax = 0

insert into s (k) values ('a') on conflict (k) do nothing returning id

insert into s (k) values ('b'), ('a'), ('c') on conflict (k) do update set v = s.v + excluded.v returning id, k, v, xmax = 0

insert into s (k) values (null), (null) on conflict (k) do update set v = 0 returning id, k

insert into s default values on conflict do nothing returning id

insert into s (id, k) values (default, 'd') on conflict (id) do nothing returning id

insert into ident (k, v) values ('a', 1), ('b', 2) on conflict (k) do update set v = excluded.v returning id, k, v, double

insert into ident (k, v) values ('a', 10), ('c', 3) on conflict (k) do update set v = excluded.v + ident.v returning id, k, v, double

insert into ident (k, v) values ('a', 10) on conflict (k) do update set v = excluded.double returning id, k, v, double

insert into ident (k, v) values ('a', 10) on conflict (k) do update set double = 1

insert into ident (k, v) values ('a', 10) on conflict (k) do update set double = default returning double

insert into ident (id, k, v) values (1, 'a', 10) on conflict (k) do nothing

insert into ident (id, k, v) overriding system value values (1, 'zz', 10) on conflict (id) do update set k = excluded.k returning *

insert into ident (k, v) values ('q', 10) on conflict (k) do update set id = 5

insert into pair values (1, 'x', 1), (1, 'y', 2), (null, 'x', 3) on conflict (a, b) do update set c = excluded.c returning *

insert into pair values (1, 'x', 10), (1, 'z', 20), (null, 'x', 30) on conflict (b, a) do update set c = pair.c + excluded.c returning *

insert into pair values (1, 'x', 100) on conflict on constraint pair_key do update set c = excluded.c where pair.c < excluded.c returning *

insert into pair values (1, 'x', 100) on conflict (a) do nothing

insert into pair values (1, 'x', 100) on conflict (a, b, c) do nothing

select * from pair

insert into words (id, w) values (1, 'Hello') on conflict (lower(w)) do update set hits = words.hits + 1 returning *

insert into words (id, w) values (2, 'hELLO') on conflict (lower(w)) do update set hits = words.hits + 1 returning *

insert into words (id, w) values (3, 'Hello') on conflict (w) do nothing

insert into words (id, w) values (3, 'Hello') on conflict (w) where active do update set hits = words.hits + 10 returning *

insert into words (id, w) values (3, 'Hello') on conflict (w) where active and hits > 0 do update set hits = words.hits + 10 returning *

insert into words (id, w, active) values (3, 'Hello', false) on conflict (w) where active do nothing

insert into words (id, w, active) values (3, 'Hello', false) on conflict do nothing

insert into words (id, w) values (3, 'Hello') on conflict (upper(w)) do nothing

insert into nums values (1.0, 'a'), (2, 'b') on conflict (v) do nothing returning v

insert into nums values (1.00, 'c') on conflict (v) do update set note = excluded.note || excluded.v || nums.v returning v, note

insert into nums values ('NaN', 'c') on conflict (v) do update set note = 'again' returning v, note

insert into nums values ('NaN', 'c') on conflict (v) do update set note = 'again' returning v, note

insert into child values (1, 9, 'x') on conflict (id) do nothing

insert into child values (2, 9, 'x') on conflict (id) do nothing

insert into child values (1, 2, 'x') on conflict (id) do update set parent = 9

insert into child values (1, 2, 'x') on conflict (id) do update set parent = excluded.parent returning *

insert into parent values (2, 5) on conflict (id) do update set id = 20, v = excluded.v returning *

select * from child

insert into plain values (1, 1) on conflict do nothing returning a

insert into plain values (1, 1) on conflict (a) do nothing

-- refused
insert into tv values (2, 'x') on conflict (id) do nothing

insert into nnd values (null, 1), (null, 2) on conflict (a) do nothing returning b

insert into nnd values (null, 3) on conflict (a) do update set b = excluded.b returning *

insert into t values (2, 'sub') on conflict (id) do update set name = (select count(*) from t) returning id, name

insert into t values (2, 'sub') on conflict (id) do update set name = (select k from s where s.id = excluded.id) returning id, name

insert into t values (2, 'sub') on conflict (id) do update set name = 'r' returning id, (select count(*) from t), (select k from s where s.id = t.id), t.xmax = 0

insert into t values (500, 'sub') on conflict (id) do update set name = 'r' returning id, (select count(*) from t), t.xmax = 0

insert into t values (501, 'one'), (2, 'two') on conflict (id) do update set name = excluded.name || '!' returning id, (select max(k) from s where s.id >= t.id), name, t.xmax = 0

with w as (select 2 as id, 'w' as name union all select 600, 'new') insert into t (id, name) select * from w on conflict (id) do update set name = (select max(name) from w) returning id, name

-- messages: differ
insert into t (id, name) values (1, 'x') on conflict (id) do update set name = excluded.name returning excluded.name

insert into t (id, name) values (1, 'x') on conflict (id) do update set name = excluded.name where excluded.id

-- args: ["2", "bound", "77"]
insert into t (id, name, n) values ($1, $2, $3) on conflict (id) do update set name = excluded.name, n = excluded.n returning id, name, n

select id, name, n, p from t

insert into t values (1000, 'x') returning xmax = 0, t.xmax = 0

insert into t values (1000, 'x') returning xmax = 0, t.xmax = 0

select count(*) from t where id = 1

insert into s (k, v) select k, v from s where k is not null on conflict (k) do update set v = -excluded.v returning k, v

insert into s (k) values ('after') returning id

-- tx: rollback
-- refused
insert into t values (1, 'x') on conflict (id) do update set name = 'y' returning (select count(*) from s where xmax = 0)

insert into t values (2, 'x') on conflict (id) do update set name = 'y' returning case when xmax = 0 then 'new' else 'old' end, not (t.xmax = 0), (t.xmax = 0)::int

insert into t (id, name) select g, 'bulk' || g from generate_series(1, 5) g on conflict (id) do update set name = excluded.name || coalesce(t.n::text, '-') where t.id <> 3 returning id, name, t.xmax = 0

insert into t (id, n) select g, g from generate_series(2000, 2005) g on conflict do nothing returning id, n

insert into t (id, n) select g, g - 1 from generate_series(2001, 2006) g on conflict (n) do update set n = -excluded.n returning id, n

insert into t (id, n) select g, g from generate_series(2003, 2007) g on conflict (id) do update set n = excluded.n + 1

select id, name, n from t
