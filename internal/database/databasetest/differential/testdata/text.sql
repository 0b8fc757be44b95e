-- setup
create table s (id integer primary key, v text);
insert into s values (1, 'Ä'), (2, 'ä'), (3, 'straße'), (4, ''), (5, null), (6, 'a%b_c\d'), (7, 'ABC'), (8, 'abc'), (9, ' pad '), (10, 'İ'), (11, '10'), (12, '9'), (13, 'ÀÉ');

select id, lower(v) from s

select id, upper(v) from s

select lower('Ä'), upper('ß'), lower('İ'), upper('ı'), lower('ΑΣ')

select id, length(v) from s

select length('äöü'), length(''), length('👍')

select id from s where v = ''

select id from s where v is null

select id from s where v like 'a%'

select id from s where v like 'A%'

select id from s where v ilike 'a%'

select id from s where v ilike 'Ä'

select id from s where v ilike 'àé'

select id from s where v like '%\%%'

select id from s where v like '%\_%'

select id from s where v like '%\\%'

select id from s where v like 'a!%b!_c%' escape '!'

select id from s where v like '%a' escape ''

select 'a' like 'a\'

select 'a\' like 'a\\'

select id from s where v like '_'

select id from s where v like '%'

select id from s where v not like '%a%'

select id from s where v not ilike '%A%'

select 'abc' like null, null like 'a', 'a' like 'a' escape null

select 'a' like 'a' escape 'xx'

-- args: ["%b%"]
select id from s where v like $1

-- ordered
select v from s order by v

-- ordered
select v from s order by v desc nulls last

-- ordered
select id from s where v < 'b' order by v

select 'a' || 'b', 'a' || null, 'a' || '', '' || ''

select id, v || '!' from s where id < 5

select 'a' || 1

select 1 || 'a'

select 'a' = 'A', 'a' = 'a ', 'a' < 'B', '' < 'a', 'ä' > 'z'

select 'it''s', E'a\nb', 'tab	x'

select $$dollar 'quoted'$$

select substring('hello', 2, 3), substring('hello', 0, 3), substring('héllo', 2)

select position('l' in 'hello'), position('x' in 'hello')

select trim('  x '), ltrim('xxa', 'x'), rtrim('axx', 'x'), btrim(' a ')

select replace('aXbX', 'X', 'yy'), replace('abc', '', 'x')

select coalesce(v, 'none') from s where id in (4, 5)

select concat('a', null, 'b', 1, true)

select left('hello', 2), left('hello', -2), right('hello', 2), right('héllo', -4)

select starts_with('hello', 'he'), starts_with('hello', '')

select split_part('a,b,c', ',', 2), split_part('a,b,c', ',', 9), split_part('a,b,c', ',', -1)

select split_part('a,b', ',', 0)

select reverse('añb'), repeat('ab', 3), repeat('x', -1)

select lpad('7', 3, '0'), rpad('abc', 2), lpad('abcdef', 3)

select ascii('ä'), chr(228)

select initcap('hello wORLD-foo bar9x')

-- args: ["Ä"]
select id from s where lower(v) = lower($1)

-- args: ["nul\u0000byte"]
select $1::text

select id from s where v > '1' and v < '9z'
