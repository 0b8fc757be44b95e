-- setup
create table t (id integer primary key, n integer, doc jsonb, raw json, name text);
insert into t values (1, 3, '[1, "a", null, {"k": true}]', '{"b": 1, "a": [1,2], "b": null}', 'x'),
	(2, 0, '[]', '{}', 'y'), (3, null, null, null, null), (4, 2, '{"x": 1, "yy": "z"}', '[{"a": 1}, {"a": "2"}]', 'x');
create table other (id integer primary key, t_id integer references t (id), v numeric);
insert into other values (1, 1, 1.5), (2, 1, 2.50), (3, 4, null);

-- ordered
select * from generate_series(1, 5)

-- ordered
select * from generate_series(5, 1)

-- ordered
select * from generate_series(5, 1, -2)

select * from generate_series(1, 5, 0)

select * from generate_series(1, null)

-- ordered
select g from generate_series(1, 3) g

-- ordered
select g.g from generate_series(1, 3) as g

-- ordered
select n from generate_series(1, 3) as g(n)

-- ordered
select g.n, g from generate_series(1, 3) as g(n)

select * from generate_series(1, 3) as g(a, b)

select generate_series.generate_series from generate_series(1, 2)

select x.generate_series from generate_series(1, 2) x

-- ordered
select * from generate_series(2147483645, 2147483647)

-- ordered
select * from generate_series(9223372036854775805, 9223372036854775807, 1)

-- ordered
select * from generate_series(-9223372036854775807, -9223372036854775808, -1)

-- ordered
select * from generate_series(1.0, 3, 0.5)

-- ordered
select * from generate_series(0.1, 0.5, 0.15) as s(x)

-- ordered
select * from generate_series('2024-01-30'::timestamp, '2024-05-01', '1 month')

-- ordered
select * from generate_series('2024-01-01'::timestamptz, '2024-01-03', '12 hours') d

-- ordered
select d::date from generate_series('2024-02-27'::date, '2024-03-02'::date, '1 day') d

-- ordered
select d::date from generate_series('2024-02-27'::date, '2024-03-02'::date, interval '1 day') as g(d)

select * from generate_series('2024-01-01'::timestamp, '2024-01-03', '0 days')

select * from generate_series('a', 'b')

select * from generate_series(1)

select * from generate_series('1', 3)

-- ordered
select * from generate_series(1, 3) with ordinality

-- ordered
select * from generate_series(7, 9) with ordinality as g(v, n)

-- ordered
select g.ordinality, g.g from generate_series(7, 9) with ordinality as g

select * from generate_series(7, 9) with ordinality as g(v, n, z)

-- ordered
select v, n from generate_series(10, 30, 10) with ordinality as g(v, n) where n <> 2

select count(*), sum(g), min(g), max(g) from generate_series(1, 1000) g

select g % 3 as r, count(*), sum(g) from generate_series(1, 10) g group by 1 order by 1

-- ordered
select g * 2 as d from generate_series(1, 5) g where g <> 3 order by g desc limit 2

-- ordered
select a, b from generate_series(1, 2) a, generate_series(1, 2) b order by a, b

-- ordered
select a, b from generate_series(1, 3) a, generate_series(a, 3) b order by a, b

-- ordered
select a, b from generate_series(1, 3) a join generate_series(2, 4) b on a = b order by 1

-- ordered
select a, b from generate_series(1, 3) a left join generate_series(2, 4) b on a = b order by a

-- ordered
select a, b from generate_series(1, 3) a right join generate_series(2, 4) b on a = b order by b

-- ordered
select a, b from generate_series(1, 3) a full join generate_series(2, 4) b on a = b order by a, b

-- ordered
select a, b from generate_series(1, 3) a full join generate_series(2, 4) b using (a)

-- ordered
select id, g from t, generate_series(1, n) g order by id, g

-- ordered
select id, g from t cross join generate_series(1, t.n) g order by id, g

-- ordered
select id, g from t join lateral generate_series(1, t.n) g on true order by id, g

-- ordered
select id, g from t left join generate_series(1, t.n) g on true order by id, g

-- ordered
select id, g from t left join lateral generate_series(1, t.n) as g on g > 1 order by id, g

-- ordered
select id, g.v, g.o from t left join generate_series(1, t.n) with ordinality as g(v, o) on true order by id, o

select id, g from t right join generate_series(1, t.n) g on true

select id, g from t full join generate_series(1, t.n) g on true

select g, id from generate_series(1, t.n) g, t

-- ordered
select t.id, o.id, g from t join other o on o.t_id = t.id, generate_series(1, o.id) g order by 1, 2, 3

-- ordered
select t.id, o.id, g from t left join other o on o.t_id = t.id left join generate_series(o.id, t.n) g on true order by 1, 2, 3

-- ordered
select t.id, o.id, g from t, other o left join generate_series(o.id, 2) g on true where o.t_id = t.id order by 1, 2, 3

-- ordered
select t.id, (select sum(g) from generate_series(1, t.n) g) from t order by id

-- ordered
select t.id, (select g from generate_series(1, t.n) g) from t where n <= 1 order by id

select t.id, (select g from generate_series(1, t.n) g) from t order by id

-- ordered
select id from t where n in (select g from generate_series(2, 5) g) order by id

-- ordered
select id from t where exists (select 1 from generate_series(1, t.n) g where g = 3) order by id

-- ordered
select id from t where id not in (select * from generate_series(2, 3)) order by id

-- ordered
select s.x + 1 from (select g as x from generate_series(1, 3) g) s order by 1

select * from (select g from generate_series(1, 3) g limit 2) s where g > 1

select sum(v) from other, generate_series(1, 2)

-- ordered
select distinct g / 2 from generate_series(1, 5) g order by 1

select g from generate_series(1, 3) g where generate_series(1, 2) = 1

select * from generate_series(1, generate_series(1, 3))

select * from generate_series(1, count(*))

select * from generate_series(1, 1/0)

select * from generate_series(1, 3) where false

select nope.g from generate_series(1, 3) g

select * from nosuch(1)

select * from now() as n(x, y)

-- ordered
select * from upper('abc')

-- ordered
select * from upper('abc') u

-- ordered
select u from upper('abc') u

-- ordered
select * from upper('abc') as u(x)

-- ordered
select * from upper('abc') with ordinality

-- ordered
select id, u from t, upper(t.name) u order by id

-- ordered
select id, l from t left join length(t.name) l on l > 0 order by id

select * from abs(-3) a, abs(-4) b

select * from coalesce(null, 'x')

select * from coalesce(null, 'x') as c

select * from cast('1' as integer)

select count(*) from now()

select count(*) from current_date d

select * from current_user where current_user is null

-- ordered
select * from jsonb_array_elements('[1, "a", null, [2], {"k": 1.50}]')

-- ordered
select * from jsonb_array_elements('[1, "a", null, [2], {"k": 1.50}]') as e

-- ordered
select e from jsonb_array_elements('[1, "a", null]') e

-- ordered
select e.value, e from jsonb_array_elements('[1, "a"]') e

-- ordered
select x from jsonb_array_elements('[1, "a"]') e(x)

-- ordered
select e->>'k' from jsonb_array_elements('[{"k": 1}, {"k": "v"}, {}]') e

-- ordered
select value, ordinality from jsonb_array_elements('[3, 2, 1]') with ordinality

-- ordered
select elem, n from jsonb_array_elements('[3, 2, 1]') with ordinality as a(elem, n) order by n desc

-- ordered
select * from jsonb_array_elements_text('[1, "a", null, [2], {"k": 1.50}]')

-- ordered
select * from json_array_elements('[1, "a",  null, [2 ], {"k": 1.50}]')

-- ordered
select * from json_array_elements_text('[1, "a",  null, [2 ], {"k": 1.50}]')

select * from jsonb_array_elements('{}')

select * from jsonb_array_elements('1')

select * from json_array_elements('{}')

select * from json_array_elements('1')

select * from jsonb_array_elements('[1')

select * from jsonb_array_elements(null)

select * from json_array_elements('')

-- ordered
select id, e from t, jsonb_array_elements(doc) e where jsonb_typeof(doc) = 'array' order by id, e

select id, e from t, jsonb_array_elements(doc) e order by id

-- ordered
select id, count(e) from t left join jsonb_array_elements(case when jsonb_typeof(doc) = 'array' then doc end) e on true group by id order by id

-- ordered
select * from jsonb_each('{"b": 1, "aa": [1], "c": null}')

-- ordered
select * from jsonb_each_text('{"b": 1, "aa": [1], "c": null, "d": "x"}')

-- ordered
select * from json_each('{"b": 1, "aa": [1], "b": null}')

-- ordered
select * from json_each_text('{"b": 1, "aa": [1 ], "b": null}') as e(k, v)

-- ordered
select k, v from jsonb_each('{"b": 1}') e(k, v)

-- refused
select e from jsonb_each('{"b": 1}') e

select row_to_json(e) from jsonb_each('{"b": 1}') e

-- ordered
select id, key, value from t, jsonb_each(doc) where id = 4 order by key

select * from jsonb_each('[]')

select * from json_each('[]')

select * from json_each('1')

select * from jsonb_each(null)

-- ordered
select * from jsonb_object_keys('{"b": 1, "aa": 2}')

-- ordered
select k from jsonb_object_keys('{"b": 1, "aa": 2}') k

-- ordered
select * from json_object_keys('{"b": 1, "aa": 2, "b": 3}') as k

select * from jsonb_object_keys('[]')

select * from json_object_keys('1')

-- ordered
select * from json_to_recordset('[{"a": 1, "b": "x"}, {"a": "2", "c": true}, {}]') as r(a int, b text)

-- ordered
select r.a, c from jsonb_to_recordset('[{"a": 1.50, "c": [1]}, {"a": null, "c": null}]') as r(a numeric, c jsonb)

-- ordered
select id, r.* from t, json_to_recordset(raw) as r(a int) where id = 4 order by a

-- ordered
select * from jsonb_to_recordset('[{"a": 1}]') with ordinality as r(a int, b text)

select * from json_to_recordset('[{"a": "x"}]') as r(a int)

select * from json_to_recordset('{"a": "x"}') as r(a int)

select * from json_to_recordset('[1]') as r(a int)

select * from json_to_recordset('[]') as r(a int)

select * from json_to_recordset(null) as r(a int)

select * from json_to_recordset('[]')

select * from json_to_recordset('[]') as r

select * from json_to_recordset('[]') as r(a)

select * from json_to_recordset('[]') as r(a int, a text)

select * from json_to_recordset('[]') as r(a nosuch)

select * from generate_series(1, 2) as g(a int)

select * from jsonb_each('{}') as e(k text, v jsonb)

select count(*) from json_to_recordset('[{}, {}]') as r(a int, b text, c numeric, d boolean, e date, f timestamptz, g uuid, h json, i jsonb, j bigint, k real, l double precision, m smallint, n varchar(3), o char(2), p bytea, q interval, r time)

-- ordered
select a, b from jsonb_to_recordset('[{"a": "abcdef", "b": "1.256"}]') as r(a varchar(10), b numeric(5, 2))

select a from jsonb_to_recordset('[{"a": "abcdef"}]') as r(a varchar(3))

-- ordered
select * from rows from (generate_series(1, 3), generate_series(10, 11)) as r(a, b)

-- ordered
select * from rows from (generate_series(1, 2), jsonb_each('{"a": 1, "b": 2, "c": 3}'), upper('x')) with ordinality

-- ordered
select * from rows from (generate_series(1, 2), json_to_recordset('[{"a": 1, "b": "x"}]') as (a int, b text)) as r

-- ordered
select r.* from t, rows from (generate_series(1, t.n), jsonb_object_keys(t.doc)) as r where t.id = 4 order by 1, 2

select * from rows from (generate_series(1, 3)) r

-- ordered
select generate_series(1, 3)

-- ordered
select generate_series(1, 3) as g, 'x' as x

-- ordered
select generate_series(1, 3) + 10

-- ordered
select id, generate_series(1, n) from t order by id, 2

-- ordered
select id, jsonb_array_elements(doc) from t where id < 3 order by id

select id, jsonb_array_elements(doc) from t

-- ordered
select id, jsonb_object_keys(doc) k from t where id = 4 order by k desc

-- ordered
select generate_series(1, 2), generate_series(1, 4)

-- ordered
select generate_series(1, 2), generate_series(1, 2)

-- ordered
select generate_series(1, 2) a, generate_series(1, 2) + 1 b

-- ordered
select generate_series(1, generate_series(1, 3))

-- ordered
select generate_series(1, generate_series(1, 2)), generate_series(5, 8)

-- ordered
select generate_series(1, 5) g order by g desc limit 2

-- ordered
select generate_series(1, 5) order by 1 limit 2 offset 1

-- ordered
select 1 as one from t order by generate_series(1, 2), id

-- ordered
select distinct generate_series(1, 4) / 2 as h order by h

-- ordered
select generate_series(1, 4) % 2 as m, count(*) from t group by m order by m

-- ordered
select jsonb_object_keys(doc) k, count(*), sum(n) from t where id = 4 group by k order by k

-- ordered
select jsonb_object_keys(doc) k, count(*) from t where id = 4 group by 1 having count(*) > 0 order by 1

-- refused
select generate_series(1, count(*)) from t

-- refused
select count(*), generate_series(1, 2) from t

select count(generate_series(1, 2))

select case when true then generate_series(1, 2) end

select coalesce(generate_series(1, 2), 0)

select 1 limit generate_series(1, 2)

select count(*) from t having generate_series(1, 2) = 1

select (select generate_series(1, 1))

select (select generate_series(1, 2))

-- ordered
select x from (select generate_series(1, 3) as x) s where x <> 2

-- ordered
select id from t where id in (select generate_series(1, 2)) order by id

select sum(x) from (select generate_series(1, 3) as x) s

-- ordered
select generate_series(1, 0), 'none'

-- refused
select jsonb_each('{"a": 1}')

select json_to_recordset('[]')

select jsonb_array_elements('{"a": 1}')

-- setup
create table made (id integer primary key, v text)

insert into made select g, 'row ' || g from generate_series(1, 5) g

insert into made select generate_series(6, 7), 'y' returning id, v

insert into made (id, v) select (e->>'id')::int, e->>'v' from jsonb_array_elements('[{"id": 8, "v": "json"}]') e returning *

-- ordered
select * from made order by id

update made set v = generate_series(1, 2)

update made set v = (select max(g)::text from generate_series(1, made.id) g) where id < 3 returning id, v

delete from made where id in (select g from generate_series(3, 4) g) returning id

-- ordered
select * from made order by id

insert into made select g, null from generate_series(5, 6) g

-- setup
create view series as select g, g * g as square from generate_series(1, 4) g

-- ordered
select * from series where g > 2 order by g

-- refused
insert into made values (generate_series(9, 10), 'values')

-- setup
create table l (id integer primary key, k integer);
create table r (id integer primary key, k integer, a jsonb);
insert into l values (1, 2), (2, 3);
insert into r values (1, 2, '[1]'), (2, 4, '[2, 3]');
create table secret (id integer primary key, owner text, doc jsonb);
insert into secret values (1, 'me', '[1, 2]'), (2, 'you', '{"no": "array"}'), (3, 'me', '["x"]');
alter table secret enable row level security;
create policy own on secret using (owner = 'me');
grant select on secret to anon

-- ordered
select * from l join r using (id), generate_series(1, id) g order by id, g

select * from l join r using (id), generate_series(1, k) g

-- ordered
select l.id, e from l join r on l.k = r.k, jsonb_array_elements(a) e

-- ordered
select l.id, e from l left join (r join jsonb_array_elements(r.a) e on true) on l.id = r.id order by l.id, e

select l.id, g from l left join (r join generate_series(1, l.k) g on true) on l.id = r.id

-- role: anon
-- ordered
select id, e from secret, jsonb_array_elements(doc) e order by id, e

-- role: anon
-- ordered
select id, jsonb_array_elements(doc) as e from secret order by id, e

-- role: anon
select count(*) from secret s left join jsonb_array_elements(s.doc) e on e <> '1'

-- role: anon
-- ordered
select l.id, s.id, e from l left join secret s on s.id = l.id left join jsonb_array_elements(s.doc) e on true order by 1, 2, 3

select id, e from secret, jsonb_array_elements(doc) e

-- ordered
with w as (select generate_series(1, 3) as n) select * from w, generate_series(n, 3) g order by 1, 2

-- ordered
select generate_series(1, 2) union all select generate_series(5, 6) order by 1

-- ordered
select id from l where k = any (select generate_series(3, 9)) order by id

-- setup
create table arr (id integer primary key, tags text[], ns integer[]);
insert into arr values (1, '{a,b,a}', '{3,1}'), (2, '{}', null), (3, null, '{7,null,9}'), (4, '{b}', '{1}')

-- ordered
select * from unnest(array[3, 1, null, 2])

-- ordered
select u from unnest(array['b', 'a']) u

-- ordered
select u.x from unnest(array['b', 'a']) as u(x)

-- ordered
select x, n from unnest('{c,b,a}'::text[]) with ordinality as u(x, n) order by n desc

-- ordered
select * from unnest(array[1, 2], array['x', 'y', 'z'])

-- ordered
select * from unnest(array[1, 2], array['x', 'y', 'z']) as u(a, b)

-- ordered
select * from unnest(array[1, 2], array['x', 'y', 'z'], '{}'::date[]) with ordinality as u(a, b, c, n)

-- ordered
select * from rows from (unnest(array[1, 2], array['x']), generate_series(5, 7)) as u

select unnest(array[1, 2], array['x'])

select * from unnest(null::integer[])

select * from unnest(null)

select * from unnest(1)

select * from unnest('{}'::integer[])

-- ordered
select id, t from arr, unnest(tags) t order by id, t

-- ordered
select id, t, n from arr left join lateral unnest(tags) with ordinality as u(t, n) on true order by id, n

-- ordered
select id, a, b from arr, unnest(tags, ns) as u(a, b) order by id, a, b

-- ordered
select unnest(tags) as tag, count(*) from arr group by tag order by tag

-- ordered
select distinct unnest(tags) as tag from arr order by tag

-- ordered
select id, unnest(ns) from arr order by id, 2

-- ordered
select id, unnest(tags), unnest(ns) from arr order by 1, 2, 3

select array(select unnest(array[3, 1, 2]) order by 1)

select array_agg(x order by x desc) from unnest(array[3, 1, 2]) x

-- ordered
select id from arr where exists (select 1 from unnest(tags) t where t = 'b') order by id

-- ordered
select id, (select string_agg(t, '-' order by t) from unnest(tags) t) from arr order by id

-- ordered
select id, (select max(n) from unnest(ns) n) from arr order by id

-- ordered
select id from arr where id in (select unnest(array[1, 3])) order by id

-- ordered
select id, i, ns[i] from arr, generate_subscripts(ns, 1) i order by id, i

-- ordered
select * from generate_subscripts(array[5, 6, 7], 1)

-- ordered
select * from generate_subscripts(array[5, 6, 7], 1, true)

select * from generate_subscripts(array[5, 6, 7], 2)

-- args: ["{1,4}"]
-- ordered
select id from arr where id = any ($1::integer[]) order by id

-- args: ["{1,4}"]
-- ordered
select a.id, u from unnest($1::integer[]) u join arr a on a.id = u order by u

-- ordered
select * from regexp_split_to_table('a1b2c', '[0-9]')

-- ordered
select m from regexp_matches('foobarbaz', 'ba(.)', 'g') m

-- ordered
select m[1] from regexp_matches('foobarbaz', 'ba(.)', 'g') as r(m)

-- ordered
select regexp_matches('foobarbaz', 'ba(.)', 'g')

-- ordered
select * from string_to_table('a,b,,c', ',')

-- ordered
select * from string_to_table('a,b,,c', ',', '')

-- ordered
select * from string_to_table('abc', null)

select * from string_to_table('', ',')

select * from string_to_table(null, ',')

-- ordered
select x, n from string_to_table('a b', ' ') with ordinality as t(x, n)

-- ordered
select * from jsonb_to_recordset('[{"a": [1, 2], "b": ["x"]}]') as r(a integer[], b text[])

-- ordered
select d::date, count(o.id) from generate_series('2024-01-01'::timestamp, '2024-01-03', '1 day') d left join other o on o.id = extract(day from d) group by d order by d

-- ordered
select * from generate_series(1, 2 + (random() * 0)::integer) with ordinality as g(a, n)

-- ordered
select t.id, g, n from t left join generate_series(1, 2 + (random() * 0)::integer) with ordinality as g(g, n) on g = t.id order by 1

select count(*) from t, (select r from random() r) s, t u where s.r <> s.r

select count(distinct r) from random() r, t

-- ordered
select t.id, g from t left join generate_series(1, 2) g on g = t.id order by 1

-- ordered
select t.id, g from t full join generate_series(3, 5) g on g = t.id order by 1, 2
