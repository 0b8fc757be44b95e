-- setup
create table zz (id integer primary key);

select bit_count('a')

-- refused
select get_bit('01', 1)

-- refused
select set_bit('01', 1, 0)

select trunc('1.5')

select age('2020-01-01') is null

select bit_and('1')

select sum('1')

-- refused
select width_bucket('5', '{1,2}')

select unnest('{1,2}')

select max('a'), min('b')

select round('1.5')

select abs('1')

select length('a')

select overlay('a','b',1)

select int4('5'), int8('5'), numeric('5')

select substring('abc', 2)

select like_escape('a','b')

select get_byte('a',0), set_byte('a',0,1)

select 'a' @> 'b'

select '{1}' || '{2}'

select '{"a":1}' ? 'a'

select '{1,2}' <@ '{1,2,3}'

select '{1,2}' && '{1,2,3}'

