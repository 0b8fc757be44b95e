-- setup
create table j (id integer primary key, d jsonb);
insert into j values (1, '{"a": 1, "b": {"c": [10, 20, {"d": null}]}, "s": "text"}'), (2, '[1, "two", null, true, {"x": 1}]'), (3, '"scalar"'), (4, 'null'), (5, null), (6, '{}'), (7, '1.50'), (8, '{"a": "1", "b": null}');

select id, d from j

select '{"b":1,"a":2,"aa":3,"c":4}'::jsonb

select '{"a":1,"a":2}'::jsonb

select '1.50'::jsonb, '1e2'::jsonb, '1E-2'::jsonb, '-0'::jsonb, '-0.0'::jsonb, '100'::jsonb, '1.0e1'::jsonb

select '123456789012345678901234567890.123'::jsonb, '0.1e-5'::jsonb, '12e-1'::jsonb

select '"\u00e4\n\t\"\\\/\u0001"'::jsonb

select '"\ud83d\ude00"'::jsonb

select '"\u0000"'::jsonb

select '"\ud83d"'::jsonb

select '  [ 1 ,2,  3 ]  '::jsonb, '{ }'::jsonb, '[]'::jsonb

select '{"a":1,}'::jsonb

select '{a:1}'::jsonb

select ''::jsonb

select '01'::jsonb

select 'nul'::jsonb

select '{"a":1} x'::jsonb

select '[1,2'::jsonb

select '"a'::jsonb

select id, d -> 'a' from j

select id, d ->> 'a' from j

select id, d -> 0, d -> 1, d -> -1, d -> 9 from j

select id, d ->> 1, d ->> 2, d ->> 3, d ->> 4 from j where id = 2

select d -> 'b' -> 'c' -> 1, d -> 'b' -> 'c' ->> 2, d -> 'b' ->> 'c' from j where id = 1

select d #> '{b,c,2,d}', d #>> '{b,c,2,d}', d #> '{b,c,-1}', d #>> '{b,c,0}', d #> '{}' from j where id = 1

select id, d #>> '{a}' from j

select id from j where d @> '{"a": 1}'

select id from j where d @> '{"b": {"c": [20]}}'

select id from j where d @> '[1]'

select id from j where d @> '[1, 1]'

select id from j where d @> '1.5'

select id from j where d @> '"scalar"'

select id from j where '{"a": 1, "z": 2}' @> d

select '{"a":1}'::jsonb <@ '{"a":1,"b":2}'::jsonb, '[1,2]'::jsonb @> '2'::jsonb, '{"a":[1,2]}'::jsonb @> '{"a":2}'::jsonb

select id from j where d ? 'a'

select id from j where d ? 'two'

select id from j where d ? 'scalar'

select id from j where d = '{}'

select id from j where d = '1.5'

select '1.50'::jsonb = '1.5'::jsonb, '{"a":1,"b":2}'::jsonb = '{"b":2,"a":1}'::jsonb, '[1,2]'::jsonb = '[2,1]'::jsonb

-- ordered
select id from j order by d

select '[]'::jsonb < '{}'::jsonb, 'null'::jsonb < '"a"'::jsonb, '"b"'::jsonb > '"a"'::jsonb, '2'::jsonb < '10'::jsonb

select d ->> 'a' = '1' from j where id in (1, 8)

select (d ->> 'a')::integer + 1 from j where id in (1, 8)

select (d ->> 's')::integer from j where id = 1

select d is null, d -> 'b' is null, d ->> 'b' is null from j where id in (4, 5, 8)

select jsonb_typeof(d) from j

select jsonb_typeof('1'::jsonb), jsonb_typeof('[]'::jsonb), jsonb_typeof(null)

select jsonb_array_length('[1,2,3]'::jsonb), jsonb_array_length('[]'::jsonb)

select jsonb_array_length('{}'::jsonb)

-- args: ["{\"a\": 1}"]
select id from j where d @> $1

-- args: ["{"]
select id from j where d @> $1

-- args: ["{\"z\":[1.10,{}],\"a\":\"\\u00e9\"}"]
insert into j values (20, $1) returning d

select d::text from j

select '{"a":1}'::jsonb || '{"b":2}'::jsonb, '{"a":1}'::jsonb || '{"a":null}'::jsonb, '[1]'::jsonb || '2'::jsonb

select '{"a":1,"b":2}'::jsonb - 'a', '["x","y","x"]'::jsonb - 'x', '[1,2,3]'::jsonb - 1

select '1'::jsonb - 'a'

select d -> 'a' + 1 from j where id = 1

select to_jsonb(1), to_jsonb('a'::text), to_jsonb(true), to_jsonb(null::text)

select '5'::jsonb::integer, '5.5'::jsonb::integer, 'true'::jsonb::boolean

select '"5"'::jsonb::integer
