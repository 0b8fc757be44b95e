-- setup
create table a (id integer, s text, n numeric(6,2));
create table b (id bigint, s varchar(3), n double precision, j json);
insert into a values (1, 'x', 1.00), (1, 'x', 1.00), (2, 'y', 2.50), (null, null, null), (null, null, null), (3, 'z', 3);
insert into b values (1, 'x', 1, '{}'), (2, 'q', 2.5, '[]'), (null, null, null, null), (4, 'x', 4, '1');

select 1 union select 2

select 1 union select 1

select 1 union all select 1

select 1 as a, 'x' as b union select 2, 'y'

select id from a union select id from b

select id from a union all select id from b

select id from a intersect select id from b

select id from a except select id from b

select id from a intersect all select id from a

select id from a except all select id from b

select id, s from a except all select 1, 'x'

select id, s from a intersect all (select 1, 'x' union all select 1, 'x' union all select 1, 'x')

select id, s, n from a union select id, s, n from b

select id, s, n from a intersect select id, s, n::numeric from b

select n from a union select id from b

select 1 union select 2.0

select 1 union select 1.0

select 1.00 union select 1.0 union select 1

select 1 union select 'a'

select 1 union select '2'

select '1' union select 2

select null union select 2

select null union select null

select null union select null union select 1

select 'a' union select null

select 1 union select true

select 1 union select date '2020-01-01'

select 1, 2 union select 1

select 1 union select 1, 2

select id from a intersect select 1, 2

select j from b union select j from b

select j from b union all select j from b

select j from b except select j from b

select 1 union 2

-- ordered
select id from a union all select id from b order by id

-- ordered
select id, s from a union select id, s from b order by 1 desc nulls last, s

-- ordered
select id as k from a union select id from b order by k nulls first

-- ordered
select id as k from a union select id as z from b order by k limit 3

-- ordered
select id as k from a union select id as z from b order by k desc offset 1 limit 2

select id as k from a union select id as z from b order by z

select id as k from a union select id as z from b order by a.k

select id as k from a union select id as z from b order by k + 1

select id as k from a union select id as z from b order by 2

select id as k from a union select id as z from b limit -1

-- ordered
(select id from a order by id desc limit 1) union all (select id from b order by id limit 1) order by 1

(select id from a where id is not null order by id desc limit 1) union all (select id from b where id is not null order by id limit 1)

select 1 union select 2 intersect select 2

(select 1 union select 2) intersect select 2

select 1 except select 1 union select 3

select 1 except (select 1 union select 3)

select 1 union all select 1 union select 1

select 1 union select 1 union all select 1

select 1 union all (select 1 union select 1)

select 1 intersect select 1 union all select 2 except select 2

(select 1 union all select 1 union all select 2) except all select 1

(select 1 union all select 1 union all select 2) intersect all (select 1 union all select 2 union all select 2)

values (1), (2) union values (2), (3)

values (1, 'a') union all select id, s from b

values ('1') union select 2

select distinct s from a union all select distinct s from b

select distinct id from a union all select n from a

select count(*) from a union all select count(*) from b

select count(*) from a union all select sum(id) from b

select sum(id) from a union all select avg(id) from b

select s, count(*) from a group by s union select s, count(*) from b group by s

select count(*) from (select id from a union select id from b) u

select u.id, u.s from (select id, s from a union select id, s from b) u where u.id > 1

select max(x) from (select id from a union all select 99 union all select 100) as u(x)

select * from a where id in (select id from b union select 3)

select * from a where id not in (select id from b where id is not null union select 3)

select * from a where exists (select 1 from b where b.id = a.id union select 1 where a.id = 3)

select id, (select b.s from b where b.id = a.id union select 'none' where a.id = 3) from a

select (select 1 union select 2)

select 'a'::char(3) union select 'a'

select 'a'::varchar(3) union select 'b'::varchar(5)

select 'a'::text union select 'b'::varchar(5)

-- refused
select pg_typeof(x) from (select 'a'::varchar(3) as x union select 'b') t

-- refused
select pg_typeof(x) from (select 1 as x union select 2::smallint) t limit 1

-- refused
select pg_typeof(x) from (select 1::real as x union select 2::bigint union select 3::numeric) t limit 1

select true union select false union select null

select 0.0::float8 union select -0.0::float8

select 'a' as x union select 'A' union select 'a '

select interval '1 month' union select interval '30 days'

select timestamptz '2020-01-01 00:00+00' union select timestamptz '2020-01-01 01:00+01'

select '{"a":1,"b":2}'::jsonb union select '{"b":2,"a":1}'::jsonb

-- args: [1, "5"]
select $1::int union select $2

-- args: ["5"]
select id from a union select $1

select 1/0 union select 1

select 1 where false union select 1 where false

insert into a (id, s) select 7, 'u' union select 8, 'v' returning id, s, n

insert into a (id, n) select 9, 1.005 union all select 10, null returning id, n

insert into a (id) select id from b union all select 'x'

create table made as select 1 union select 2

-- messages: differ
select 1 union select 2 for update

select id from a for update union select 1

-- setup
create table wide (k integer primary key, t text);
insert into wide values (1, 'a'), (2, 'b'), (3, 'c');

with w as (select * from wide) select * from w

with w as (select * from wide), v as (select k * 10 as k from w) select w.k, v.k from w join v on v.k = w.k * 10

with w(x, y) as (select * from wide) select x, y from w where x > 1

with w(x) as (select * from wide) select x, t from w

with w(x, y, z) as (select * from wide) select x from w

with w as (select 1), w as (select 2) select * from w

with w as (select * from nope) select 1

with w as (select 1/0) select 1

with w as (select 1/0 as z from wide) select 1

with w as (select 1/0 as z) select * from w

with w as (select k from wide) select * from w a join w b on a.k < b.k

with wide as (select 9 as k) select * from wide

with wide as (select * from wide where k = 1) select * from wide

with w as (select 1 as one) select * from public.w

with w as (with v as (select 5 as five) select five + 1 as six from v) select * from w

with w as (select 5 as five) select (with v as (select five from w) select five from v)

with w as (select 5 as five) select * from (with w as (select 6 as six) select * from w) x, w

select * from (with w as (select 1 as a) select * from w) z

with a as (select 1 as n), b as (select n + 1 as n from a), c as (select n + 1 as n from b) select a.n, b.n, c.n from a, b, c

with b as (select * from a), a as (select 1) select * from b

with recursive b as (select 1 as n), c as (select n + 1 as m from b) select * from b, c

with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) select * from r

with w as materialized (select * from wide) select count(*) from w where k > 1

with w as not materialized (select * from wide) select count(*) from w a, w b

with w as (select random() as r) select a.r = b.r as same from w a, w b

with w as (select k, random() as r from wide) select count(distinct r) = 3 as three from w

with w as (select * from wide) select t, (select count(*) from w where w.k <= wide.k) from wide

select k, (with w as (select wide.k * 2 as d) select d from w) from wide

select k, (with w as (select wide.k * 2 as d) select sum(x.d + y.d) from w x, w y) from wide

with w as (select 1 as a union all select 2) select * from w where a = 2

with w as (select 1 as a union select 1) select sum(a) from w

with x as (select 1 as a) select * from x union all select a + 1 from x

with x as (select k from wide) select k from x union select k + 1 from x order by k limit 3

with x as (select k from wide) insert into a (id, s) select k, 'w' from x returning id, s

with x as (values (1, 'one'), (2, 'two')) select wide.t, x.column2 from x join wide on wide.k = x.column1

with x (n, s) as (values (1, 'one'), (2, 'two')) select wide.t, x.s from x join wide on wide.k = x.n

-- refused
with x as (select null as n) select pg_typeof(n) from x

-- refused
with x as (select 'a' as s) select s || 'b', pg_typeof(s) from x

with x as (select * from wide) update wide set t = t || '!' where k in (select k from x where k > 2) returning *

with x as (select max(k) as k from wide) delete from wide where k = (select k from x) returning *

-- refused
with x as (select k, t from wide) select x from x

with x as (select k, t from wide) select row_to_json(x) from x

with x as (select k from wide) select * from wide left join x on x.k = wide.k + 1

with x as (select k from wide) select row_to_json(x) from wide left join x on x.k = wide.k + 1

with x as (insert into wide values (4, 'd') returning k) select * from x

-- setup
create table d (g text, n integer, v numeric(4,2), t char(3));
insert into d values ('a', 1, 1.0, 'x'), ('a', 2, 1, 'y'), ('b', 1, 2.50, 'x'), ('b', null, 2.5, 'x '), (null, 3, null, null), (null, 1, 1.00, 'y');

-- ordered
select distinct on (g) g, n from d order by g, n

-- ordered
select distinct on (g) g, n, t from d order by g desc nulls last, n desc nulls last

-- ordered
select distinct on (v) v, g from d order by v, n nulls first

-- ordered
select distinct on (t, v) t, v, n from d order by v, t, n

-- ordered
select distinct on (t, v) t, v, n from d order by v desc, t, n limit 2 offset 1

select distinct on (g) g from d

select count(*) from (select distinct on (v) v, t from d) x

-- ordered
select distinct on (1) g, n from d order by 1, 2

-- ordered
select distinct on (k) g as k, n from d order by k, n desc

-- ordered
select distinct on (lower(g)) n from d order by lower(g), n

select distinct on (g) g, n from d order by n

select distinct on (g, t) g, n from d order by g, n, t

select distinct on (g, t) g, n from d order by g, n

select distinct on (g) g, n from d order by n, g

-- ordered
select distinct on (g, t) g, n, t from d order by g, t, n

-- ordered
select distinct on (max(n)) g, max(n) from d group by g order by max(n), g

select distinct on (n) g from d group by g

-- ordered
select distinct on (d.g) d.g, e.n from d join d e using (t) order by d.g, e.n

-- ordered
select distinct on (true) g, n from d order by true, n desc nulls last, g

-- ordered
(select distinct on (g) g, n from d order by g, n) union all (select 'z', 9) order by 1, 2

select * from d where (g, n) in (select distinct on (g) g, n from d order by g, n)

insert into d (g, n) select distinct on (g) g, n + 100 from d where g is not null order by g, n returning g, n

select 1 from d having true

select 1 from d having false

select 1 from d having null

select 1 from d having 1 > 2 or (select count(*) from d) > 3

select 'x' from d where n > 100 having true

select (select count(*) from d) from d having true

select 1 from d having n > 1

select distinct 1 from d having true order by 1 limit 1

select count(*) from (select 1 from d having true) x

select 1 where 1 / 0 > 1 having true

-- ordered
select distinct max(n) from d group by g order by max(n)

-- ordered
select distinct count(*) filter (where n > 1) from d group by g order by count(*) filter (where n > 1) desc

select distinct count(distinct n) from d group by g order by count(n)

-- ordered
select g, sum(n) from d group by g order by sum(n) desc nulls last, g
