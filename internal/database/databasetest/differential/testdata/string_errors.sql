-- setup
create table e (id integer primary key, b boolean, c char(2), v varchar(2), y bytea, u uuid, n name, t text);

insert into e (id, c) values (1, 'abc')

insert into e (id, c) values (1, 'ab ')

insert into e (id, v) values (2, 'abc')

insert into e (id, v) values (2, 'ab ')

insert into e (id, v) values (3, 'äöü')

update e set v = 'abc'

update e set c = t || 'long'

insert into e (id, b) values (4, 'ja')

insert into e (id, b) values (4, 2)

insert into e (id, b) values (4, '')

-- args: ["maybe"]
insert into e (id, b) values (4, $1)

insert into e (id, y) values (5, '\xZZ')

insert into e (id, y) values (5, '\x0')

insert into e (id, y) values (5, 'a\1')

insert into e (id, y) values (5, 'text'::text)

insert into e (id, u) values (6, 'not-a-uuid')

insert into e (id, u) values (6, '')

insert into e (id, u) values (6, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1')

insert into e (id, u) values (6, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 ')

insert into e (id, u) values (6, 'g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')

-- args: ["zz"]
select id from e where u = $1

select 'a'::text = 1

select 'a'::text < 'b'::bytea

select true < 1

select true || true

select 'a' + 'b'

select 'a'::text + 1

select upper(1)

select length(1)

select substr('abc', 'x')

select lower(true)

select left('abc')

select nofunction('abc')

select 'abc'::nosuchtype

select 'abc'::varchar(0)

select 'abc'::char(0)

select 'abc'::varchar(10485761)

-- refused
select 'abc'::text(3)

select 'abc'::varchar(1, 2)

create table bad (v varchar(0))

create table bad (c char(10485761))

select substring('abc', 1, -1)

select substr('abc'::bytea, 1, -1)

select lpad('a', 1073741824)

select repeat('abc', 1000000000)

select chr(-1)

select chr(1114112)

select chr(55296)

select split_part('a', ',', 0)

select overlay('abc' placing 'x' from -1)

select get_byte('\x01', 1)

select get_byte('\x01', -1)

select set_byte('\x01', 1, 0)

-- refused
select get_bit('\x01', 8)

-- refused
select set_bit('\x01', 0, 2)

select decode('zz', 'hex')

select decode('a', 'hex')

select decode('a', 'base64')

select decode('a\', 'escape')

select encode('a'::bytea, 'base32')

select format('%s')

select format('%')

select format('%1$')

select format('%0$s', 1)

select format('%x', 1)

select format('%5', 1)

select format('%*1s', 1)

select 'a' like 'a\'

select 'a' like 'a' escape 'xy'

select 'a' similar to 'a' escape 'xy'

select 'a' ~ '('

select 'a' ~ ')'

select 'a' ~ '[b-a]'

select 'a' ~ 'a{1'

select 'a' ~ 'a{256}'

select 'a' ~ '(?z)a'

select 'a' ~ '\1'

select 'a' ~ E'\\'

select regexp_replace('a', 'a', 'b', 'y')

select regexp_replace('a', 'a', 'b', 0)

select regexp_replace('a', 'a', 'b', 1, -1)

select regexp_count('a', 'a', 1, 'g')

select regexp_instr('a', 'a', 1, 1, 2)

select regexp_substr('a', 'a', 1, 1, '', -1)

select regexp_match('a', 'a', 'g')

select * from regexp_split_to_table('a', 'a', 'g')

select normalize('a', 'x')

select unistr('\12')

select convert_from('\xff', 'utf8')

select convert_from('a', 'nope')

select convert_to('€', 'latin1')

select 'a'::"char"::int, 300::"char"

select trim(leading 1 from 'a')

select position(1 in 'a')

select md5(1)

select quote_ident()

select concat_ws()

-- refused
select string_agg(id, ',') from e

-- refused
select string_agg(t) from e

-- refused
select bool_and(t) from e

-- refused
select max(b) from e

-- refused
select min(u) from e

-- refused
select sum(t) from e

-- refused
select 'a' collate "nope"

select id from e where t

select id from e where not t

select b and t from e

select case when t then 1 end from e

select coalesce(t, 1) from e

select coalesce(b, 'maybe') from e

select greatest('a', 1)

select t from e union select b from e

select u = 'x' from e

select u like 'a%' from e

-- refused
select b ~ 'a' from e

select id from e order by b < t

select 'true'::text::boolean, 'x'::text::boolean

select 'x'::text::uuid

select 'x'::varchar::bytea

select '1'::text::"char"::text

select t::boolean from e

select b::text, b::integer, b::bigint from e

select y::text, y::integer from e

select u::bytea from e

select 1::boolean::text, 1.5::boolean
