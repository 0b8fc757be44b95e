-- setup
create table k (id integer primary key, t text);
insert into k values (1, '42'), (2, ' 42 '), (3, '4.2'), (4, ''), (5, null), (6, 'abc'), (7, '99999999999'), (8, '-0');

select t::integer from k where id in (1, 2, 5, 8)

select t::integer from k where id = 3

select t::integer from k where id = 4

select t::integer from k where id = 6

select t::integer from k where id = 7

select t::bigint from k where id = 7

select cast(t as bigint) from k where id = 1

select 42::text, -1::text, 42::bigint::text

select 3000000000::integer

select 3000000000::bigint::integer

select 1::bigint::integer, 1::integer::bigint

select '1'::integer + '2'

select 1 + '2'

select 1 + 'x'

select '1' + '2'

select '1' = 1, 1 = '1', 'a' = 'a'

select 'x' = 1

select id from k where t = 42

select id from k where t = '42'

select id from k where id = '1'

select id from k where id = '1x'

select null::integer, null::text, null::uuid, null::jsonb, null::timestamptz

select 'a', 1, true, null

select 1.5, 1e3, .5

select 1::nope

select true::bigint

select 1::timestamptz

select '2026-01-01'::timestamptz::text

select '{}'::jsonb::text

select '7'::text::integer

select int4 '5', bool 't', text 'x'

select integer '5x'

select cast('5' as integer), cast(null as bigint)

select 1 as "Weird Name", 2 as two, 3, 'x' as "a""b"

select id::text || t from k where id in (1, 5)

-- refused
select pg_typeof(1), pg_typeof('a'), pg_typeof(1 + 1::bigint), pg_typeof(now())

-- args: ["1", "x"]
select $1::integer, $2::text

-- args: ["1"]
select $1

-- args: [null]
select $1::uuid

-- args: ["1"]
select $1 + 1

-- args: ["1"]
select $1 || 'a'

-- args: ["1"]
select $2

-- args: ["1", "2"]
select $1::integer
