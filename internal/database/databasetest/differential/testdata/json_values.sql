-- setup
create table n (id integer primary key, g text, i integer, q numeric, t text, j jsonb, at timestamptz);
insert into n values (1, 'a', 10, 1.50, 'x', '{"k": 1}', '2026-01-01'), (2, 'a', 20, 2.5, 'y', '[1]', '2026-01-02'), (3, 'b', 10, null, 'x', null, null), (4, 'b', null, 0.1, null, '"s"', '2026-01-02 10:00');

select count(distinct (g, i)) from n

select json_agg((g, i)) from n

select to_json(row(1, 'a'))

select row_to_json(row(1, 'a'))

select json_build_object('x', row(1, 2))

select jsonb_agg(x) from (select id, g from n order by id) x

select json_agg(row_to_json(x)) from (select id, g from n order by id) x

select json_agg(x order by x.id desc) from (select id, g from n) x

-- refused
select array_to_json(array_agg(x order by x.id)) from (select id, g from n) x

select jsonb_object_agg(g, s) from (select g, sum(i) s from n group by g) x

select g, jsonb_agg(jsonb_build_object('id', id, 'at', at) order by at desc nulls last) from n group by g order by g

select (select json_agg(m.t order by m.id) from n m where m.g = n.g) from n order by id

select id, j->'k' = '1', j ? 'k', j->>'k', (j->'k')::int, jsonb_typeof(j) from n order by id

select jsonb_pretty('{"a": [1, {"b": 2}], "c": {}}')

select jsonb_strip_nulls('{"a": null, "b": {"c": null}}'), json_strip_nulls('{"a": null, "b": [null]}')

select j || '{"x": 1}' from n where id = 1

select j || null, null || j from n where id = 1

select '{"a": 1}'::jsonb = '{"a": 1.0}', '{"a": 1}'::jsonb < '{"a": 2}', '[1]'::jsonb > '{}', '[]'::jsonb < 'null'

select j from n order by j nulls first

select distinct j from n order by j

select j, count(*) from n group by j order by j

select max(i) filter (where t = 'x'), string_agg(t, '') filter (where false) from n

select avg(i)::numeric(10, 2), round(avg(q), 2), sum(q)::text from n

select g, avg(i) over () from n

select to_jsonb(n) - 'at' from n where id = 1

select to_jsonb(n.*) ->> 'g' from n where id = 1

select json_build_object('a', 1, 'b')

select json_build_object(null, 1)

select json_build_object('{}'::json, 1)

select jsonb_build_object('a', json_build_array(1, 'x', null, true, 1.5, now() is not null))

select '{"a": "\u0000"}'::json ->> 'a'

select '{"a": "\u0000"}'::jsonb

select '{"a":1}'::json = '{"a":1}'::json

select '[1,2,3]'::json -> 5, '[1,2,3]'::json -> -1, '{"a":{"b":1}}'::json -> 'a' -> 'b'

select 'nope'::json

select '{"a":}'::jsonb

select '"abc'::jsonb

select '1 2'::json

select ('"x"'::jsonb)::int

select ('1.5'::jsonb)::int, ('2.5'::jsonb)::numeric, ('true'::jsonb)::boolean

select ('{}'::jsonb)::text, '{"b":1,  "a":2}'::json::text

select jsonb_array_length('[1,2]'), json_array_length('[]'), jsonb_array_length('{}')

select json_typeof('null'), json_typeof('1'), jsonb_typeof('"x"'), json_typeof(null)

select jsonb_object_keys('{"b":1,"a":2}')

select * from jsonb_each('{"b":1,"a":"x"}')

select * from jsonb_array_elements_text('[1,"a",null]') with ordinality

select json_agg(n.* order by n.id) from (select id, g from n) n

select row_to_json(n.*), to_json(n.*) from (select id, g from n) n order by id

select count(n.*) from n left join (select id from n where id < 3) m on m.id = n.id

select count(m.*), count(distinct (m.id, n.g)), count(distinct (n.g, n.q)) from n left join (select id from n where id < 3) m on m.id = n.id

select id, row_to_json((id, g)), to_jsonb(row(id, q, t)) from n order by id

select row_to_json(zz.*) from n

-- refused
select (1, 2)

select row(1, 2) = row(1, 2), (1, 2) < (1, 3)

select count(distinct (g, j::json)) from n

-- refused
select array_agg((g, i)) from n

select count((g, i)), count(row(null, null)) from n

-- refused
select max((g, i)) from n
