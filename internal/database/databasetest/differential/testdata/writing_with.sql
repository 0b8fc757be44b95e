-- setup
create table a (id serial primary key, v integer, n numeric(8,2), s text default 'dflt', at timestamptz default '2026-01-01');
create table b (id integer primary key, a integer references a on delete cascade, note text);
create table c (id integer primary key, v integer check (v > 0));
create table logs (id serial primary key, what text, num integer);
insert into a (v, n) values (1, 1.5), (2, 2.25), (3, null);
insert into b values (1, 1, 'b1'), (2, 2, 'b2');
insert into c values (1, 1), (2, 2), (3, 3);
create view va as select id, v from a;
create table guarded (id integer primary key, owner text);
alter table guarded enable row level security;
create policy g on guarded using (owner = 'x');
insert into guarded values (1, 'x'), (2, 'y');

with w as (insert into logs (what, num) values ('x', 1), ('y', 2) returning *) select * from w order by id desc

with w as (insert into logs (what) values ('z') returning id, what as k) select w.k, w.id + 1, count(*) over () from w

with w as (insert into logs (what) values ('z') returning id) select count(*) from w

with w as (insert into logs (what) values ('z')) select 1 as one

with w as (insert into logs (what) values ('z')) select * from w

with w as (insert into logs (what) values ('unused') returning id) select 'x'

select count(*), max(id) from logs

with w as (update c set v = v * 10 where id < 3 returning id, v) select * from w order by id desc limit 1

select * from c

with w as (delete from c where id = 3 returning *) insert into logs (what, num) select 'deleted', v from w returning what, num

with w as (delete from c where id = 3 returning *) insert into logs (what, num) select 'deleted', v from w

with w as (update c set v = v + 1 returning id, v), l as (insert into logs (what, num) select 'c' || id, v from w returning what, num) select * from l, w where num = v order by 1

with w as (update c set v = v + 1 returning id, v), l as (insert into logs (what, num) select 'c' || id, v from w) update a set v = -v where id in (select id from w) returning id, v, (select sum(v) from w)

with w (x, y) as (update c set v = v + 1 returning id, v) select y, x from w order by x

with w (x, y, z) as (update c set v = v + 1 returning id, v) select * from w

with w as (insert into a (v, n) values (7, 7.10) returning id, v, n, s, at) insert into b select id, id, s || n::text from w returning *

with moved as (delete from b where id = 4 returning id, a, note) select note, json_build_object('id', id) from moved

with w as (insert into c values (9, -1) returning id) select * from w

with w as (insert into c values (1, 1) returning id) select * from w

with w as (insert into b values (77, 999, 'no parent') returning id) select * from w

with w as (insert into logs (what) values ('rolled back') returning id) insert into c values (1, 1)

select count(*) from logs where what = 'rolled back'

with w as (insert into logs (what) values ('rolled back') returning id) insert into c select 50, null from w returning id, v

with w as (insert into logs (what) values ('rolled back') returning id) insert into b select 60, 999, 'x' from w

select count(*) from logs where what = 'rolled back'

with p as (insert into a (id, v) values (500, 1) returning id), k as (insert into b values (500, 500, 'child of one statement') returning id) select p.id, k.id from p, k

with k as (insert into b values (501, 501, 'child first') returning id), p as (insert into a (id, v) values (501, 1) returning id) select p.id, k.id from p, k

with k as (insert into b values (502, 502, 'orphan') returning id), p as (insert into a (id, v) values (503, 1) returning id) select p.id, k.id from p, k

with w as (insert into logs (what) values ('q') returning id) select * from (with y as (insert into logs (what) values ('q') returning id) select * from y) z

select * from (with y as (insert into logs (what) values ('q') returning id) select * from y) z

-- tx: rollback
with w as (update c set v = 2 returning id) select count(*) from c

-- tx: rollback
with w as (select count(*) as n from c), x as (update c set v = 2 returning id) select n from w

-- tx: rollback
-- refused
with w as (update c set v = 2 returning id) update c set v = 3 where id in (select id from w)

-- tx: rollback
with w as (delete from a where id = 500 returning id) select * from b where a = 500

with w as (delete from a where id = 500 returning id) select id from w

select * from b where a = 500

with w as (update a set n = 3.10 where id = 1 returning *) select row_to_json(w), w.n, to_json(n) from w

with w as (update a set n = 3.10 where id = 1 returning *) select (select json_agg(b.note) from b where b.a = w.id), w.v from w

with w as (insert into a (id, v) values (1, 1), (600, 6) on conflict (id) do update set v = excluded.v + 100 returning a.*, a.xmax = 0 as fresh) select (select bool_or(fresh) from w), (select bool_and(fresh) from w), id, v, s from w order by v

with w as (insert into a (id, v) values (1, 1) on conflict do nothing returning id) select count(*) from w

with w as (insert into a (id, v) values (601, 1), (601, 2) on conflict (id) do update set v = 0 returning id) select count(*) from w

with w as (update va set v = 42 where id = 1 returning *) select * from w

with s as (select 1 as one), w as (update a set v = one from s where id = 1 returning a.id, one) select * from w, s

with w as (insert into logs (what, num) select 'g', g from generate_series(1, 3) g returning num) select sum(num), (select max(num) from w) from w having count(*) > 2

with w as (insert into logs (what, num) select 'g', g from generate_series(1, 3) g returning num) select num from w union all select num * 10 from w order by 1

with w as (insert into logs (what, num) select 'g', g from generate_series(1, 3) g returning num) select x.num, y.num from w x left join w y on y.num = x.num + 1 order by 1

with w as (insert into logs (what) values (null), ('t') returning what) select what, what is null from w where what is distinct from 't'

with w as (delete from logs where num is not null returning num, what) select what, count(*), array_agg(num order by num) from w group by what order by what

with w as (update a set v = 1 where id = 1 returning v) delete from c where v = (select v from w) returning *

with w as (insert into nope values (1) returning id) select * from w

with w as (insert into c values (1) returning nope) select * from w

with w as (insert into c values (90, 1) returning id), w as (select 1) select * from w

-- role: authenticated
with w as (update guarded set id = id + 10 returning *) select * from w

-- role: authenticated
with w as (insert into guarded values (5, 'y') returning *) select * from w

-- role: authenticated
with w as (insert into guarded values (5, 'x') returning *) select id, owner from w

-- role: authenticated
with w as (delete from guarded returning id) select id from w order by id

select * from guarded

-- args: ["6000", "text"]
with w as (insert into c (id, v) values ($1, 5) returning id) select id, $2::text from w

-- tx: rollback
with w as (insert into c (id, v) values (7000, 5) returning id) select id from w

with w as (insert into c (id, v) values (7000, 5) returning id) select id from w

-- readonly
with w as (insert into c (id, v) values (7001, 5) returning id) select id from w

with w as (insert into c (id, v) values (7001, 1/0) returning id) select id from w

with w as (insert into c (id, v) values (7001, 1) returning id) select id / 0 from w

select count(*) from c where id = 7001

select id, a, note from b

select id, v, n, s from a
