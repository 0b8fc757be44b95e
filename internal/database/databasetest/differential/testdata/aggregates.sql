-- setup
create table n (id integer primary key, g text, i integer, b bigint, q numeric, f double precision, t varchar(10), j jsonb, at date);
insert into n values (1, 'a', 10, 100, 1.50, 1.5, 'x', '{"k": 1}', '2026-01-01'), (2, 'a', 20, null, 2.5, -0.5, 'y', '[1]', '2026-01-02'), (3, 'a', 10, 300, null, 2.25, 'x', null, null), (4, 'b', null, 400, 0.1, null, null, '"s"', '2025-12-31'), (5, 'b', 7, 500, 0.10, 1e10, 'z', 'null', '2026-01-01'), (6, 'c', null, null, null, null, null, null, null);
create table p (id integer primary key, n_id integer references n, name text);
insert into p values (1, 1, 'one'), (2, 1, 'uno'), (3, 2, 'two'), (4, null, 'none');

select g, string_agg(t, ',' order by t desc) from n group by g order by g

select g, string_agg(t, ',' order by id desc) from n group by g order by g

select string_agg(t, ',' order by i nulls first, id) from n

select string_agg(t, ',' order by i desc nulls last, id desc) from n

select string_agg(distinct t, ',') from n

select string_agg(distinct t, ',' order by t desc) from n

select string_agg(distinct t::text, ',' order by t::text) from n

select string_agg(distinct t, ',' order by t::text) from n

select string_agg(distinct t, ',' order by id) from n

select string_agg(distinct g, '' order by g) from n

select string_agg(distinct g, g order by g) from n

select string_agg(name, ', ' order by name) filter (where n_id is not null) from p

select string_agg(t, ',' order by 1) from n where id < 3

select json_agg(i order by i desc nulls last, id) from n

select jsonb_agg(q order by q, id) from n

select json_agg(distinct i) from n

select json_agg(distinct i order by i desc) from n

select json_agg(json_build_object('id', id, 't', t) order by t nulls first, id) from n

select json_agg(n order by id) from n where id in (1, 6)

select json_agg(p order by p.id) from n left join p on p.n_id = n.id where n.id in (1, 3)

select n.id, json_agg(p order by p.id) from n left join p on p.n_id = n.id group by n.id order by n.id

select n.id, json_agg(s order by s.id) from n left join (select id, n_id, name from p) s on s.n_id = n.id group by n.id order by n.id

select n.id, jsonb_agg(to_jsonb(p) order by p.id) filter (where p.id is not null) from n left join p on p.n_id = n.id group by n.id order by n.id

select n.id, coalesce(json_agg(p.name order by p.name) filter (where p.id is not null), '[]') from n left join p on p.n_id = n.id group by n.id order by n.id

select n.id, count(p), count(*) from n left join p on p.n_id = n.id group by n.id order by n.id

select json_object_agg(id, t order by id desc) from n

select jsonb_object_agg(t, i order by id) from n where t is not null

select jsonb_object_agg(t, i order by id desc) from n where t is not null

select json_object_agg(distinct g, 1) from n

select json_object_agg(distinct g, i order by g desc, i) from n where i is not null

select json_object_agg(t, i order by id) from n

select g, array_length(array_agg(i), 1) from n group by g order by g

select sum(i order by id), avg(q order by id), min(t order by id), max(f order by id), count(i order by id) from n

select sum(distinct q), count(distinct q), avg(distinct i) from n

select count(distinct t), count(distinct i) filter (where g = 'a') from n

select sum(i order by 1/0) from n where false

select sum(i order by 1/(i-10)) from n

select bool_and(i > 5), bool_or(i > 15), every(i > 8) from n

select bool_and(i > 5 order by id), bool_or(null::boolean) from n

select bit_and(i), bit_or(i), bit_xor(i), bit_and(b) from n

select percentile_cont(0.5) within group (order by i) from n

select percentile_cont(0.25) within group (order by f), percentile_cont(0.75) within group (order by q desc) from n

select g, percentile_disc(0.5) within group (order by i) from n group by g order by g

select percentile_disc(0.5) within group (order by t), percentile_disc(1) within group (order by q), percentile_disc(0) within group (order by at) from n

select percentile_disc(0.5) within group (order by i desc) from n

select percentile_cont(0) within group (order by i), percentile_cont(1) within group (order by i), percentile_cont(null) within group (order by i) from n

select percentile_cont(1.5) within group (order by i) from n

select percentile_cont(-0.1) within group (order by i) from n where false

select percentile_cont('NaN') within group (order by i) from n

select percentile_cont(0.5) within group (order by i) filter (where g = 'a') from n

select percentile_cont(0.5) within group (order by i) from n where false

-- refused
select percentile_cont(0.5) within group (order by t) from n

-- refused
select percentile_cont(0.5, 1) within group (order by i) from n

-- refused
select percentile_cont(0.5) from n

-- refused
select sum(i) within group (order by i) from n

select mode() within group (order by i), mode() within group (order by t desc), mode() within group (order by q) from n

select mode() within group (order by i) from n where false

select g, mode() within group (order by t) from n group by g order by g

-- refused
select rank(10) within group (order by i) from n

select corr(i, f), covar_pop(i, f), covar_samp(i, f), regr_count(i, f) from n

select regr_avgx(i, f), regr_avgy(i, f), regr_sxx(i, f), regr_syy(i, f), regr_sxy(i, f) from n

select regr_slope(i, f), regr_intercept(i, f), regr_r2(i, f) from n

select g, corr(i, b), regr_count(i, b), regr_slope(b, i) from n group by g order by g

select stddev(i), stddev_pop(i), variance(i), var_pop(i), stddev_samp(q), var_samp(f) from n

select stddev(i), variance(q), stddev_pop(f), var_pop(b) from n where id = 1

select count(*), count(i), sum(i), avg(i), min(i), max(i), string_agg(t, ','), json_agg(i), bool_and(true), bit_or(i), corr(i, f), stddev(i), mode() within group (order by i) from n where false

select sum(distinct i order by i desc) from n

select sum(distinct i order by id) from n

-- refused
select count(distinct n) from n

select count(distinct j), json_agg(distinct j order by j) from n

select json_agg(distinct '{}'::json) from n

-- refused
select string_agg(j::json, ',') from n

select json_agg(i order by j::json) from n

select length(t order by t) from n

-- refused
select upper(t) within group (order by t) from n

select avg(b), sum(b), avg(b)::numeric(10,2) from n

select sum(9223372036854775807::bigint) from n

select sum(2147483647) from n

select max(g), min(at), max(at) from n

select sum(i) filter (where i > 100), count(*) filter (where g = 'a') from n

select sum(sum(i)) from n

select sum((select max(i) from n m where m.g = n.g)) from n

select g, sum(i) from n group by g having sum(i) > 10 order by sum(i)

select grouping(g), sum(i) from n group by g

select sum(f), avg(f), max(f) from (values (1.5::float8), ('NaN'), ('Infinity')) v(f)

select min(f), max(f), count(distinct f) from (values ('-0'::float8), ('NaN'), ('NaN')) v(f)

select count(distinct f) from (values ('-0'::float8), (0), ('NaN'), ('NaN')) v(f)

select percentile_cont(0.5) within group (order by x), percentile_cont(0.3) within group (order by x desc), percentile_disc(0.5) within group (order by x) from (values ('1 day'::interval), ('2 days 3 hours'), ('1 month'), (null), ('-1 hour')) v(x)

select mode() within group (order by x), count(distinct x) from (values ('1 month'::interval), ('30 days'), ('1 day')) v(x)

select percentile_cont(0.5) within group (order by n.i) - percentile_cont(0.5) within group (order by n.b) from n

select n.id, json_agg(json_build_object('p', p.name, 'n', n.t) order by p.id desc) from n join p on p.n_id = n.id group by n.id order by n.id

select json_agg(x.s order by x.g desc nulls last) from (select g, sum(i) as s from n group by g) x

select g, string_agg(distinct t, ', ' order by t), count(distinct (t)), array_to_string(array[1], ',') from n group by g order by g

select jsonb_agg('x' order by 'x')

select json_agg(distinct null)

select json_agg('x'::text order by 1)
