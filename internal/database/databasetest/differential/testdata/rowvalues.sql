-- setup
create table a (id integer primary key, x text, y integer, n numeric(8,3), at timestamptz, j jsonb);
create table b (id integer primary key, a integer references a, k text, v float8);
create table e (p integer, q integer);
insert into a values (1, 'p', 1, 1, '2026-01-01', '{"b": 1, "a": [1, 2]}'), (2, 'q', null, 2.5, null, null), (3, null, 3, null, '2026-02-03 04:05:06.789', '"s"'), (4, 'p', 2, 1.000, null, 'null'), (5, 'z', 9, -1, null, '{}');
insert into b values (1, 1, 'one', 1.5), (2, 1, null, 'NaN'), (3, 2, 'x', null), (4, null, 'y', 0);
create view va as select id, x, y from a where id < 4;

select (1, 2) is distinct from (1, 2), (1, null) is distinct from (1, null), (1, null) is distinct from (1, 2), (1, 2) is not distinct from (1, 2), (null, null) is not distinct from (null, null)

select row(1, 'a', 2.0) is distinct from row(1, 'a', 2.00), row('a') is not distinct from row('b')

select id from a where (x, y) is not distinct from ('p', null) or (x, y) is not distinct from (null, 3)

select id from a where (x, y) is distinct from (select 'p', 1)

select (1, 2) is distinct from (1, 2, 3)

select (1, 'x') is distinct from (1, 2)

select a.id, b.id from a join b on (a.id, a.x) is not distinct from (b.a, 'p')

select id, (x, y) between ('a', 1) and ('q', 1) from a

select id, (y, id) not between (1, 1) and (3, 3) from a

select id from a where (y, id) between symmetric (3, 3) and (1, 1)

select id, (x, y) = (select 'p', 1) from a

select id, (x, y) < (select 'p', 2) from a

select id, (x, y) <> (select x, y from a where id = 4) from a

select id, (x, y) = (select x, y from a where false) from a

select id, (x, y) = (select x, y from a) from a

select id, (x, y, id) >= (select k, id, a from b where b.a = a.id and b.id <> 2) from a

select (1, 2) = (select 1)

select (1, 2) = (select 1, 2, 3)

select (select 1, 2)

select (select 1, 2) = (1, 2)

select row(1, 2) = row(1, 2), row(1, 2) < row(1, 3), row(1, null) <= row(1, 2), row() is null, row() is not null

-- refused
select (1, (2, 3)) = (1, (2, 3)), ((1, 2), 3) < ((1, 3), 0)

-- refused
select ((1, 2), 3) is null, (null, (null, null)) is null

select id, a is null, a is not null from a

select b.id, a is null, a is not null, not (a is null) from b left join a on a.id = b.a

select b.id, a.* is null, a.* is not null from b left join a on a.id = b.a

select id from a where a is not null

select x.p is null, x is null from (values (1, null), (null, null)) x(p, q)

select count(*) from (select null::integer as r, null::text as s) n where n is null

select a = a from a

-- refused
select id from a where a = (select z from a z where z.id = 1)

select a1.id, a2.id from a a1 join a a2 on a1 = a2

select b1.id, b2.id from b b1 join b b2 on b1 < b2

select b1.id, b2.id, b1 is distinct from b2 from b b1 cross join b b2 where b1.id < 3 and b2.id < 3

select v1.p from (values (1, 2), (null, 3)) v1(p, q) where v1 = (1, 2)

-- refused
select v1.p, v1 = row(1, 2), v1 <> (1, null), v1 < (2, 0) from (values (1, 2), (null, 3)) v1(p, q)

select v1.p from (values (1, 2), (null, 3)) v1(p, q) where v1 in ((1, 2), (4, 5))

-- refused
select id from b where b in (select z from b z where z.id > 2)

select id from a where row(a.*) = row(a.*)

select id from b where row(b.*) is not null

select id from b where row(b.*, 1) is not null

select id, row(b.id, b.k) = row(1, 'one') from b

select row_to_json(a), to_json(a), to_jsonb(a) from a

select row_to_json(row(1, 'x', null, 2.50, true)), to_jsonb(row(1, 'x', null)), row_to_json(row())

select row_to_json(row(a.id, a.x)) from a

select row_to_json(row(a.*)) from a where id = 1

select row_to_json(row(a.*, 1)) from a where id = 1

select row_to_json((id, x)) from a

select row_to_json(a.*) from a where id < 3

-- refused
select row_to_json((a, b)) from a join b on b.a = a.id

select json_build_object('a', a, 'b', b) from a join b on b.a = a.id

select json_build_object('a', a.id, 'row', row(1, a.x), 'rows', (select json_agg(b order by b.id) from b where b.a = a.id)) from a

select jsonb_build_object('a', a) from a where id = 3

select json_build_array(a, 1, null, row(a.id)) from a where id < 3

select json_agg(a order by id) from a

select jsonb_agg(a order by id desc) from a

select json_agg(a) filter (where id > 3) from a

select json_agg(a order by id) from a where false

select json_agg(x order by x.id) from (select id, y * 2 as yy, n from a) x

select json_agg((id, x) order by id) from a

select json_agg(row(id, x) order by id) from a

select json_object_agg(id, a order by id) from a where id < 3

select jsonb_object_agg(x, b.id) from b join a on a.id = b.a

select jsonb_object_agg(b.id, b order by b.id) from b

-- refused
select to_json((select z from (select 1 as p, 'q' as q) z))

select (select row_to_json(z) from (select a.id, a.x) z) from a

select id, (select to_jsonb(z) from b z where z.a = a.id order by z.id limit 1) from a

select row_to_json(z) from (select a.*, (select json_agg(b order by b.id) from b where b.a = a.id) as bs from a) z

select row_to_json(v) from (values (1, 'a'), (2, null)) v

select row_to_json(v) from (values (1, 'a'), (2, null)) v(num, txt)

select row_to_json(g), row_to_json(h) from generate_series(1, 2) g, (select 1 as one) h

select json_agg(va order by id) from va

select row_to_json(va) from va

with w as (select id, x from a) select row_to_json(w), json_build_object('w', w) from w

select coalesce(json_agg(b), '[]') from b where false

select to_jsonb(a) - 'id' from a where id = 1

select to_jsonb(a) ->> 'x', to_jsonb(a) #>> '{j,a,1}' from a

select jsonb_pretty(to_jsonb(b)) from b where id = 1

select json_strip_nulls(row_to_json(b)) from b

select key, value from a, jsonb_each(to_jsonb(a)) where id = 2

select count(a), count(distinct a), count(b) from b left join a on a.id = b.a

select count(row(1, null)), count((null, null)), count(distinct (x, y)) from a

select distinct (x, y) = ('p', 1) from a

select id from a where exists (values (1)) and (id, 1) in (values (1, 1), (2, 2))

values (1, 2), (3, 4) order by 1 desc

values (1, 'a'), (2, null), (null, 'c') order by column2 nulls first limit 2 offset 1

values (1, 2.5), (2, 3)

values ('a'), (1)

values ('2'), (1)

values (1, 2), (3)

values (default)

select * from (values (1, 'x'), (2, 'y')) as v(id, name) order by id desc

select * from (values (1, 'x'), (2, 'y')) v order by column1

select (values (5))

select (values (5), (6))

select (values (5, 6))

select array(values (3), (1), (2))

select exists (values (null)), 3 in (values (1), (3)), 3 not in (values (1), (null)), 2 > all (values (1), (0)), 5 = any (values (5), (null))

select * from a where (id, x) = any (values (1, 'p'), (3, null))

with v (p, q) as (values (1, 'a'), (2, 'b')) select v.*, v.p + 1 from v

with v as (values (1, 'a'), (2, 'b')) select column2, column1 from v

values (1, 2) union all values (3, 4) union select 5, 6 order by 1

values (1) except values (1)

select a.id, v.n from a join (values (1, 'uno'), (2, 'dos'), (9, 'nueve')) v(id, n) using (id)

select a.id, v.n from a left join (values (1, 'uno'), (2, null)) v(i, n) on v.i = a.id

insert into e values (1, 2), (3, default), (null, 4) returning *

insert into e (q, p) select * from (values (10, 20), (30, 40)) v returning p, q

insert into e values ((select max(p) from e), (values (77))) returning *

update e set (p, q) = (q, p) where p is not null returning *

update e set (p, q) = row(q + 1, default) where p = 40 returning *

update e set (p, q) = (select max(id), min(id) from a) where p is null returning *

update e set (p, q) = (select id, y from a where a.id = e.p) returning *

update e set (p) = (5) where q = 3

update e set (p, q) = (1, 2, 3)

-- refused
-- tx: rollback
update e set p = v.q, q = v.p from (values (1, 2), (3, 9)) v(p, q) where e.p = v.p returning e.*, v

delete from e using (values (1), (5)) v(p) where e.p = v.p returning e.*

delete from e where (p, q) in (values (1, 2), (null, 4)) returning *

delete from e where (p, q) is distinct from (1, 1) returning *

select * from e

select (a).id, (a).x from a

select (a.*).y from a

select (row(1, 2)).f1

select (a).nope from a

select (b).k, count(*) from b group by (b).k

-- refused
select a from a

-- refused
select row(1, 2)

-- refused
select (1, 'a', null)

-- refused
select a.id, b from a join b on b.a = a.id

-- refused
select array_agg(b) from b

-- refused
select b::text from b

-- refused
select (1, null, 'a b')::text

-- refused
select coalesce(b, b) from b

-- refused
select case when true then b end from b

-- refused
select max(b) from b

-- refused
select id from a order by a

-- refused
select id from b order by (k, id)

-- refused
select (x, y), count(*) from a group by (x, y)

-- refused
select row(x, y), count(*) from a group by row(x, y)

-- refused
select distinct b from b

-- refused
select (1, 2) + (3, 4)

-- refused
select (1, 2) like (3, 4)

-- refused
select (1, 2) in (1, 2)

select 1 in ((1, 2))

select (1, 2) = 3

select (1, 2) = any (array[1, 2])

select a.x from a where (a.x, a.y) = (b.k, 1)

-- args: ["p", "1"]
select id from a where (x, y) = ($1, $2)

-- args: ["1", "2"]
select id from a where (y, id) > ($1, $2) order by y, id

-- args: ["p", "1", "q", null]
select id from a where (x, y) in (($1, $2::integer), ($3, $4::integer))

-- args: ["p"]
select (x, id) is not distinct from ($1, 1) from a

select id from a where (n, at) = (1, '2026-01-01'), id

select id from a where (n, at) = (1, '2026-01-01')

select id from a where (at, n) > ('2025-01-01', 0)

select id from a where (j, id) = ('{"a": [1, 2], "b": 1}', 1)

select id from b where (v, id) = ('NaN', 2) or (v, k) = (1.5, 'one')

select id from b where (v, id) > (1, 0)
