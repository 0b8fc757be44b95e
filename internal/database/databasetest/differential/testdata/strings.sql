-- setup
create table t (id integer primary key, v text, c char(5), vc varchar(4), b bytea, u uuid, n name);
insert into t values (1, 'hello world', 'ab', 'abcd', '\x0001ff', '00000000-0000-0000-0000-000000000001', 'x'), (2, '', '', '', '', null, ''), (3, null, null, null, null, null, null), (4, 'ÄÖü', 'ä', 'äöü', '\xdeadbeef', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'Ä'), (5, 'a1b22c333', 'abcde', 'b', 'abc', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'abc');

select regexp_replace(v, '[aeiou]', '*', 'g') from t order by id

select regexp_replace('foobarbaz', 'b(..)', 'X\1Y', 'g'), regexp_replace('foobarbaz', 'b..', 'X'), regexp_replace('foobarbaz', 'B..', 'X', 'i')

select regexp_replace('A PostgreSQL function', 'a|e|i|o|u', 'X', 1, 0, 'i'), regexp_replace('A PostgreSQL function', 'a|e|i|o|u', 'X', 1, 3, 'i')

select regexp_replace('a.b', '.', 'X', '1')

select regexp_replace('a.b', '(', 'X')

select id, regexp_replace(v, '(\d+)', '<\1>', 'g') from t where v ~ '\d' order by id

select regexp_count('ABCABCAXYaxy', 'A.'), regexp_count('ABCABCAXYaxy', 'A.', 1, 'i'), regexp_count('x', 'x', 0)

-- refused
select regexp_instr('number of your street, town zip, FR', '[^,]+', 1, 2), regexp_instr(string=>'ABCDEFGHI', pattern=>'(c..)(...)', start=>1, "N"=>1, endoption=>0, flags=>'i', subexpr=>2)

select regexp_instr('ABCDEFGHI', '(c..)(...)', 1, 1, 0, 'i', 2)

select regexp_substr('number of your street, town zip, FR', '[^,]+', 1, 2), regexp_substr('ABCDEFGHI', '(c..)(...)', 1, 1, 'i', 2), regexp_substr('x', 'y')

select regexp_like('Hello World', 'world$', 'i'), regexp_like('a', 'b')

select regexp_like('a', 'b', 'g')

select * from regexp_split_to_table('hello world foo', '\s+') as w

select w.part, length(w.part) from regexp_split_to_table('the quick brown fox', '\s+') as w(part) order by 2 desc, 1

select t.id, p from t, regexp_split_to_table(t.v, '\d+') p where id in (1, 5) order by 1, 2

select substring('foobar' from 'o(.)b'), substring('foobar' from 'o.b'), substring('foobar', 'z'), substring('foobar' similar '%#"o_b#"%' escape '#')

select substring('foobar' from '%#"o_b#"%' for '#'), substring('foobar' from '#"o_b#"%' for '#')

select 'abc' similar to 'abc', 'abc' similar to 'a', 'abc' similar to '%(b|d)%', 'abc' similar to '(b|c)%', 'abc' not similar to 'a%'

select 'a%c' similar to 'a!%c' escape '!', 'abc' similar to 'a!%c' escape '!', 'abc' similar to null

select 'abc' similar to 'a_c' escape 'xy'

select id from t where v similar to '%[0-9]{2}%' order by id

select 'foobar' ~ '(?=foo)f', 'foobar' ~ '(?<!o)b', 'abab' ~ '^(ab)\1$', 'abac' ~ '^(ab)\1$', E'a\nb' ~ '(?n)^b$', 'ABC' ~ '(?i)abc'

select 'a' ~ '*a'

select 'a' ~ 'a**'

select 'a' ~ '[a'

select 'a' ~ 'a{2,1}'

select 'x' ~ '[[:nope:]]'

select 'ab' ~ '\ma', 'ab' ~ 'b\M', 'a b' ~ 'a\y', 'é' ~ '[[:lower:]]', 'É' ~ '[[:upper:]]', '!' ~ '[[:punct:]]', 'é' ~* 'É'

-- refused
select substring('abcdef' from 2), substring('abcdef' from 2 for 3), substring('abcdef' for 2), substring('abcdef' from -1 for 4), substring('abcdef' for 3 from 2)

select substring('abcdef' from 2 for -1)

select overlay('Txxxxas' placing 'hom' from 2 for 4), overlay('abcdef' placing 'ZZ' from 3), overlay('abcdef' placing '' from 3 for 2), overlay('abcdef' placing 'q' from 9)

select overlay('abc' placing 'x' from 0)

select position('b' in 'abc'), position('' in 'abc'), position('z' in 'abc'), strpos('häh', 'h'), position('\x02'::bytea in '\x010203'::bytea)

select trim(both 'xyz' from 'yxTomxx'), trim(leading from '  a '), trim(trailing 'x' from 'axx'), trim('  a  '), trim(both from ' b '), btrim('xxaxx', 'x'), ltrim('zzzytest', 'xyz'), rtrim('testxxzx', 'xyz')

select trim(both '\x00'::bytea from '\x0001020000'::bytea), ltrim('\x0102'::bytea, '\x01'::bytea), rtrim('\x0102'::bytea, '\x02'::bytea)

select normalize(U&'\0061\0308bc', NFC), normalize('äb', NFD), length(normalize('ä', nfd)), normalize('ﬁ', NFKC), normalize('Å')

select U&'\0061\0308bc' is nfd normalized, U&'\0061\0308bc' is normalized, 'abc' is not normalized, 'ä' is not nfkd normalized, null is nfc normalized

select unistr('d\0061t\+000061'), unistr('d\u0061t\U00000061'), unistr('\\'), unistr('')

select unistr('\d800')

select unistr('\xyz')

select quote_literal('O''Reilly'), quote_literal('a\b'), quote_literal(42.5), quote_nullable(null), quote_nullable(1), quote_ident('Foo bar'), quote_ident('select'), quote_ident('abc')

select format('Hello %s, %1$s', 'World'), format('%I.%L', 'My Table', 'it''s'), format('|%10s|%-10s|', 'foo', 'bar'), format('%%'), format('|%*s|', 5, 'x'), format('|%2$s|%1$s|', 'a', 'b')

select format('%s %s', 'a')

select format('%d', 1)

select format('%I', null)

select concat('a', 1, null, true, 2.5), concat_ws(',', 'a', null, 'b', 3), concat_ws(null, 'a'), concat(null)

select left('abcde', 2), left('abcde', -2), right('abcde', 2), right('abcde', -2), left('', 1)

select starts_with('alphabet', 'alph'), 'alphabet' ^@ 'alph', 'alphabet' ^@ 'x'

select md5('abc'), md5('\x616263'::bytea), sha256('abc'), sha224(''), encode(sha384('abc'), 'hex'), encode(sha512('abc'), 'base64')

select encode('\x0001ff', 'hex'), encode('\x0001ff', 'base64'), encode('\x0001ff5c61', 'escape'), decode('AAH/', 'base64'), decode('00ff', 'hex'), decode('a\000\\', 'escape')

select decode('0', 'hex')

select decode('!!', 'base64')

select encode('a', 'nope')

select to_hex(255), to_hex(-1), to_hex(9223372036854775807), chr(65), ascii('A'), ascii(''), chr(128512)

select chr(0)

select initcap('hi THOMAS o''neil'), reverse('añb'), repeat('ab', 3), lpad('hi', 5, 'xy'), rpad('hi', 5), translate('12345', '143', 'ax'), replace('abcabc', 'b', ''), split_part('abc~@~def~@~ghi', '~@~', -1)

select repeat('x', 2000000000)

select b, length(b), octet_length(b), bit_length(b), bit_count(b), get_byte(b, 0), get_bit(b, 9) from t where length(b) > 1 order by id

select get_byte('\x00'::bytea, 1)

select set_byte('\x0000'::bytea, 1, 255), set_bit('\x00'::bytea, 3, 1), substring('\x010203'::bytea from 2), substring('\x010203'::bytea from 2 for 1), overlay('\x010203'::bytea placing '\xff'::bytea from 2), '\x01'::bytea || '\x02'::bytea

select convert_from('\xc3a4', 'UTF8'), convert_to('ä', 'UTF8'), convert_from('\xe4', 'LATIN1'), convert_to('ä', 'latin1'), convert('\xe4', 'LATIN1', 'UTF8'), length('\xc3a4'::bytea, 'utf8')

select convert_from('\xff', 'UTF8')

select convert_to('日', 'LATIN1')

select '\x00'::bytea < '\x01'::bytea, '\x'::bytea = '', 'a'::bytea between '\x00' and '\xff', min(v), max(c), min(c), max(vc) from t

select string_agg(v, ', ' order by id), string_agg(v, ', ' order by v desc), string_agg(distinct vc, '-' order by vc desc) from t

select string_agg(b, '\x00' order by id), string_agg(distinct c, ',') from t

select c, length(c), octet_length(c), c || '|', c::text || '|', '[' || c || ']', concat('[', c, ']'), upper(c), c = 'ab', c like 'ab%', c like 'ab', c ~ 'b$' from t order by id

select c from t where c = 'ab   ' or c = 'ä' order by c

select 'a '::char(3) = 'a'::char(1), 'a '::char(3) = 'a'::text, 'a '::char(3) = 'a '::text, 'a '::text = 'a'::char(3), 'a '::varchar(3) = 'a'::char(3), 'a'::char(3) < 'a '::text, length('a'::char(9)), 'abc'::char(2), 'abc'::char, cast('a' as char(3)) || 'b'

select char 'abc', bpchar 'abc  ' || '|', cast('abc  ' as bpchar) = 'abc', 'abc  '::bpchar::text || '|'

insert into t (id, c) values (10, 'toolong')

insert into t (id, vc) values (10, 'toolong')

insert into t (id, c, vc) values (10, 'ab        ', 'abcd      ') returning c, vc, length(vc)

select 'abcdef'::varchar(3), 'abcdef'::varchar, cast('abc' as varchar(2)), 'x'::varchar(0)

select distinct c from t order by c

select count(*) from t a join t b on a.c = b.c

select 'a'::"char", 'abc'::"char", ''::"char", 'a'::"char" < 'b'::"char", 65::"char", 'a'::"char"::int

select 'abc' ~<~ 'abd', 'b' ~>~ 'a', 'a' ~<=~ 'a', 'a' ~>=~ 'b'

select v from t where v ilike 'ä%' or v ilike '%WORLD' order by id

select 'ab' like 'a!_' escape '!', 'a_' like 'a!_' escape '!', 'a_' not like 'a!_' escape '!', 'A' ilike 'a', 'a' like 'a' escape ''

select u, u > '00000000-0000-0000-0000-000000000002', u = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11' from t order by u

select '{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}'::uuid, 'A0EEBC999C0B4EF8BB6D6BB9BD380A11'::uuid, length(gen_random_uuid()::text)

select 'a0eebc99-9c0b'::uuid

select length(v) + length(c), char_length(v), character_length(c), octet_length('äb'), bit_length('äb') from t order by id

select lower('ÀÉ'), upper('àéß'), lower(c) || '|', upper(vc) from t where id in (1, 4) order by id

select 'a' || 1 || true || 2.5 || null, 'a' || 'b'::char(3) || 'c', 1 || 'x', '\x01'::bytea || '\x02'

select max('a' || v), min(upper(v)), count(distinct lower(v)) from t

select parse_ident('"SomeSchema".someTable')

select string_to_array('a,b,c', ','), regexp_split_to_array('a1b2c', '\d'), regexp_match('foobarbequebaz', '(bar)(beque)'), regexp_match('abc', 'x'), regexp_match('abc', 'b')

select regexp_matches('foobarbequebazilbarfbonk', '(b[^b]+)(b[^b]+)', 'g')

select m[1], m[2] from regexp_matches('foobarbequebazilbarfbonk', '(b[^b]+)(b[^b]+)', 'g') as r(m)

select regexp_match('abc', 'b', 'g')

select (regexp_match('key=value', '(\w+)=(\w+)'))[2]

select id, (regexp_match(v, '(\d)(\d)?'))[1] from t order by id

select array_length(regexp_split_to_array('the quick  brown', '\s+'), 1)

-- refused
select 'x' collate "C" < 'y', 'a' < 'B' collate "C"

-- refused
select concat(variadic array['a', 'b']), format('%s-%s', variadic array['a', 'b']), concat_ws(',', variadic array[1, 2, 3])

-- refused
select pg_typeof(substr('abc', 2)), pg_typeof('a'::char(3)), pg_typeof('a' || 'b'), pg_typeof(left('a', 1)), pg_typeof(c), pg_typeof(vc), pg_typeof(n) from t where id = 1

select text 'a', varchar 'b', name 'c', character varying(2) 'abc', national character varying(3) 'abcd', bytea '\x01'

select 'it''s', E'a\tb\\n\x41\u00e4', $$dollar 'quoted'$$, $x$a$$b$x$, U&'d!0061t!+000061' uescape '!'

select n, length(n), n || 'x', n = 'x', n like 'a%', upper(n) from t order by id

select repeat('0123456789', 8)::name, length(repeat('ä', 40)::name)

select bool_and(v is not null), bool_or(v = ''), every(id > 0) from t

select 'yes'::boolean, 'of'::bool, 'T'::bool, ' true '::bool, '1'::bool, true::text, false::varchar, 1::bool, true::int, true > false, true and null, null or true, not null::bool

select 'o'::bool

select 'maybe'::bool

select true + 1

select 2::boolean, 0::boolean, cast('on' as boolean) is true, null::boolean is unknown, (null::boolean) is not false

-- args: ["abcdef"]
select $1::varchar(3), $1 || 'x'

-- args: ["abcdef"]
select $1::char(3) || '|'

-- args: ["abcdef"]
insert into t (id, vc) values (11, $1)

insert into t (id, vc) values (11, 'abcdef'::varchar(2)) returning vc
