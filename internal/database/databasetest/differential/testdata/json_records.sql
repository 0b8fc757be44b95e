-- setup
create type mood as enum ('sad', 'ok', 'it''s "fine"');
create table items (id integer primary key, name text, tags text[], price numeric(8,2), at timestamptz, doc jsonb, feel mood, ok boolean);
create table docs (id integer, j json, b jsonb);
insert into docs values (1, '{"a": 1, "b": "x"}', '{"a": 1, "b": "x"}'), (2, '{}', '{}'), (3, null, null), (4, '{"b": null, "c": [1, 2]}', '{"b": null, "c": [1, 2]}')

select * from json_to_record('{"a": 1, "b": "x", "c": true}') as t(a integer, b text, c boolean)

select * from jsonb_to_record('{"a": 1, "b": "x", "c": true}') as t(a integer, b text, c boolean)

select t.b, t.a + 1 as next from json_to_record('{"a": 1}') as t(a integer, b text)

select * from json_to_record('{"A": 1, "a": 2, "a": 3}') as t(a integer, "A" text)

select * from json_to_record('{}') as t(a integer)

select * from jsonb_to_record('{}') as t(a integer)

select * from json_to_record(null) as t(a integer, b text)

select * from jsonb_to_record(null) as t(a integer, b text)

select count(*) from json_to_record(null) as t(a integer)

select * from json_to_recordset(null) as t(a integer)

select * from json_to_record('{"a": null, "b": "null"}') as t(a text, b text)

select * from json_to_record('{"t": [1, null, "x"], "n": [1, 2.5, -3e2], "b": [true, null], "e": []}') as x(t text[], n numeric[], b boolean[], e integer[])

select * from jsonb_to_record('{"t": [1, null, "x"], "n": [1, 2.5, -3e2], "b": [true, null], "e": []}') as x(t text[], n numeric[], b boolean[], e integer[])

select * from json_to_record('{"t": "{a,b,\"c d\"}", "i": "{1,NULL,3}"}') as x(t text[], i integer[])

select * from json_to_record('{"t": ["a,b", "{x}", "q\"r", "", "NULL", " s "]}') as x(t text[])

select * from json_to_record('{"t": {"a": 1}}') as x(t text[])

select * from jsonb_to_record('{"t": {"a": 1}}') as x(t text[])

select * from json_to_record('{"t": 1}') as x(t integer[])

select * from json_to_record('{"t": true}') as x(t integer[])

select * from json_to_record('{"t": "x"}') as x(t integer[])

select * from json_to_record('{"t": ["x"]}') as x(t integer[])

select * from json_to_record('{"t": [1.5]}') as x(t integer[])

select * from json_to_record('{"t": ["2024-01-02", "2024-01-02T03:04:05Z"]}') as x(t timestamptz[])

select * from json_to_record('{"t": ["2024-02-30"]}') as x(t date[])

select * from json_to_record('{"t": [{"a": 1}, [1,2], "s", null, 5]}') as x(t jsonb[])

select * from json_to_record('{"t": [{"a" :  1}, "s", null, 5]}') as x(t json[])

select * from json_to_record('{"t": [{"a" :  1}, "s", 5]}') as x(t text[])

select * from json_to_record('{"m": ["sad", null, "it''s \"fine\""]}') as x(m mood[])

select * from json_to_record('{"m": ["glad"]}') as x(m mood[])

select * from json_to_record('{"m": "sad"}') as x(m mood)

select * from json_to_record('{"m": "glad"}') as x(m mood)

select * from jsonb_to_record('{"m": 1}') as x(m mood)

select * from json_to_record('{"t": ["aaaa", "b"]}') as x(t varchar(3)[])

select * from json_to_record('{"t": "aaaa"}') as x(t varchar(3))

select * from json_to_record('{"t": "ab"}') as x(t char(4))

select * from json_to_record('{"n": 1.005, "m": "12345.678"}') as x(n numeric(5,2), m numeric(8,1))

select * from json_to_record('{"n": 12345.678}') as x(n numeric(5,2))

select * from json_to_record('{"n": [1.005, 2]}') as x(n numeric(5,2)[])

select * from json_to_record('{"i": 2147483648}') as x(i integer)

select * from json_to_record('{"i": 1.0}') as x(i integer)

select * from json_to_record('{"i": "7"}') as x(i integer)

select * from json_to_record('{"i": ""}') as x(i integer)

select * from json_to_record('{"i": {}}') as x(i integer)

select * from json_to_record('{"i": [1]}') as x(i integer)

select * from jsonb_to_record('{"i": [1]}') as x(i integer)

select * from json_to_record('{"b": "yes", "c": "off", "d": 1}') as x(b boolean, c boolean, d boolean)

select * from json_to_record('{"b": 2}') as x(b boolean)

select * from json_to_record('{"d": "2024-02-29", "t": "12:34:56.789", "z": "2024-01-01T00:00:00+02", "i": "1 day 02:00"}') as x(d date, t time, z timestamptz, i interval)

select * from json_to_record('{"d": "2024-13-01"}') as x(d date)

select * from json_to_record('{"u": "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "y": "\\x0aff"}') as x(u uuid, y bytea)

select * from json_to_record('{"u": "nope"}') as x(u uuid)

select * from json_to_record('{"f": 0.1, "g": "NaN", "h": 1e400}') as x(f double precision, g real, h numeric)

select * from json_to_record('{"f": 1e400}') as x(f double precision)

select * from json_to_record('{"o": {"k" :  [1,  2]}, "p": {"k" :  1}, "s": "x", "n": 1.50}') as x(o json, p jsonb, s jsonb, n jsonb)

select * from jsonb_to_record('{"o": {"k" :  [1,  2]}, "p": {"k" :  1}, "s": "x", "n": 1.50}') as x(o json, p jsonb, s json, n text)

select * from json_to_record('{"o": {"k" :  [1,  2]}, "p": [1,  {"a":2}]}') as x(o text, p text)

select * from json_to_record('{"a": "\u00e9\n\"q\""}') as x(a text)

select * from json_to_record('{"a": "\u0000"}') as x(a text)

select * from json_to_record('[1, 2]') as t(a integer)

select * from jsonb_to_record('[1, 2]') as t(a integer)

select * from json_to_record('[{"a": 1}]') as t(a integer)

select * from json_to_record('1') as t(a integer)

select * from json_to_record('"x"') as t(a integer)

select * from json_to_record('null') as t(a integer)

select * from jsonb_to_record('"x"') as t(a integer)

select * from jsonb_to_record('null') as t(a integer)

select * from json_to_record('{"a": 1') as t(a integer)

select * from json_to_record('{"a": 1}')

select * from json_to_record('{"a": 1}') as t

select json_to_record('{"a": 1}')

select * from json_to_record('{"a": 1}') as t(a)

select * from json_to_record('{"a": 1}') as t(a integer, a text)

select * from json_to_record('{"a": 1}') as t(a nosuch)

select * from json_to_record('{"a": 1}', '{"b": 1}') as t(a integer)

select id, t.* from docs, json_to_record(j) as t(a integer, b text) order by id

select id, t.* from docs, jsonb_to_record(b) as t(a integer, b text, c integer[]) order by id

select id, t.* from docs left join jsonb_to_record(b) as t(a integer, b text) on t.a is not null order by id

select id, (select t.b from json_to_record(j) as t(b text)) from docs order by id

select id from docs where exists (select from json_to_record(j) as t(a integer) where t.a = id) order by id

select * from rows from (json_to_record('{"a": 1}') as (a integer, b text), generate_series(1, 2)) as t(x, y, z)

select * from json_to_recordset('[{"a": 1, "t": ["x", null]}, {"t": []}, {"a": null, "t": null}, {"t": "{q}"}]') as x(a integer, t text[])

select * from jsonb_to_recordset('[{"a": 1, "t": ["x", null]}, {"t": []}, {"a": null, "t": null}, {"t": "{q}"}]') as x(a integer, t text[])

select * from json_to_recordset('[{"t": ["a"]}, {"t": 5}]') as x(t text[])

select * from json_to_recordset('{"a": 1}') as x(a integer)

select * from json_to_recordset('[1]') as x(a integer)

select * from json_to_recordset('[]') as x(a integer)

-- args: ["{\"v\": [1, 2, null]}"]
select _j.v from json_to_record($1::json) as _j(v integer[])

-- args: ["{\"v\": null}"]
select _j.v from json_to_record($1::json) as _j(v integer[])

-- args: ["{\"v\": {\"a\": [1]}}"]
select _j.v from json_to_record($1) as _j(v jsonb)

-- args: ["[{\"id\": 1, \"name\": \"a\", \"tags\": [\"x\", \"y\"], \"price\": 1.5, \"at\": \"2024-01-01T00:00:00Z\", \"doc\": {\"k\": [1]}, \"feel\": \"ok\", \"ok\": true}, {\"id\": 2}]"]
insert into items (id, name, tags, price, at, doc, feel, ok) select _j.id, _j.name, _j.tags, _j.price, _j.at, _j.doc, _j.feel, _j.ok from json_to_recordset($1) as _j(id integer, name text, tags text[], price numeric(8,2), at timestamptz, doc jsonb, feel mood, ok boolean) returning *

-- args: ["{\"v\": [\"p\", \"q\"]}"]
update items set tags = (select _j.v from json_to_record($1) as _j(v text[])) where id = 2 returning id, tags

-- args: ["{\"v\": [\"p\", \"q\"]}", "3"]
insert into items (id, tags) values ($2, (select _j.v from json_to_record($1) as _j(v text[]))) returning id, tags

select * from json_populate_record(null::items, '{"id": 5, "name": "n", "tags": ["a"], "price": "1.239", "doc": {"x":  1}, "feel": "sad", "more": 1}')

select * from jsonb_populate_record(null::items, '{"id": 5, "name": "n", "tags": ["a"], "price": "1.239", "doc": {"x":  1}, "feel": "sad", "more": 1}')

select * from json_populate_recordset(null::items, '[{"id": 5}, {"name": "x", "ok": "t"}]')

select r.id, r.name as n from jsonb_populate_recordset(null::public.items, '[{"id": 5}, {"name": "x"}]') r

select p.i, p.n from json_populate_record(null::items, '{"id": 5, "name": "x"}') as p(i, n)

insert into items select * from json_populate_recordset(null::items, '[{"id": 10, "tags": ["z"]}, {"id": 11, "ok": false}]') returning id, tags, ok

select * from json_populate_record(null::items, '{"id": "x"}')

select * from json_populate_record(null::items, '{"feel": "x"}')

select * from json_populate_record(null::items, '[1]')

select * from jsonb_populate_record(null::items, '[1]')

select * from jsonb_populate_record(null::items, '1')

select * from json_populate_recordset(null::items, '{"id": 1}')

select * from jsonb_populate_recordset(null::items, '{"id": 1}')

select * from jsonb_populate_recordset(null::items, '[1]')

select * from json_populate_record(null::items, null)

select * from json_populate_recordset(null::items, null)

select * from jsonb_populate_record(null::items, '{}')

select * from json_populate_record(null::nosuch, '{}')

-- refused
select * from json_populate_record(null::integer, '{}')

select * from json_populate_record(null::items, '{"id": 1}') as t(a integer)

select id, t.a from docs, jsonb_populate_record(null::docs, b) t(i, a) order by id

select row_to_json(r) from json_populate_record(null::items, '{"id": 5, "tags": ["a", null]}') r

select to_json(r.tags), r.price from json_populate_recordset(null::items, '[{"tags": ["a"], "price": 2}]') r

-- refused
select (json_populate_record(null::items, '{"id": 5}')).id

select * from json_populate_record(i, '{"name": "new"}') j, items i where i.id = 1

-- refused
select t.* from items i, json_populate_record(i, '{"name": "new"}') t where i.id = 1

-- refused
select * from json_populate_record(row(1, 2), '{}')
