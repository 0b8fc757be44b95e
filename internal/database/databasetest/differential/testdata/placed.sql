-- setup
create table t (id integer primary key, g integer, v integer, s text, a integer[], n numeric, f double precision);
insert into t values (1, 1, 5, 'a', '{1,2}', 1.0, 1), (2, 1, 2, 'b', '{}', 1.00, 'NaN'), (3, 2, null, null, null, 2.5, -0.0), (4, 3, 2, 'a', '{5,NULL}', null, null);
create table u (id integer, w integer);
insert into u values (1, 2), (2, 5), (3, null)

-- #: windows inside of what SQLite needs a subquery for
select id, greatest(row_number() over (order by id), 2) from t

select id, least(sum(v) over (partition by g), 6, null) from t

select id, greatest(n, max(n) over ()) from t

select id, row_number() over (order by id) = any (array[1, 3]) from t

select id, row_number() over (order by id) <> all (array[1, null]) from t

select id, 2 = any (array_agg(v) over (partition by g)) from t

select id, row_number() over (order by id) = any (select w from u) from t

-- refused
select id, row_number() over (order by id) > all (select w from u where w is not null) from t

select id, row_number() over (order by id) in (select w from u) from t

select id, (rank() over (order by v), id) in (select id, w from u) from t

select id, (select max(w) from u where u.id = t.id) + count(*) over () from t

select id, (array_agg(v) over (order by id))[1], (array_agg(v) over (order by id))[1:2] from t

select id, case when count(*) over (partition by g) > 1 then greatest(count(*) over (), id) else least(id, 0) end from t

-- refused
select id, (array_agg(v) over (order by id))::text[] from t

select id, coalesce(lag(s) over (order by id), 'none'), nullif(lag(v) over (order by id), 2) from t

select id, upper(lag(s) over (order by id)), lpad(row_number() over (order by id)::text, 3, '0'), (sum(n) over (order by id))::text from t

select id, width_bucket(row_number() over (order by id), 0, 10, 5), round(avg(n) over (), 2), trunc(sum(f) over (order by id)) from t

select id, json_build_object('r', row_number() over (order by id), 's', sum(v) over ()) from t

select id, concat_ws('-', s, row_number() over (order by id)), format('%s of %s', row_number() over (order by id), count(*) over ()) from t

select id, sum(v) over (order by id) between 5 and 7, lag(v) over (order by id) is distinct from v from t

select distinct greatest(count(*) over (partition by g), 2) from t

select id from t order by greatest(row_number() over (order by id desc), 2), id

select id, sum(v) over (order by greatest(id, 2)), sum(v) over (partition by v = any (array[2, 5])) from t

-- #: aggregates inside of the same
select g, max(v) = any (array[2, 5]) from t group by g

select g, 2 = any (array_agg(v)), 2 <> all (array_agg(v)), 2 < all (array_agg(id)) from t group by g

select g, count(*) = any (array[1, null]), count(*) > all (array[0]) from t group by g

select 4 = any (array_agg(id)), count(*) = all (array[4]), max(v) > any (array[4, null]) from t

select g from t group by g having 5 = any (array_agg(v))

select g, count(*) from t group by g order by 5 = any (array_agg(v)) nulls first, g

select g, sum(v) > all (select w from u where w is not null) from t group by g

select g, sum(v) > any (select w from u), count(*) = any (select id from u) from t group by g

select g from t group by g having count(*) >= all (select count(*) from t group by g)

select g from t group by g having sum(v) > (select avg(w) from u) and max(v) in (select w from u)

select g, (select sum(w) from u where u.id = max(t.v)) from t group by g

select g, (select max(t.v)) from t group by g

select (select count(*) from u where w > min(v)) from t

select g, (select count(*) from u where u.w > sum(t.v)) from t group by g

select g, exists (select 1 from u where u.w = max(t.v)), array(select w from u where w >= min(t.v) order by w) from t group by g

select g, (select string_agg(u.w::text, ',' order by w) || max(t.s) from u) from t group by g

select (select sum(t.v) from u limit 1) from t

select (select sum(u.w + t.v) from u) from t

select (select sum(u.w) filter (where t.v > 1) from u) from t

select g, greatest(max(v), 3), least(count(*), 1), greatest(sum(n), max(n)) from t group by g

select g, (array_agg(v order by id))[1], array_length(array_agg(v), 1), (array_agg(v order by id))::text[] from t group by g

select g, array_agg(v order by id) @> array[2], array_to_string(array_agg(s order by id), ','), cardinality(array_remove(array_agg(v), 2)) from t group by g

select count(*) filter (where v = any (array[2, 5])), sum(v) filter (where id = any (a)) from t

select max(greatest(id, v)), min(least(id, v)), sum(case when v = any (a) then 1 else 0 end) from t

select sum((select max(w) from u where u.id = t.id)), array_agg((select w from u where u.id = t.id) order by t.id) from t

select g + 1, g + 1 = any (array[2, 3]), max(id) from t group by g + 1

select v, t.v = any (array_agg(id)) from t group by v

select id, s, count(*) = any (array[1]) from t group by id

select g, count(*) = any (array[2]) from t group by rollup (g)

select g, sum(count(*)) over (), max(v) = any (array[5]) from t group by g

select distinct max(v) = any (array[2, 5]) from t group by g

select distinct on (count(*)) count(*), g, 1 = any (array_agg(id)) from t group by g order by count(*), g

select count(*) = any (array[0]), 1 = any (array_agg(id)) from t where false

select g from t where max(v) = any (array[1]) group by g

-- refused
select generate_series(1, count(*)) from t

select (select t.v from u limit 1), max(id) from t

select g, (select sum(t.v + u.w) from u) from t group by g

-- #: DISTINCT ON
select distinct on (g) g, id from t order by g, rank() over (order by id desc)

select distinct on (row_number() over (order by id) % 2) id from t order by row_number() over (order by id) % 2, id

select distinct on ((select max(w) from u where u.id = t.id)) id from t

-- refused
select distinct on ((select count(*) from u where u.id <= t.v)) id, v from t order by (select count(*) from u where u.id <= t.v), id

select distinct on (g) g, (select max(w) from u where u.id <= t.id) as m from t order by g, (select max(w) from u where u.id <= t.id) desc nulls last

select distinct on (v = any (array[2])) v, id from t order by v = any (array[2]), id desc

select distinct on (greatest(g, 2)) id, g from t order by greatest(g, 2), v nulls first, id

select distinct on (1) g, id from t order by 1, 2 desc

select distinct on (x) g as x, id from t order by x, id

select distinct on (n) n, id from t order by n nulls first, id

select distinct on (f, g) f, g, id from t order by g, f, id

select distinct on (g) id from t order by v

-- #: windows by name
select id, sum(v) over w from t window w as (order by id)

select id, sum(v) over (w) from t window w as (order by id)

select id, sum(v) over (w) from t window w as (order by id rows 1 preceding)

select id, sum(v) over w from t window w as (order by id rows 1 preceding)

select id, sum(v) over (w rows 1 preceding) from t window w as (order by id)

select id, sum(v) over (w order by v) from t window w as (order by id)

select id, sum(v) over (w partition by g) from t window w as (order by id)

select id, sum(v) over (x) from t window w as (order by id rows 1 preceding), x as (w)

select distinct on (count(*) over (partition by g)) id, g from t order by count(*) over (partition by g) desc, id desc

select distinct on (g) g, sum(v) over (order by id) from t order by g, sum(v) over (order by id) desc nulls last limit 2

select distinct on (n) n, row_number() over (order by id) from t order by n desc, row_number() over (order by id) desc

select distinct on (max(v) over (partition by g)) s from t where v is not null order by max(v) over (partition by g), id

(select distinct on (g) 'USA' as c, g from t order by g, id) union all select s, id from t

(select distinct on (g) '5' as c, g from t order by g, id) union select id, v from t

(select distinct on (g) null, g from t order by g, id) except select n, g from t

(select distinct on (g) 'x' as c, g from t order by g, id) union all select id, g from t

-- #: columns that nothing reads
select t.id, l.one from t, lateral (select 1 as one, 1 / (t.v - 5) as boom, count(*) over () as c from u where u.id <= t.id) l where t.v is not null

select t.id from t, lateral (select count(*) as n, max(w) from u where u.id = t.id) l

select t.id, l.g from t left join lateral (select u.id as g, count(*) as n from u where u.id <= t.id group by u.id order by n desc, max(w) limit 2) l on true

-- ordered
select id, v from t order by length('ab'), id desc

-- ordered
select id, v from t order by (date '1997-06-30' - date '1997-06-30'), id desc

select count(*) from t group by length('ab')

select l.s from t, lateral (select (date '1997-06-30' - date '1997-06-30') as d, u.w as s from u order by 1, 2) l
