-- setup
create table a (id integer primary key, i integer[], t text[] default '{}', n numeric(10,2)[], b boolean[], f double precision[], d timestamptz[], u uuid[], j jsonb[], v varchar(3)[], y bytea[], k date[], big bigint[]);
insert into a (id, i, t, n, b, f, d, u, j, v, y, k, big) values
 (1, '{1,2,3}', '{a,"b c",NULL,"NULL",""}', '{1,2.5,3.999}', '{t,f,null}', '{1,1.5,-0,NaN,Infinity}', '{"2020-01-02 03:04:05+02",infinity,null}', '{b0ed8cb9-3a5b-4c6e-9d8f-0a1b2c3d4e5f}', '{"{\"a\": 1}",null,"[1,2]"}', '{abc,de}', '{"\\x0102","\\x"}', '{2020-01-02,infinity}', '{9223372036854775807,-1}'),
 (2, '{}', null, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'),
 (3, null, default, null, null, null, null, null, null, null, null, null, null),
 (4, '{3,null,1}', '{"x\"y\\z","{}",",","\n"}', '{1.00,2.50}', '{true}', '{0.1,1e20,1e-7}', '{"2020-01-02 01:04:05.5"}', null, '{"{\"a\":1}"}', '{xyz}', '{"\\xdeadbeef"}', null, '{1,2,3}');
create table w (id integer primary key, tags text[] not null, unique (tags));
insert into w values (1, '{a,b}'), (2, '{b}'), (3, '{}'), (4, '{a,b,c}'), (5, '{NULL}');

select * from a

-- ordered
select id, i from a order by i

-- ordered
select id from a order by t desc nulls last, id

-- ordered
select id, n from a order by n, id

-- ordered
select id from a order by f, id

select row_to_json(a) from a

select row_to_json(x) from (select id, i, b, d, t, j from a) x

select id, i[1], i[2], i[4], i[0], i[-1], t[2], n[2], b[1], f[4], d[1], u[1], j[1], v[2], y[1], k[1], big[1] from a

select id, i[1:2], i[2:], i[:2], i[:], i[3:2], i[0:1], t[2:3], i[null:2] from a

select id, i[id] from a

select (array[1,2,3])[2], (array['a','b'])[1], (array[1,2,3])[2:3]

select array[1,2,3], array[1,null,2.5], array['a','b c',null,'null','','{}','x"y\z'], array[true,false,null]

select array[1.5, 2, 3000000000], array[now() is null], array[null], array['2020-01-01'::date, null]

select array[]::integer[], array['1','2']::integer[], array[1.6, 2.4]::integer[], array[1,2]::text[], array[1,2]::numeric(5,2)[]

select array[]

select array[1, 'x']

select array[1, 'x'::text]

-- refused
select array[array[1,2],array[3,4]]

select '{1,2,3}'::integer[], '{ 1 , 2 }'::integer[], '[1:2]={1,2}'::integer[], '{}'::integer[], ' { } '::text[]

select '{1,x}'::integer[]

select '{1,2'::integer[]

select '1,2}'::integer[]

select '{1,,2}'::integer[]

select '{1,2}x'::integer[]

select '{"a"b}'::text[]

select '{a"b"}'::text[]

select '{a b, "c d" ,\"e, null, "null", N\ULL}'::text[]

select '{99999999999}'::integer[]

select '[1:3]={1,2}'::integer[]

-- refused
select '[2:3]={1,2}'::integer[]

-- refused
select '{{1,2},{3,4}}'::integer[]

select '{abcd}'::varchar(3)[], array['abcd']::varchar(3)[]

select '{1.005,2}'::numeric(5,2)[], '{t,no,1}'::boolean[], '{"2020-01-01 00:00"}'::timestamp[], '{"1 day","2 hours"}'::interval[]

select id from a where i = '{1,2,3}'

select id from a where i = array[1,2,3]

select id from a where n = '{1.0,2.5,4}'

select id from a where i <> '{}'

select id from a where i < '{2}'

select id from a where i is distinct from '{}'

select array[1,2] = array[1,2], array[1,2] < array[1,3], array[1] < array[1,0], array[null::int] = array[null::int], array[1,null] > array[1,2], array['a'] >= array['B']

select array[1] = array[1::bigint]

select array[1]::bigint[] = array[1::bigint], '{1}' = array[1]

select 1 = any('{1,2}'), 3 = any('{1,2}'), 3 = any('{1,null}'), 1 = any(null::integer[]), null::integer = any('{}'), null::integer = any('{1}')

select 1 <> all('{1,2}'), 3 <> all('{1,2}'), 3 <> all('{1,null}'), 1 <> all('{}'), 1 <> all(null::integer[])

select 2 > any('{1,5}'), 2 > all('{1,5}'), 2 >= all('{}'), 2 < any(array[null,1]), 'abc' like any('{a%,b%}'), 'abc' like all('{a%,b%}'), 'abc' not like all('{b%,c%}')

select 'a' ~ any('{b,a,*}')

select 'a' ~ any('{b,*}')

select id from a where id = any('{1,3,9}')

select id from a where id = any(array[1,4])

-- args: ["{1,3,9}"]
select id from a where id = any($1)

-- args: ["{}"]
select id from a where id = any($1)

-- args: [null]
select id from a where id = any($1)

-- args: [null]
select id from a where not (id = any($1))

-- args: ["{1,null}"]
select id from a where not (id = any($1))

-- args: ["{1,3}"]
select id from a where id <> all($1)

-- args: ["{x}"]
select id from a where id = any($1)

-- args: ["2"]
select id from a where $1 = any(i)

-- args: ["{2,3}"]
select id from a where i && $1

-- args: ["{2,3}"]
select id from a where i @> $1::integer[]

select id from a where 'a' = any(t)

select id from a where 'a' = any(a.t) or null = any(t)

select id from a where 2 < any(i)

select id from a where 3 > all(i)

select id from a where id = any(i)

select id from a where 1.0 = any(n)

select id from a where id = any(array[1,2]::bigint[])

select id from a where id::bigint = any('{1}'::integer[])

select 1 = any(1)

select 1 + any('{1}')

select 'x' = any('{x,y}')

select array[1,2,3] @> array[2], array[1,2] @> '{}', array[1,2] @> array[null::int], array[1,null] @> array[null::int], array[1] <@ array[1,2], array[1,2] && array[2,3], array[1] && '{}', array[null::int] && array[null::int]

select array['a','b'] @> array['b'], array[1.0] @> array[1.00], array[1] @> array['1']

select array[1] @> array[1::bigint]

select array[1,2] || 3, 0 || array[1,2], array[1,2] || array[3], array[1,2] || '{3,4}', array[1] || null, null || array[1], array[1] || null::integer, array[1] || 2.5

select array['a'] || 'b'::text, 'x' || array['a'], array['a'] || '{b,c}'

select array['a'] || 'b'

select array_append(array[1], 2), array_append(null, 1), array_append(array[1], null), array_prepend(1, array[2]), array_prepend(1, null), array_cat(array[1], array[2]), array_cat(null, array[1])

select array_append('{1}', 2), array_append(array[1], 2.5), array_append(array[1.5], 2)

select array_length(array[1,2], 1), array_length(array[1,2], 2), array_length('{}'::int[], 1), cardinality(array[1,2]), cardinality('{}'::int[]), array_ndims(array[1]), array_dims(array[1,2]), array_dims('{}'::int[]), array_lower(array[1], 1), array_upper(array[1,2], 1), array_upper('{}'::int[], 1), array_length(null::int[], 1)

select array_length('{1}', 1)

select array_remove(array[1,2,1], 1), array_remove(array[1,null], null), array_remove(null::int[], 1), array_remove(array[1.0,2], 1.00), array_replace(array[1,2,1], 1, 9), array_replace(array[1,null], null, 0), array_replace(array[1], 1, null)

select array_position(array['a','b','a'], 'a'), array_position(array['a','b'], 'c'), array_position(array[1,2,1], 1, 2), array_position(array[1,null], null), array_positions(array[1,2,1], 1), array_positions(array[1], 2)

select array_position(array[1,2], 1, null)

select array_to_string(array[1,null,3], ','), array_to_string(array[1,null,3], ',', '*'), array_to_string(array['a','b'], ''), array_to_string('{}'::int[], ','), array_to_string(array[true,false], ','), array_to_string(array[now()] , ',') is not null

select string_to_array('a,b,c', ','), string_to_array('a,b,c', null), string_to_array('a,b', ''), string_to_array('', ','), string_to_array(null, ','), string_to_array('a,,b', ',', ''), string_to_array('xx~~yy~~zz', '~~', 'yy')

select array_fill(7, array[3]), array_fill('a'::text, array[2]), array_fill(null::int, array[2]), array_fill(7, '{}')

select array_fill(7, array[null::int])

select array_fill(7, null)

-- refused
select array_fill(7, array[2,2])

select trim_array(array[1,2,3], 2), trim_array(array[1], 0)

select trim_array(array[1], 2)

select array_agg(i) from (values (1), (2), (null)) x(i)

select array_agg(i order by i desc) from (values (1), (2), (null)) x(i)

select array_agg(distinct i) from (values (2), (1), (2), (null)) x(i)

select array_agg(distinct i order by i desc) from (values (2), (1), (2), (null)) x(i)

select array_agg(i) filter (where i > 1) from (values (1), (2)) x(i)

select array_agg(i) from (values (1)) x(i) where false

select array_agg(x order by x) from (values ('b'), ('a'), (null)) v(x)

select array_agg(b order by id), array_agg(d[1] order by id), array_agg(f[1] order by id), array_agg(j[1] order by id), array_agg(n[1] order by id) from (select id, b[1] as b, d, f, j, n from a) q

select array_agg('x')

-- refused
select array_agg(i) from a

select id, array(select x.id from a x where x.id < a.id order by x.id desc) from a

select array(select 1 where false), array(select t from (values ('b'), ('a')) v(t) order by t)

select array(select id, id from a)

-- refused
select array(select i from a)

select i, count(*) from a group by i

select distinct t[1:1] from a

select min(i), max(i), min(t), max(n) from a

select count(distinct i), count(i) from a

select u.x from unnest(array[3,1,null,2]) as u(x)

select unnest(array['a','b'])

select a.id, x from a, unnest(a.i) as x

select a.id, x.e, x.o from a left join lateral unnest(a.t) with ordinality as x(e, o) on true

select * from unnest(array[1,2,3], array['a','b']) as x(n, t)

select array_agg(x order by x desc) from unnest('{3,1,2}'::int[]) x

select id from a where exists (select 1 from unnest(i) x where x > 2)

select i::text, t::text, b::text, d::text, y::text from a

select '{1,2}'::text::integer[], ('{' || '1' || '}')::integer[]

select i::text[], i::bigint[], i::numeric[], i::double precision[] from a

select t::integer[] from a where id = 1

select n::integer[], b::text[], d::date[], f::text[] from a

select coalesce(i, '{}'), case when id = 1 then i else array[id] end, nullif(i, '{}'), greatest(i, '{2}') from a

select i is null, t is not null from a

select id from a where i in ('{1,2,3}', '{}')

-- args: ["{1,2,3}", "{a,b}"]
insert into a (id, i, t) values (10, $1, $2) returning i, t

-- refused
-- args: ["{1,{2}"]
insert into a (id, i) values (10, $1)

insert into a (id, i) values (11, array[1,2.6]) returning i

insert into a (id, i) values (11, array['1','2'])

insert into a (id, v) values (12, '{abcd}')

insert into a (id, v) values (12, array['abcd'])

insert into a (id, n) values (13, array[1.005, 2]) returning n

insert into a (id, k) values (13, array['2020-01-01'::timestamptz]) returning k

insert into a (id, i) select 14, array_agg(id) from a returning i

update a set i = i || 4 where id = 1 returning i

update a set i[2] = 9 where id = 1 returning i

update a set i[5] = 9 where id in (1, 4) returning i

update a set i[1] = 7 returning i

update a set i[3] = 7 where id = 2

update a set i[null] = 7

update a set i[1] = 'x'

update a set t[1] = 5

update a set t[1] = 'q' where id = 1 returning t

insert into w values (6, '{a,b}')

insert into w values (6, '{b,a}') returning tags

select id from w where tags = '{b}'

select id from w where tags @> '{a}'

select id from w where tags && array['c','b']

select id from w where tags <@ '{a,b,c,d}'

select i.id from a i, w where w.id = any(i.i)

create table g (x integer[] check (cardinality(x) > 1), y text[] default array['a','b'], z integer[3], q int array)

-- refused
select pg_typeof(1)

select i.id from a i where (i.i)[1] = 1

select a.i[1] from a

select 1[1]

select i['a'] from a

select i['1'] from a

select i[1][1] from a

select upper(t) from a

select to_json(i), to_jsonb(t), json_agg(b) from a group by i, t

select json_build_object('a', array[1,2]), row_to_json(r) from (select array['x','y"z'] as k) r

select concat(array[1,2], 'x'), format('%s', array['a b']), length(array['a']::text)

select array[1,2]::text || 'x'

create table c1 (id integer, s varchar(10) check ((s)::text = any ((array['a'::character varying, 'b'::character varying])::text[])), t text check (t = any (array['x'::text, 'y'::text])), u text check (t ~~ any (array['x%'::text, 'y%'::text])), n integer check (n <> all ('{1,2}'::integer[])));
insert into c1 values (1, 'a', 'x', 'y', 3), (2, null, null, null, null) returning id, s, t, u, n

create table c2 (s varchar(10) check ((s)::text = any ((array['a'::character varying, 'b'::character varying])::text[])));
insert into c2 values ('c')

create table c3 (a integer[] check (cardinality(a) > 0 and a[1] > 0), b integer generated always as (a[1] + 1) stored, c integer[] default array[1, 2] check (c @> array[1]));
insert into c3 (a) values ('{5,6}') returning a, b, c

create table c4 (a integer[] check (1 = any(a)))

create table c5 (a integer[] check (a @> '{1}'));
insert into c5 values ('{2}')

create table c6 (a integer[]);
insert into c6 values ('{1,2}'), ('{}'), (null);
alter table c6 alter column a type text[];
alter table c6 add b integer[] default '{7}';
select * from c6

create table c7 (a integer[] primary key);
insert into c7 values ('{1,2}'), ('{1}');
insert into c7 values ('{1,2}')

select 'a' like any (array['b', 'a%']), 'a' like all (array['b', 'a%']), 1 < any (array[null, 2]), 1 < all (array[null, 2]), 1 < all (array[null, 0]), 1 < any ('{}'), 1 < all ('{}'), 1 = any (array[]::integer[]), null = any (array[1])

select id from a where id > any (array[2, 3]) order by id

select id from a where id = any ((array[1, 2])::bigint[])
