-- setup
create table t (id integer primary key, a integer, b text, n numeric(8,2), f float8, ok boolean);
insert into t values (1, 1, 'x', 1.50, 1.5, true), (2, 1, 'y', 2.25, null, false), (3, 2, 'x', 3.00, 'NaN', null), (4, null, 'x', 1.50, -0.0, true), (5, null, null, null, 2, false), (6, 2, 'y', 1.5, 0, true), (7, 1, 'x', -1, 1e300, null);
create table u (t integer references t, k text, w integer);
insert into u values (1, 'p', 10), (1, 'q', 20), (3, 'p', 30), (6, null, 40), (null, 'z', 50);
create table none (a integer, b integer);
create table num (v numeric, g integer);
insert into num values (1.0, 1), (1.00, 1), (1, 2), (2.50, 2), (2.5, null), (null, null);
create table sec (id integer, owner text, amount integer);
insert into sec values (1, 'ann', 10), (2, 'bob', 0), (3, 'ann', 30);
alter table sec enable row level security;
create policy own on sec using (owner = current_setting('request.jwt.claims', true)::json->>'sub');
grant select on sec, t to anon;

select a, b, count(*) from t group by rollup (a, b)

select a, b, grouping(a), grouping(b), grouping(a, b), grouping(b, a), count(*), sum(n) from t group by rollup (a, b)

select a, b, grouping(a, b), count(*), count(n), sum(n), avg(n), min(b), max(n) from t group by cube (a, b)

select a, b, count(*) from t group by grouping sets ((a), (b))

select a, b, count(*) from t group by grouping sets (a, b, ())

select a, b, ok, grouping(a, b, ok), count(*) from t group by grouping sets ((a, b), (b, ok), ())

select a, b, count(*) from t group by a, rollup (b)

select a, b, ok, count(*) from t group by a, cube (b, ok)

select a, b, ok, count(*) from t group by rollup (a, b), ok

select a, b, ok, count(*), grouping(a, b, ok) from t group by rollup (a), rollup (b), cube (ok)

select a, b, ok, count(*), grouping(a, b, ok) from t group by distinct rollup (a, b), rollup (a, ok)

select a, b, ok, count(*), grouping(a, b, ok) from t group by rollup (a, b), rollup (a, ok)

select a, b, ok, count(*) from t group by rollup ((a, b), ok)

select a, b, ok, count(*) from t group by cube ((a, b), ok)

select a, b, ok, count(*) from t group by grouping sets (rollup (a, b), cube (ok), (a, ok))

select a, b, ok, count(*) from t group by grouping sets (grouping sets ((a), grouping sets ((b), (ok))), ())

select a, count(*) from t group by grouping sets ((a), (a), (), ())

select a, count(*) from t group by distinct grouping sets ((a), (a), (), ())

select a, count(*) from t group by distinct a, a

select count(*), sum(n) from t group by ()

select 1 from t group by ()

select 'x' as c, 2 from t group by grouping sets (())

select count(*), sum(n) from t group by (), ()

select count(*) from t group by grouping sets ((), ())

select count(*), max(a) from none group by ()

select a, count(*) from none group by rollup (a)

select a, b, count(*), grouping(a, b) from none group by cube (a, b)

select a, count(*) from none group by grouping sets ((a))

select a, count(*) from none group by grouping sets ((a), ())

select a from none group by rollup (a)

select a from t group by rollup (a)

select grouping(a) from t group by a

select grouping(a, b), a from t group by (a, b)

select (grouping(a, b))::text || 'x', a + grouping(a) from t group by rollup (a, b)

select grouping(a) from t

select grouping(b) from t group by a

select grouping(a + 1), a + 1 from t group by rollup (a + 1)

select grouping(a) from t group by rollup (a + 1)

select a from t where grouping(a) = 0 group by rollup (a)

select sum(grouping(a)) from t group by rollup (a)

select a, count(*) from t group by rollup (a) having grouping(a) = 1

select a, b, count(*) from t group by rollup (a, b) having grouping(a, b) in (0, 3) and count(*) > 1

select a, b, count(*) from t group by rollup (a, b) having a is null

select a, b, count(*) from t group by rollup (a, b) having sum(n) > 2

select a, count(*) from t group by rollup (a) having false

-- ordered
select a, b, count(*) from t group by rollup (a, b) order by grouping(a), a nulls first, grouping(b), b nulls first

-- ordered
select a, b, count(*) as c from t group by cube (a, b) order by grouping(a, b), c desc, a, b

-- ordered
select a, sum(n) from t group by rollup (a) order by 2 desc nulls last, 1 limit 2

-- ordered
select a, sum(n) from t group by rollup (a) order by sum(n) desc nulls last, a offset 1

-- ordered
select coalesce(b, 'all') as label, count(*) from t where b is not null group by rollup (b) order by grouping(b), label

select case when grouping(a) = 1 then 'total' when a is null then 'unknown' else a::text end, count(*) from t group by rollup (a)

select a, count(*) filter (where ok), count(distinct b), string_agg(b, ',' order by id desc), array_agg(n order by n, id) from t group by rollup (a)

select a, b, sum(distinct n), json_agg(id order by id), bool_or(ok), avg(f) filter (where f < 10) from t group by cube (a, b)

select a, json_agg(t order by id) from t group by rollup (a)

select a, json_object_agg(id, b) from t group by rollup (a)

select a, percentile_cont(0.5) within group (order by f) from t where f < 100 group by rollup (a)

-- ordered
select a, count(*), rank() over (order by count(*) desc, a), sum(count(*)) over (order by a nulls first, grouping(a)) from t group by rollup (a) order by 3, 1, 2

-- ordered
select a, b, sum(n), row_number() over (partition by grouping(a, b) order by sum(n) desc nulls last, a, b) from t group by cube (a, b) order by grouping(a, b), 4

select distinct grouping(a, b) from t group by cube (a, b)

select distinct a from t group by rollup (a, b)

-- ordered
select distinct on (grouping(a, b)) grouping(a, b), a, b, count(*) from t group by cube (a, b) order by grouping(a, b), count(*) desc, a, b

-- ordered
select distinct on (a) a, b, count(*) from t group by rollup (a, b) order by a nulls first, count(*) desc, b

select a + 1, a * 2, count(*) from t group by rollup (a)

select a + 1 as x, count(*) from t group by rollup (a + 1)

select a + 1, a, count(*) from t group by grouping sets ((a), (a + 1))

select a % 2 as odd, b, count(*) from t group by rollup (odd, b)

select a, b, count(*) from t group by rollup (1, 2)

select t.a, t.b, count(*) from t group by rollup (t.a, b)

select b, count(*) from t group by rollup (a)

select a, n from t group by rollup (a)

select id, b, n from t group by id, rollup (a)

select id, b, n, a from t group by rollup (id, a)

select id, b, a, count(*) from t group by grouping sets ((id, a), (id))

-- refused
select id, t from t group by grouping sets ((id), (id, a)) having count(*) > 5

select row_to_json(t) from t where id < 3 group by id, rollup (a)

select a, b from t group by rollup (a, b) for update

select t.a, u.k, count(*), sum(u.w) from t join u on u.t = t.id group by rollup (t.a, u.k)

select t.a, u.k, count(u.w), count(*) from t left join u on u.t = t.id group by cube (t.a, u.k)

select t.a, json_agg(u order by u.w) from t left join u on u.t = t.id group by rollup (t.a)

select a, count(*) from t, generate_series(1, 2) g group by rollup (a)

select a, g, count(*) from t, generate_series(1, 2) g group by cube (a, g)

select x.a, x.c from (select a, count(*) as c from t group by rollup (a)) x where x.c > 1

select x.a, x.c, y.b from (select a, count(*) as c from t group by rollup (a)) x join (select b, count(*) as c from t group by cube (b)) y on y.c = x.c

with r as (select a, b, grouping(a, b) as g, sum(n) as s from t group by cube (a, b)) select g, count(*), sum(s) from r group by g

with r as (select a, b, count(*) as c from t group by rollup (a, b)) select r1.a, r1.c, r2.c from r r1 join r r2 on r1.a = r2.a and r2.b is null where r1.b = 'x'

select a, count(*) from t group by rollup (a) union all select null, -1 from t where id = 1

select a, count(*) from t group by rollup (a) except select a, count(*) from t group by a

select id, (select count(*) from (select k, sum(w) from u where u.t = t.id group by rollup (k)) x) from t

select id, (select max(s) from (select k, sum(w) as s from u where u.t = t.id group by rollup (k)) x) from t

select id, (select sum(w + t.id) from u where u.t = t.id group by ()) from t

select id, array(select sum(w) from u where u.t = t.id group by rollup (k) order by 1) from t

select a, (select count(*) from u where u.w > t.a * 10) from t group by rollup (a)

select a, (select count(*) from u where u.w > coalesce(t.a, 0) * 10 + count(t.id)) from t group by rollup (a)

select a, exists (select 1 from u where u.t = t.a), count(*) from t group by rollup (a)

select a, count(*) from t where a in (select x.a from t x group by rollup (x.a)) group by rollup (a)

select a, b, (select sum(x.n) from t x where x.a = t.a and x.b = t.b group by rollup (x.ok) order by grouping(x.ok) desc limit 1) from t group by rollup (a, b)

select v, count(*) from num group by rollup (v)

select v, g, count(*), grouping(v, g) from num group by cube (v, g)

select v + 0, count(*) from num group by rollup (v + 0) having v + 0 > 1.5

select f, count(*) from t group by rollup (f)

-- args: ["1"]
select a, sum(n * $1::integer) from t group by rollup (a) having count(*) > $1::integer

-- args: ["2", "x"]
select a + $1::integer, count(*) filter (where b = $2) from t group by cube (a + $1::integer)

select a, count(*) from t group by rollup (a, 5)

select a, count(*) from t group by rollup (a, z)

select a, count(*) from t group by cube (a, a)

select a, count(*) from t group by rollup (a, a)

select count(*) from t group by cube (id, id+1, id+2, id+3, id+4, id+5, id+6, id+7, id+8, id+9, id+10, id+11, id+12)

select count(*) from t where false group by cube (id, id+1, id+2, id+3, id+4, id+5, id+6), cube (a, a+1, a+2, a+3, a+4, a+5)

-- refused
select count(*) from (select 1 from t group by cube (a, b, ok, n, f, id, id+1, id+2, a+1)) x

select a, count(*) from t group by rollup (count(*))

select sum(a) from t group by rollup (1)

select grouping(a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a) from t group by a

select grouping(a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a) from t group by rollup (a)

-- refused
select id, (select grouping(t.a) from u limit 1) from t group by grouping sets ((id), (id, a))

-- refused
select a, generate_series(1, 2) from t group by rollup (a)

select unnest(array[a, 9]) as e, count(*) from t group by rollup (e)

-- role: anon
-- claims: {"sub": "ann"}
select owner, count(*), sum(amount) from sec group by rollup (owner)

-- role: anon
-- claims: {"sub": "ann"}
select owner, sum(100 / amount) from sec group by rollup (owner)

-- role: anon
-- claims: {"sub": "ann"}
select id, sum(amount) from sec group by cube (id) having 100 / sum(amount) > 0

create view totals as select a, b, grouping(a, b) as g, count(*) as c, sum(n) as s from t group by cube (a, b)

select * from totals where g > 0

select a, sum(c) from totals where g = 0 group by rollup (a)

create view by_key as select id, b, count(*) as c from t group by grouping sets ((id, a), (id))

select count(*), sum(c), min(b) from by_key

create view bad as select id, b from t group by rollup (id)

insert into none select a, count(*)::integer from t group by rollup (a) returning *

update t set a = (select max(a) from none group by ()) where id = 1 returning id, a

select count(*) from none group by rollup (a) having a is null and grouping(a) = 1

-- refused
select id, (select count(*) from u where u.t = t.id and random() < 2 group by rollup (k) order by 1 desc limit 1) from t where id < 4

select count(*) from (select a + random() as r, count(*) from t group by rollup (r)) x

-- ordered
values (3, 'a'), (1, 'c'), (2, 'b') order by column1

-- ordered
values (3, 'a'), (1, 'c'), (2, 'b') order by 2 desc limit 2

-- ordered
values (3), (1), (2) order by column1 % 3, column1 desc

values (3), (1) order by column2

-- ordered
select * from (values (3, 'a'), (1, 'c'), (2, null) order by 2 nulls first) v

insert into none values (3, 1), (1, 2) returning *

select a, (select sum(u.w) + count(t.id) from u) from t group by rollup (a)

select a, (select count(*) from u where u.w > 10 * max(t.id)), (select string_agg(t.b, ',' order by t.id) from u limit 1) from t group by cube (a, ok)

select a, (select max(x) from (select count(t.id) + u.w as x from u) y) from t group by rollup (a) having (select count(t.id) > 1)

-- ordered
select a from t group by rollup (a) order by (select count(t.id)), a

select (select (select max(t.id) + max(u.w)) from u group by ()) from t group by rollup (a)

select t.a, (select count(*) from (select k, count(t.id) as c from u group by rollup (k)) z where c > 1) from t group by rollup (t.a)
