-- setup
create table d (id integer primary key, j jsonb, t json, tags text[]);
insert into d values (1, '{"a": {"b": [1, 2, {"c": "x"}]}, "k": "v", "n": null, "price": 12.50}', '{"a": {"b": [1, 2, {"c": "x"}]}, "k": "v", "n": null}', '{a,b}'), (2, '[1, "two", [3, 4]]', '[1, "two", [3, 4]]', '{}'), (3, '"s"', '"s"', null), (4, null, null, '{k}'), (5, '{}', ' { } ', '{x}');

select id, j #> '{a,b}', j #>> '{a,b,2,c}', j #> '{a,b,-1}' from d order by id

select id, t #> '{a,b}', t #>> '{a,b,2,c}', t #>> '{n}' from d order by id

select id, j #> '{}', j #>> '{}' from d order by id

select id, j #> array['a', 'b', '0'] from d order by id

select id, j #> tags, j #>> tags from d order by id

select id from d where j #>> '{a,b,0}' = '1'

select id from d where j ?| array['k', 'two'] order by id

select id from d where j ?& '{a,k}' order by id

select id from d where j ?| tags order by id

select id, j #- '{a,b,1}' from d where id in (1, 2) order by id

select j #- '{a}' from d where id = 3

select j - '{a,k}'::text[] from d where id in (1, 5) order by id

select j - array['two'] from d where id = 2

select j - 'a', j - 0 from d where id = 2

select jsonb_set(j, '{a,b,0}', '99') from d where id = 1

select jsonb_set(j, '{new}', '"x"'), jsonb_set(j, '{new}', '"x"', false), jsonb_set(j, '{new,deep}', '1') from d where id = 1

select jsonb_set(j, '{0}', to_jsonb(id)), jsonb_set(j, '{9}', 'null'), jsonb_set(j, '{-9}', 'null') from d where id = 2

select jsonb_set(j, '{x}', '1') from d where id = 2

select jsonb_set(j, '{x}', '1') from d where id = 3

select jsonb_set(j, '{a,NULL}', '1') from d where id = 1

select jsonb_set(j, '{a}', null) from d where id = 1

select jsonb_set_lax(j, '{k}', null), jsonb_set_lax(j, '{k}', null, true, 'delete_key'), jsonb_set_lax(j, '{k}', null, true, 'return_target') from d where id = 1

select jsonb_set_lax(j, '{k}', null, true, 'raise_exception') from d where id = 1

select jsonb_insert(j, '{a,b,1}', '"new"'), jsonb_insert(j, '{a,b,1}', '"new"', true), jsonb_insert(j, '{z}', '1') from d where id = 1

select jsonb_insert(j, '{k}', '1') from d where id = 1

select jsonb_extract_path(j, 'a', 'b', '1'), jsonb_extract_path_text(j, 'a', 'b', '2', 'c'), jsonb_extract_path(j, 'zz') from d where id = 1

select json_extract_path(t, 'a', 'b'), json_extract_path_text(t, 'k') from d where id = 1

select jsonb_extract_path(j, 'a', null) from d where id = 1

-- refused
select jsonb_extract_path(j, variadic array['a', 'b']) from d where id = 1

select json_object('{a,1,b,2}'), json_object('{a,b}', '{1,2}'), jsonb_object('{bb,1,a,2}'), json_object(array['x', null])

select json_object('{a,1,b}')

select json_object('{a,b}', '{1}')

select json_object('{NULL,1}')

select jsonb_path_query_array(j, '$.a.b[*] ? (@ > 1)') from d where id = 1

select jsonb_path_exists(j, '$.a.b[*] ? (@ > $min)', '{"min": 1}'), jsonb_path_exists(j, '$.zz'), j @? '$.a.b[*] ? (@ > 5)', j @@ '$.price > 10' from d where id = 1

select id from d where j @@ '$.price > 10' or j @? '$[*] ? (@ == "two")' order by id

select jsonb_path_query_first(j, '$.a.b[*]'), jsonb_path_query_first(j, '$.zz'), jsonb_path_match(j, '$.price == 12.5') from d where id = 1

select jsonb_path_match(j, '$.price') from d where id = 1

select jsonb_path_match(j, '$.price', '{}', true) from d where id = 1

select id, q from d, jsonb_path_query(j, '$.a.b[*]') q order by id, q

select jsonb_path_query(j, 'strict $.zz') from d where id = 1

select jsonb_path_query(j, '$.k'), jsonb_path_query_array(j, '$.*') from d where id = 1

select jsonb_path_query_array(j, '$.*', vars => '{}') from d where id = 1

select '$.a ? (@.b > 1)'::jsonpath, '$.'::jsonpath

-- refused
select '$.a.keyvalue()'::jsonpath

select jsonb_path_exists('{"a": 1}', 'foo bar')

select jsonb_path_exists('{"a": 1}', '$ ? (@.a > $x)')

select jsonb_path_exists('{"a": 1}', '$ ? (@.a > $x)', '[1]')

select j['a']['b'][0], j['k'] from d where id = 1

select array_to_json(array[1, 2, null]), array_to_json(array['a', 'b'], true), to_json(array[1.5, null]), to_jsonb(array['x'])

select row_to_json(d) from d where id in (1, 4) order by id

select json_build_object('tags', tags, 'n', array[1, 2]), jsonb_build_array(tags, 1) from d order by id

select json_agg(tags order by id), jsonb_agg(tags order by id) from d

select percentile_cont(array[0.25, 0.5, 0.75]) within group (order by id) from d

select percentile_disc('{0,0.5,1}') within group (order by id) from d

-- refused
select json_populate_record(null::d, '{"id": 1}')

update d set j = jsonb_set(j, '{count}', to_jsonb(coalesce((j ->> 'count')::int, 0) + 1)) where id = 1 returning j -> 'count'

update d set j = j || '{"z": 1}' - 'k' where id = 1 returning j

select id from d where j @> '{"z": 1}'
