-- setup
create table a (id integer primary key, x text, n integer, v varchar(10));
create table b (id integer primary key, a_id integer, s text, n integer, d date);
insert into a values (1, 'p', 1, 'one'), (2, 'q', null, 'two'), (3, null, 3, null), (4, 'p', 0, ''), (5, '', 5, 'ONE');
insert into b values (1, 1, 'P', 1, '2026-01-01'), (2, 1, 'q', null, null), (3, null, null, 3, '2026-02-01'), (4, 2, '', 2, '2026-01-01'), (5, 9, 'P', 5, null), (6, 4, 'Two', 0, '2025-12-31');
create index on a (n);
create view named as select id, lower(s) as s, n + 1 as m from b;
create role derived_reader;
create table p (id integer primary key, owner text, s text, n integer);
insert into p values (1, 'derived_reader', 'P', 1), (2, 'other', 'q', 0), (3, 'derived_reader', null, 3);
alter table p enable row level security;
create policy own on p using (owner = current_user);
grant select on a, b, p, named to derived_reader

select a.id, d.s, d.k from a cross join (select s, count(*) as k from b group by s) d

select a.id, d.s, d.k from a join (select s, count(*) as k from b group by s) d on d.k > a.n

select a.id, d.s, e.k from a, (select distinct s from b) d, (select count(*) as k from b) e where d.s <> a.x

select a.id, d.k from (select a_id, count(*) as k from b group by a_id) d, a where d.a_id = 1 and a.id > d.k

select a.id, d.n from a, (select n from b order by id limit 2) d

select a.id, d.n from a, (select n from b union select n from a) d where a.id = d.n

select a.id, q.n from a join (select s, max(n) as n from b group by s) q on true

with q as (select s, max(n) as n from b group by s) select a.id, q.n, q.s from a, q

with q as (select s, max(n) as n from b group by s) select a.id, q.n, q.s from a left join q on lower(q.s) = a.x

with recursive q(n) as (select 1 union all select n + 1 from q where n < 3) select a.id, q.n from a, q

with recursive q(n) as (select 1 union all select n + 1 from q) select q.n from q, (select 1) d limit 3

with recursive q(id, n) as (select 1, 1 union all select a.id, q.n + 1 from a join q on a.id = q.id + 1) select * from q

select a.id, d.c from a left join (select lower(s) as c from b) d on a.x = d.c

select a.id, d.c from a join (select lower(s) as c, id from b) d on a.x = d.c and d.id = a.id

select a.id, d.c from a left join (select lower(b.s) as c from b left join a on a.id = b.a_id) d on a.x = d.c

select a.id, d.c, d.k from a left join (select lower(s) as c, count(*) as k from b group by 1) d on a.v = d.c

select a.id, d.m from a left join (select n + 1 as m from b) d on a.n = d.m

select a.id, d.m from a join (select n::bigint + 1 as m from b) d on d.m = a.n

select a.id, d.m from a left join (select n * 1.0 as m from b) d on a.n = d.m

select a.id, d.m from a left join (select id = 1 as m, id from b) d on d.m = (a.n = 1)

select a.id, d.s from a left join (select d::text as s from b) d on a.x = d.s

select b.id, d.t from b left join (select (d + 0) as t from b) d on b.d = d.t

select a.id, d.c from a left join (values ('p'), ('q'), (null), ('p')) d(c) on a.x = d.c

select a.id, d.c from a left join (select 'p' as c union all select null union all select v from a) d on a.x = d.c

select a.id, named.id, named.m from a join named on named.s = a.x

select a.id, named.id, named.m from a left join named on named.s = a.x where named.m > 0

select a.id, d.c from a right join (select lower(s) as c from b) d on a.x = d.c

select a.id, a.x, d.c from a right join (select distinct lower(s) as c from b) d on a.x = d.c and a.id < 4

select a.id, b.id, d.c from a join b on b.a_id = a.id right join (select distinct lower(s) as c from b) d on a.x = d.c

select a.id, b.id, d.c from a left join b on b.a_id = a.id right join (select distinct lower(s) as c from b) d on a.x = d.c left join b e on e.s = d.c

select * from a right join (select n, count(*) as k from b group by n) d on a.n = d.n

select * from a right join (select n, count(*) as k from b group by n) d using (n)

select * from a natural right join (select n, count(*) as k from b group by n) d

-- refused
select a.*, d from a right join (select n, count(*) as k from b group by n) d on a.n = d.n

-- refused
select a, d.n from a right join (select n, count(*) as k from b group by n) d on a.n = d.n

select a.id, e.id, d.k from a full join b e on e.a_id = a.id right join (select n, count(*) as k from b group by n) d on a.n = d.n

select a.x, d.c, e.c, row_to_json(a), row_to_json(b) from a cross join b right join (select distinct lower(s) as c from b) d on a.x = d.c right join (select x as c from a) e on e.c = d.c

select a.x, count(*) from a cross join b right join (select distinct lower(s) as c from b) d on a.x = d.c right join (select x as c from a) e on e.c = d.c group by rollup (a.x)

select f.id, a.x, d.c, row_to_json(b) from a f left join (a cross join b right join (select distinct lower(s) as c from b) d on a.x = d.c) on f.x = d.c

select g, d.n from generate_series(1, 3) g right join (select n from b) d on g = d.n

select e.id, a.id, d.n from b e, a right join (select n from b) d on a.n = d.n

select a.id, d.c from a left join (select 1 / n as c from b) d on false

select a.id, d.c from a left join (select 1 / n as c from b group by n) d on false

select a.id, d.k, row_number() over (order by a.id, d.k) from a, (select distinct n as k from b) d

select distinct on (a.x) a.x, d.k from a, (select distinct n as k from b) d order by a.x, a.id, d.k

select a.id from a where a.n in (select b.n from b where b.a_id = a.id)

select a.id from a where a.n in (select a.n + 0 from b)

select a.id from a where a.n in (select b.n from b where b.a_id = a.id or a.n is null) or a.x in (select lower(b.s) from b where b.id <> a.id)

select a.id from a where a.n not in (select b.n from b where b.a_id = a.id)

select a.id from a where a.n not in (select b.n from b where b.a_id <> a.id)

select a.id from a where a.n not in (select b.n from b where b.a_id <> a.id and b.n is not null)

select a.id from a where not (a.n in (select b.n from b where b.a_id = a.id))

select a.id from a where (a.n in (select b.n from b where b.a_id = a.id)) is null

select a.id from a where a.n < any (select b.n from b where b.id <> a.id)

select a.id from a where a.n <> any (select b.n from b where b.a_id = a.id)

select a.id from a where a.n <= all (select b.n from b where b.a_id = a.id)

select a.id from a where a.n <= all (select b.n from b where b.id < 2 * a.id)

select a.id from a where a.n > all (select b.n from b where b.n is not null and b.id < a.id)

select a.id from a where 1 / a.n < any (select b.n from b)

select a.id from a where 2 >= any (select 1 / b.n from b where b.id = a.id) and a.n > 0

select a.id from a where 2 >= all (select 1 / b.n from b where b.id >= a.id and n > 0)

select a.id, b.id from a left join b on b.n in (select c.n from b c where c.a_id = a.id)

select a.id, b.id from a join b on b.n not in (select c.n from b c where c.a_id = a.id and c.n is not null)

select a.x, count(*) from a group by a.x having count(*) in (select b.n from b where b.n > 0) order by 1

select a.x from a group by a.x having max(a.n) in (select b.n from b where lower(b.s) = a.x or a.x is not null) order by 1

select a.id from a where (a.id, a.n) in (select b.a_id, b.n from b where b.id = a.id)

select a.id from a where a.n in (select max(b.n) from b where b.a_id = a.id)

select a.id from a where a.n in (select b.n from b where b.a_id >= a.id order by b.id limit 1)

select a.id from a where a.n in (select b.n from b where b.a_id = a.id union select a.n)

select a.id, b.id from a join b on b.id = a.id where b.n in (select c.n from a c where c.id = a.id)

-- role: derived_reader
select a.id, d.s, d.k from a cross join (select s, count(*) as k from p group by s) d

-- role: derived_reader
select a.id, d.c from a left join (select lower(s) as c, n from p) d on a.x = d.c

-- role: derived_reader
select a.id, d.c from a right join (select lower(s) as c, n from p) d on a.x = d.c

-- role: derived_reader
select p.id, d.c from p right join (select n, count(*) as c from b group by n) d on p.n = d.n

-- role: derived_reader
select b.id from b where 1 in (select 1 / p.n from p where p.id <> b.id)

-- role: derived_reader
select p.id from p where p.n in (select b.n from b where b.id = p.id and 1 / b.n > 0)

-- # what nothing reads of DISTINCT ON is not evaluated
select d.x from (select distinct on (x) x, 1 / (id - id) as y from a order by x, id) d

select d.x from (select distinct on (x) x, 1 / 0 as y from a order by x, id) d

select a.id, l.x from a, lateral (select distinct on (b.s) b.s as x, 1 / (b.id - b.id) as y, a.id as z from b order by b.s, b.id) l where a.id < 3

select a.id, l.z from a, lateral (select distinct on (b.s) b.s || 'x' as x, upper(b.s) as y, a.id as z from b order by b.s, y desc, b.id) l where a.id < 3

select a.id from a, lateral (select distinct on (1 / (b.id - 1)) b.id, a.id as z from b where b.id > 0) l

select d.x from (select distinct x, 1 / (id - id) as y from a) d
