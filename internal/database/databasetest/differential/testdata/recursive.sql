-- setup
create table node (id integer primary key, parent integer, name text, w numeric);
insert into node values (1, null, 'root', 1.0), (2, 1, 'a', 1.00), (3, 1, 'b', 2), (4, 2, 'aa', 1.000), (5, 4, 'aaa', 3), (6, 3, 'ba', null), (7, 7, 'loop', 7)

with recursive t(n) as (select 1 union all select n + 1 from t where n < 10) select * from t

with recursive t(n) as (values (1) union all select n + 1 from t where n < 100) select sum(n), count(*), max(n) from t

with recursive t as (select 1 as n union all select n + 1 from t) select * from t limit 5

with recursive t as (select id, name, 0 as depth from node where parent is null union all select c.id, c.name, t.depth + 1 from node c join t on c.parent = t.id) select * from t

with recursive t as (select id, name, 0 as depth from node where parent is null union all select c.id, c.name, t.depth + 1 from t join node c on c.parent = t.id) select * from t where depth > 1

with recursive t as (select id, name::text as path from node where parent is null union all select c.id, t.path || '/' || c.name from node c, t where c.parent = t.id) select path from t order by path desc

with recursive t as (select id, array[id] as path from node where parent is null union all select c.id, t.path || c.id from node c, t where c.parent = t.id and not c.id = any (t.path)) select * from t

with recursive t as (select id, parent from node where id = 7 union select c.id, c.parent from node c join t on c.parent = t.id) select * from t

with recursive t as (select id, parent from node where id = 5 union all select p.id, p.parent from node p join t on p.id = t.parent) select * from t

with recursive t(w) as (select w from node where id < 3 union select c.w from node c join t on c.w = t.w) select round(w, 3) from t

with recursive t as (select id from node where parent is null union all select c.id from t left join node c on c.parent = t.id where t.id is not null) select * from t

with recursive t as (select 1 as n union all select n + 1 from t where n < 3) select * from t a join t b on a.n = b.n

with recursive t as (select 1 as n union all select n + 1 from t where n < 3), u as (select n * 2 as m from t union all select m + 1 from u where m < 4) select * from u

with recursive u as (select 1 as x), t as (select x as n from u union all select n + x from t, u where n < 4) select * from t

with recursive t as (select 1 as n union all (select n + 1 from t where n < 3)) select n, row_number() over (order by n) from t

select (with recursive t as (select o.id as n union all select n + 1 from t where n < 5) select sum(n) from t) from node o

select * from (with recursive t(a, b) as (select 0, 1 union all select b, a + b from t where b < 50) select a from t) x

with recursive fib as (select 0::bigint as a, 1::bigint as b union all select b, a + b from fib where b < 1000000) select max(a) from fib

with recursive t as (select date '2020-01-30' as d union all select (d + 1)::date from t where d < '2020-02-02') select * from t

with recursive t as (select 1 as n union all select 10 / (3 - n) from t where n < 4) select * from t

with recursive t as (select 1 as n union all select n + 0.5 from t where n < 3) select * from t

with recursive t as (select 'a' as s union all select s || 'b' from t where length(s) < 3) select * from t

-- refused
with recursive t as (select 'a'::varchar(5) as s union all select s || 'b' from t where length(s) < 3) select * from t

with recursive t as (select null as s union all select 'x' from t where s is null) select * from t

with recursive t as (select 1 as n union all select n, n from t) select * from t

with recursive t as (select * from t) select * from t

with recursive t as (select 1 as n intersect select n from t) select * from t

with recursive t as (select n from t union all select 1 as n) select * from t

with recursive t as (select 1 as n union all select n from t where n in (select n from t)) select * from t

with recursive t as (select 1 as n union all select a.n from t a join t b on a.n = b.n) select * from t

with recursive t as (select 1 as n union all select t.n from node left join t on true) select * from t

with recursive t as (select 1 as n union all select t.n from t right join node on true) select * from t

with recursive t as (select 1 as n union all select max(n) from t) select * from t

with recursive t as (select 1 as n union all select n + 1 from t where n < 3 order by 1) select * from t

with recursive t as (select 1 as n union all select n + 1 from t limit 3) select * from t

with recursive t as (select 1 as n union all select n + 1 from t offset 3) select * from t

-- refused
with recursive t as (select 1 as n union all select m + 1 from (select n as m from t) x where m < 3) select * from t

-- refused
with recursive t as (select 1 as n union all select distinct n + 1 from t where n < 3) select * from t

-- refused
with recursive t as (select 1 as n union all select n + 1 from t where n < 3) search depth first by n set o select * from t

with recursive a as (select 1 as n union all select n from b), b as (select n from a) select * from a

with recursive t(a, b) as (select 1 union all select a + 1 from t) select * from t

with recursive t as not materialized (select 1 as n union all select n + 1 from t where n < 4) select * from t where n > 2

with recursive t as (select 1 as n union all select n + 1 from t where n < 4) select 1

with t as (select 1 as n union all select n + 1 from t where n < 4) select 1

with recursive t as (select id from node where id = 1 union all select c.id from node c join t on c.parent = t.id) delete from node where id in (select id from t) returning id

-- setup
create view tree as with recursive t as (select 1 as n union all select n + 1 from t where n < 3) select * from t

select * from tree
