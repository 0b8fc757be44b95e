-- setup
create table w (id integer primary key, g text, k integer, b bigint, n numeric, f float8, d date, s text, p boolean);
insert into w values (1, 'a', 1, 10, 1.0, 0.1, '2020-01-01', 'x', true), (2, 'a', 2, 20, 10.00, 0.2, '2020-01-02', 'y', false),
 (3, 'a', 2, null, 9, 1e20, null, null, null), (4, 'b', null, 5, 1.00, -1e20, '2020-01-05', 'B', true), (5, 'b', null, 7, null, 0.3, '2019-01-01', 'a', true),
 (6, null, 5, 9, 2.5, null, '2020-01-01', '', false), (7, null, 9, -3, -4, 5, '2021-01-01', 'z', null), (8, 'c', 4, 0, 100, 0, '2020-02-29', 'ä', true);

select id, row_number() over (order by id), rank() over (order by k), dense_rank() over (order by k) from w

select id, percent_rank() over (order by k), cume_dist() over (order by k) from w

select id, percent_rank() over (partition by g order by k desc nulls last), cume_dist() over (partition by g order by k) from w

select id, rank() over (order by n), rank() over (partition by n order by id), rank() over (order by s), rank() over (order by d desc) from w

select id, rank() over (), dense_rank() over (), percent_rank() over (), cume_dist() over () from w

select id, ntile(3) over (order by id), ntile(100) over (order by id), ntile(1) over (order by id) from w

select ntile(0) over () from w

select ntile(-1) over (order by id) from w

select ntile(null) over () from w

select ntile(0) over () from w where false

select ntile('3') over (order by id) from w

select ntile('x'::text) over (order by id) from w

select ntile(2.5) over (order by id) from w

-- args: [3]
select id, ntile($1) over (order by id) from w

-- args: [0]
select ntile($1) over (order by id) from w

-- args: [null]
select ntile($1) over (order by id) from w

-- refused
select id, ntile(k) over (order by id) from w

select id, lag(id) over (order by id), lead(id) over (order by id), lag(s) over (partition by g order by id) from w

select id, lag(id, 2) over (order by id), lead(id, 2, -1) over (order by id), lag(id, 0) over (order by id) from w

select id, lag(id, -1) over (order by id), lead(id, -2, 77) over (order by id) from w

select id, lag(id, null) over (order by id), lag(id, null, 5) over (order by id) from w

select id, lag(id, k) over (order by id), lead(id, k, -9) over (order by id), lag(id, k - 3, 0) over (order by id) from w

select id, lag(n, 1, 0) over (order by id), lag(k, 1, 2.5) over (order by id), lag(s, 1, 'none') over (order by id), lag(d, 1, '1999-01-01') over (order by id) from w

select lag(id, 1, 'x') over (order by id) from w

select lag(k, 1::bigint) over (order by id) from w

select lag() over () from w

select lag('x') over () from w

select id, lag(n, 1, n) over (partition by g order by id), lead(b, 1, b) over (partition by g order by id desc) from w

select id, first_value(s) over (order by id), last_value(s) over (order by id), nth_value(s, 2) over (order by id) from w

select id, first_value(n) over o, last_value(n) over o, nth_value(n, 3) over o from w window o as (partition by g order by id rows between unbounded preceding and unbounded following)

select id, first_value(k) over (order by k), last_value(id) over (order by k, id), last_value(k) over (order by k) from w

select nth_value(s, 0) over () from w

select nth_value(s, -5) over () from w

select nth_value(s, null) over () from w

-- args: [2]
select id, nth_value(s, $1) over (order by id) from w

-- refused
select nth_value(s, k) over (order by id) from w

select id, first_value(id) over (order by id rows between 2 following and 3 following), last_value(id) over (order by id rows between 3 preceding and 2 preceding) from w

select id, count(*) over (), count(k) over (), sum(k) over (), avg(k) over (), min(s) over (), max(s) over () from w

select id, sum(k) over (order by id), sum(b) over (order by id), sum(n) over (order by id), sum(f) over (order by id) from w

select id, sum(k) over (order by k), sum(b) over (order by k), count(*) over (order by k) from w

select id, sum(k) over (partition by g), sum(b) over (partition by g order by id), sum(n) over (partition by g order by n) from w

select id, avg(k) over (order by id), avg(b) over (order by id), avg(n) over (order by id), avg(f) over (order by id) from w

select id, sum(f) over (order by id rows between 1 preceding and current row), avg(f) over (order by id rows between 1 preceding and 1 following) from w

select id, sum(n) over (order by id rows between 1 preceding and 1 following), sum(b) over (order by id rows between 1 preceding and 1 following), sum(k) over (order by id rows 2 preceding) from w

select id, min(n) over (order by id), max(n) over (order by id) from w

select id, min(n) over (order by id rows between 1 preceding and 1 following), max(n) over (order by id rows between 1 preceding and 1 following) from w

select id, min(n) over (order by id rows between current row and unbounded following), max(n) over (order by id rows between current row and unbounded following) from w

select id, min(s) over (order by id rows 1 preceding), max(s) over (order by id rows 1 preceding), min(d) over (order by id rows 1 preceding), max(d) over (order by id) from w

select id, bool_and(p) over (order by id), bool_or(p) over (order by id rows 1 preceding), every(p) over (partition by g) from w

select id, bit_or(k) over (order by id rows 2 preceding), bit_and(k) over (order by id rows 2 preceding), bit_xor(b) over (order by id) from w

select id, string_agg(s, ',') over (order by id), string_agg(s, ',') over (order by id rows 1 preceding) from w

select id, string_agg(s, s) over (order by id rows between 1 following and 2 following) from w

select id, array_agg(id) over (order by id), array_agg(s) over (order by id rows 1 preceding), array_agg(n) over (partition by g order by id) from w

select id, json_agg(s) over (order by id rows 1 preceding), jsonb_agg(n) over (order by id rows 2 preceding) from w

select id, json_object_agg(id, s) over (order by id rows 1 preceding), jsonb_object_agg(id, n) over (order by id rows 1 preceding) from w

select id, json_agg(w) over (order by id rows 1 preceding) from w

select id, stddev(k) over (order by id), variance(n) over (order by id), stddev_pop(f) over (order by id rows 1 preceding) from w where id < 3

select id, corr(k, b) over (order by id), regr_count(k, b) over (order by id), regr_slope(b, k) over (order by id rows 1 preceding) from w

select id, count(*) over (order by id rows between 2 preceding and 1 preceding), sum(k) over (order by id rows between 2 following and 4 following), array_agg(id) over (order by id rows between 2 following and 4 following) from w

select id, count(*) over (order by id rows between 2 preceding and 3 preceding), sum(k) over (order by id rows between 3 following and 2 following), sum(n) over (order by id rows between 3 following and 2 following) from w

select id, count(*) over (order by k groups between 1 preceding and 1 following), array_agg(id) over (order by k, id groups 1 preceding), sum(n) over (order by k groups between current row and unbounded following) from w

select id, sum(id) over (order by k range between 1 preceding and 1 following), sum(id) over (order by k desc range between 1 preceding and 1 following), sum(n) over (order by k range between 2 preceding and current row) from w

select id, count(*) over (order by b range between 5 preceding and 5 following), count(*) over (order by b desc nulls last range between 5 preceding and current row) from w

select id, count(*) over (order by k nulls first range between unbounded preceding and 1 preceding), count(*) over (order by k range between 1 following and unbounded following) from w

select id, count(*) over (order by k range between current row and current row), sum(id) over (order by k range between current row and unbounded following) from w

select count(*) over (order by b range between 9223372036854775807 preceding and 9223372036854775807 following) from w

-- refused
select id, sum(id) over (order by n range between 1 preceding and 1 following) from w

-- refused
select id, sum(id) over (order by f range between 1 preceding and 1 following) from w

-- refused
select id, sum(id) over (order by d range between '1 day' preceding and '1 month' following) from w

select sum(id) over (order by s range between 1 preceding and 1 following) from w

select sum(id) over (order by k range between '1 day' preceding and 1 following) from w

select sum(id) over (order by k range between -1 preceding and 1 following) from w

select sum(id) over (order by k range between 1 preceding and null following) from w

select id, sum(id) over (order by k groups between 1 preceding and 1 following exclude current row), sum(id) over (order by k groups between 1 preceding and 1 following exclude group), sum(id) over (order by k groups between 1 preceding and 1 following exclude ties) from w

select id, sum(n) over (order by id rows between 1 preceding and 1 following exclude current row), min(n) over (order by k groups between 1 preceding and 1 following exclude group), sum(f) over (order by k groups between 1 preceding and 1 following exclude ties) from w

select id, array_agg(id) over (order by id rows between unbounded preceding and unbounded following exclude current row), count(*) over (order by k rows between unbounded preceding and unbounded following exclude no others) from w

select id, first_value(id) over (order by id rows between 1 preceding and 1 following exclude current row), last_value(id) over (order by id rows between 1 preceding and 1 following exclude current row), nth_value(id, 2) over (order by id rows between 1 preceding and 1 following exclude current row) from w

select id, count(*) over (rows between current row and current row exclude current row), max(id) over (rows current row exclude group) from w

select id, count(*) filter (where k > 1) over (order by id), sum(n) filter (where p) over (order by id rows 2 preceding), array_agg(id) filter (where g = 'a') over (order by id) from w

select id, string_agg(s, '-') filter (where s <> '') over (partition by g order by id) from w

select row_number() filter (where true) over () from w

select count(distinct k) over () from w

select sum(k order by k) over () from w

select percentile_cont(0.5) within group (order by k) over () from w

select row_number(*) over () from w

select id, sum(k) over w1, sum(k) over w2, sum(k) over (w1 order by id desc) from w window w1 as (partition by g), w2 as (w1 order by id)

select id, sum(id) over w from w window w as (order by id rows 1 preceding)

select sum(k) over (w1 partition by id) from w window w1 as (partition by g)

select sum(k) over (w1 order by id) from w window w1 as (order by g)

select sum(k) over (w1 order by id) from w window w1 as (rows 1 preceding)

select sum(k) over nope from w

select sum(k) over w1 from w window w1 as (w2), w2 as (order by id)

select 1 from w window w1 as (order by id), w1 as (order by k)

select 1 from w window w1 as (order by nope)

select 1 from w window w1 as (order by sum(id) over ())

select id from w where row_number() over () = 1

select id from w group by row_number() over ()

select count(*) from w having row_number() over () = 1

select id from w limit row_number() over ()

select w.id from w join w v on row_number() over () = v.id

select * from generate_series(1, row_number() over ()) g

values (row_number() over ())

insert into w (id) values (row_number() over ())

update w set k = row_number() over ()

delete from w returning row_number() over ()

select sum(row_number() over ()) from w

select rank() over (order by rank() over ()) from w

select sum(sum(k) over ()) over () from w

select row_number() from w

select lower(s) over () from w

select nosuch(s) over () from w

-- refused
select sum(s) over () from w

select sum(k) over (order by id groups 1 preceding), 1 from w order by id

select sum(k) over (groups 1 preceding) from w

select sum(k) over (range 1 preceding) from w

select sum(k) over (order by id, k range 1 preceding) from w

select sum(k) over (rows k preceding) from w

select sum(k) over (rows 'a' preceding) from w

-- refused
select sum(k) over (rows 1.5 preceding) from w

select sum(k) over (rows true preceding) from w

select sum(k) over (rows -1 preceding) from w

select sum(k) over (rows between current row and -1 following) from w

select sum(k) over (rows null preceding) from w

select sum(k) over (rows -1 preceding) from w where false

-- args: [1]
select id, sum(k) over (order by id rows $1 preceding) from w

-- args: [-1]
select id, sum(k) over (order by id rows $1 preceding) from w

-- args: [null]
select id, sum(k) over (order by id rows between 1 preceding and $1 following) from w

-- refused
select id, sum(k) over (order by id rows 1 + 1 preceding) from w

select g, count(*), rank() over (order by count(*) desc, g), sum(count(*)) over (), sum(sum(k)) over (order by g) from w group by g

select g, sum(n), sum(sum(n)) over (order by g nulls first rows unbounded preceding), max(max(n)) over () from w group by g having count(*) > 1

select sum(k) over (partition by g) from w group by g

select k, rank() over (order by g) from w group by g

select count(*), count(*) over () from w

select g, rank() over (order by sum(k)) from w group by g order by rank() over (order by sum(k)), g

select count(*) over (), g from w group by g having count(*) > 100

-- ordered
select id from w order by row_number() over (order by id desc)

-- ordered
select id, rank() over (order by k desc nulls last, id) as r from w order by r desc

-- ordered
select id, rank() over (order by k) as r from w order by r, id limit 3 offset 2

select distinct rank() over (order by g), g from w

select distinct count(*) over (partition by n), round(n, 1) from w

select distinct on (g) g, id, row_number() over (order by id), count(*) over () from w order by g, id

select distinct on (g) g, id from w order by g, rank() over (order by id desc)

select * from (select id, g, row_number() over (partition by g order by k, id) as rn from w) x where rn = 1

select * from (select id, n, count(*) over (partition by n) as c from w) x where n = 1

select id, (select count(*) over () from w v where v.g = w.g limit 1) from w

select id, (select sum(v.id) over (order by v.id desc) from w v where v.id <= w.id order by v.id limit 1) from w

select id in (select max(id) over (partition by g) from w) from w

with r as (select id, lag(n) over (order by id) as before, n from w) select id, n - before from r

select id, n - lag(n) over (order by id), round(100 * n / sum(n) over (), 2), coalesce(lag(s) over (order by id), 'first') from w

select id, case when row_number() over (order by id) > 3 then 'late' else 'early' end, row_number() over (order by id) % 2 = 0 from w

select id, sum(1) over (order by 1), row_number() over (order by 'x'::text, id), rank() over (partition by 1 order by id), rank() over (order by null) from w

select id, k, sum(k) over (partition by g, p order by id), count(*) over (partition by p) from w union all select 0, 0, 0, count(*) over () from w

select row_number() over (order by id) from w union select 3

-- refused
select id, row_number() over (order by id), generate_series(1, 2) from w

select id, sum(b) over (order by d), sum(b) over (order by d range between unbounded preceding and current row), min(d) over (order by d desc) from w

select id, max(id) over (partition by g, n order by f desc), first_value(f) over (order by f) from w

select sum(2147483647) over (rows unbounded preceding) from w

select sum(9223372036854775807) over () from w

select id, sum(b + 9223372036854775807 - 100) over (order by id) from w where b is not null

select id, sum(k::smallint) over (order by id), sum(f::real) over (order by id rows 1 preceding), avg(f::real) over (order by id) from w where id < 3

select sum('1 month'::interval * id) over (order by id), min('1 day'::interval * id) over (order by id desc rows 1 preceding), avg('1 day'::interval * id) over (order by id) from w

-- refused
select pg_typeof(row_number() over ()), pg_typeof(ntile(2) over ()), pg_typeof(percent_rank() over ()), pg_typeof(lag(n) over ()), pg_typeof(sum(k) over ()), pg_typeof(sum(b) over ()) from w limit 1

select row_number() over (), rank from (select 1 as rank) x

-- setup
create view wv as select id, n, sum(n) over (partition by g order by id rows 1 preceding) as running, row_number() over o as rn from w window o as (order by id desc)

select * from wv

select * from wv where rn < 4

update wv set id = 1

-- setup
create table empty (k integer, n numeric)

select sum(k) over (order by k), row_number() over (), sum(n) over (rows 1 preceding) from empty

select count(*) over (), sum(n) over () from empty group by n

select sum(count(*)) over (), count(*) from empty

-- setup
create table pw (id integer, owner text, v numeric);
insert into pw values (1, 'me', 1), (2, 'you', 2), (3, 'me', 3), (4, 'you', 0);
alter table pw enable row level security;
create policy own on pw for select using (owner = 'me');
create role wreader;
grant select on pw to wreader

-- role: wreader
select id, row_number() over (order by id), sum(v) over (order by id), count(*) over (), lag(v) over (order by id) from pw

-- role: wreader
select id, sum(1 / v) over (order by id) from pw
