-- setup
create table f (id integer primary key, d double precision, r real, n numeric, p numeric(10,2), g numeric(5,-2));
insert into f values (1, 1.5, 1.1, 1.50, 1.005, 12345), (2, 'NaN', 'NaN', 'NaN', 'NaN', 'NaN'), (3, '-0', '-0', -0.0, -0.004, 49), (4, 'Infinity', '-Infinity', 'Infinity', null, 50), (5, 1e300, 1e30, 1e30, 99999999.99, -149), (6, null, null, null, null, null);

select * from f order by id

select id, d from f order by d, id

select id, r from f order by r desc, id

select id from f where d = 'NaN'

select id from f where d > 'Infinity'

select id from f where d = 0

select id, n from f order by n, id

select d, count(*) from f group by d order by d

select count(distinct d), min(d), max(d), sum(d) from f where id <> 2 and id <> 4

select min(d), max(d), sum(d), avg(d) from f

select to_json(d), to_json(r), to_json(n) from f order by id

select row_to_json(f) from f order by id

select d::text, r::text, n::text from f order by id

select d::int from f where id = 2

select d::numeric from f where id in (2, 4) order by id

select n::int from f where id = 2

select n::bigint from f where id = 4

select r::double precision from f where id = 1

select d::real from f where id = 5

select 1e10::int, 1

select 32768::smallint

select (-32768)::smallint, 32767.4::smallint

select 32767.5::smallint

select 2147483648::int

select 9223372036854775808::bigint

select 'NaN'::float8 = 'NaN'::float8, 'NaN'::float8 > 1, 'NaN'::float8 + 1, -'NaN'::float8

select '-0'::float8, -('0'::float8), '-0'::float8 = 0, 1/'-Infinity'::float8

select '1e400'::float8

select '1e-400'::float8

select '1e39'::real

select 'abc'::float8

select ''::numeric

select 1/0, 1

select 1/0.0

select 1.0/0::float8

select 5 % 0

select 5.5 % 2, -7 % 3, 7 % -3, mod(10, 3), mod(-10.5, 3)

select div(7, 2), div(-7.5, 2), 7 / 2, -7 / 2, 7.0 / 2

select 2 ^ 10, 2.0 ^ 0.5, 2 ^ -1, 0 ^ 0, 10.0 ^ 3, (-2.0) ^ 3

select 0.0 ^ -1

select (-8.0) ^ 0.5

select power(2, 0.5), power(2::numeric, 3), pow(9, 0.5)

select sqrt(2), sqrt(2.0), sqrt(16::numeric), |/ 25.0

select sqrt(-1)

select exp(1), exp(1.0), ln(2), ln(2.0), log(100), log(100.0), log(2.0, 64.0), log10(1000.0)

select ln(0)

select ln(-1.0)

select log(0.0)

select abs(-5), abs(-5.5), @ -3, @ (-3.5)

select ceil(1.2), ceiling(-1.2), floor(1.8), floor(-1.8), ceil(1.2::float8)

select round(2.5), round(-2.5), round(2.5::float8), round(3.5::float8), round(1.2345, 2), round(1234.5, -2), round(-0.5::numeric)

select trunc(1.99), trunc(-1.99), trunc(1.2345, 2), trunc(1234.5, -2)

select sign(-5), sign(0.0), sign(3.3::float8)

select gcd(12, 18), lcm(4, 6), gcd(0, 0), gcd(1.5, 2.25), lcm(1.5, 2.25)

select factorial(5), factorial(20), factorial(25)

select factorial(-1)

select scale(1.500), min_scale(1.500), trim_scale(1.500), scale(1e10)

select width_bucket(5.35, 0.024, 10.06, 5), width_bucket(5, 0, 10, 4), width_bucket(-1, 0, 10, 4), width_bucket(5.35::float8, 0.024, 10.06, 5)

select width_bucket(1.0, 0, 10, 0)

select degrees(pi()), radians(180), pi()

select sin(0), cos(0), tan(0), atan(1), atan2(1, 1), asin(1), acos(1), cot(1)

select sind(30), cosd(60), tand(45), cotd(45), asind(0.5), acosd(0.5), atand(1), atan2d(1, 1)

select sinh(0), cosh(0), tanh(0), asinh(0), acosh(1), atanh(0)

select asin(2)

select acosh(0.5)

select random() >= 0 and random() < 1, random() is not null

select 6 & 3, 6 | 3, 6 # 3, ~ 6, 1 << 4, 256 >> 4, 1::bigint << 40

select 2147483647 + 1

select 9223372036854775807 + 1

select -(-2147483648)

select abs((-32768)::smallint)

-- refused
select 1::smallint + 1, pg_typeof(1::smallint + 1::smallint), pg_typeof(1 + 1::bigint), pg_typeof(1 + 1.0), pg_typeof(1 + 1::real)

select 0.1 + 0.2, 0.1::float8 + 0.2::float8, 0.1::real + 0.2::real, 0.1::real + 0.2::float8

select 1.10 * 2.00, 1.1 - 1.10, 10 / 3.0, 1e20 / 3, 2.0 / 3

select 123456789012345678901234567890.123456789 * 987654321098765432109876543210.987654321

select 12345.678::numeric(7,2), 12345.678::numeric(5), 12345::numeric(3,-2)

select 123456.7::numeric(5,2)

select 'Infinity'::numeric(5,2)

select 'NaN'::numeric(5,2)

select 1::numeric(0)

select 1::numeric(5,1001)

select '  12.5  '::numeric, '1e3'::numeric, '.5'::numeric, '-1.5e-3'::numeric

select greatest(1, 2.5, 2::float8), least(1, null, 0.5), greatest('NaN'::float8, 1)

select 1 = 1.0, 1.0 = 1::float8, 0.1::real = 0.1, 0.1::real = 0.1::float8, 1.50 = 1.5

select 5 between 1 and 10, 5 in (1, 5.0), 5 not in (1, 2)

select 1 + null, null * 1.5, null::int is null

select '12'::int + 1, '1.5' + 1.5, 1 + '2'

select 1 + 'a'

-- refused
select 1.5::money

-- refused
select b'101'

-- refused
select 5::oid, '5'::oid

-- refused
select cbrt(27)

-- refused
select ||/ 27.0

-- refused
select setseed(0.5)

select sum(x) from (values (1.1), (2.2), (3.30)) v(x)

select avg(x), variance(x), stddev(x) from (values (1), (2), (4)) v(x)

select avg(x) from (values (1::real), (2), (4)) v(x)

select sum(x), avg(x) from (values (9223372036854775807), (1)) v(x)

select 10::numeric / 3, 10::numeric(10,4) / 3, (10.0000 / 3.000)::numeric(10,2)

select exp(1000.0)

select exp(1000::float8)

select exp(-1000::float8)

select 1e300::float8 * 1e300

select 1e-300::float8 * 1e-300

select to_hex(255), to_hex(-1), to_hex(255::bigint)

insert into f (id, d) values (7, 1e400)

insert into f (id, p) values (7, 123456789.01)

insert into f (id, g) values (7, 12345678)

insert into f (id, r) values (7, 1e39)

insert into f (id, d, r, n) values (7, 0.1, 0.1, 0.1) returning d, r, n, d = r, d = n

update f set d = -d, r = -r, n = -n where id < 5 returning id, d, r, n

select id from f where p = 1.01

select id from f where n = 1.5 or n = -1.5

select array[1.5::float8, 'NaN', '-0', null], array['NaN'::real, 1.1], (array['NaN'::float8, 2])[1] = 'NaN'

select array_agg(d order by id), array_agg(r order by id) from f where id < 5

select x, x = 'NaN' from unnest(array['NaN'::float8, '-0', 1.5, 'Infinity']) x order by x

select d = any(array['NaN'::float8, 1.5]) from f where id < 4 order by id

select id from f where d in ('NaN', 1.5) order by id

select a.id, b.id from f a join f b on a.d = b.d where a.id < 4 order by 1, 2

select distinct d from f where id in (2, 4, 6) order by d desc

select coalesce(d, 0), nullif(d, 'NaN'), greatest(d, 1), least(d, 1), case when d > 1 then 'big' else 'small' end from f order by id

select json_agg(distinct n) from f where id < 3 or id = 5

select * from json_to_recordset('[{"a": "NaN", "b": 1.5}, {"a": -0.0, "b": "Infinity"}]') as x(a float8, b real)

create table g (k double precision primary key, v real not null default 'NaN', w double precision generated always as (k * 2) stored, check (k > -10))

insert into g (k) values ('NaN'), (1), (0) returning *

insert into g (k) values ('NaN')

insert into g (k) values ('-0')

insert into g (k) values (-11)

update g set k = k + 1 where k <> 'NaN' returning k, w

create index on g (v)

alter table g add column x double precision default 'NaN'

alter table g alter column v type double precision

select * from g order by k desc

alter table g alter column v type numeric

select v from g where v = 'NaN' order by k

delete from g where k = 'NaN' returning k

select 'Infinity'::float8 - 'Infinity'::float8, 'Infinity'::float8 * 0, 'Infinity'::float8 / 'Infinity'::float8

select sum(d), avg(d), min(d), max(d), stddev(d), count(d) from f where id <> 5

select corr(d, r), regr_slope(d, r) from f where id in (1, 5)

select d::int from f where id = 3

select 'NaN'::float8::real, 'NaN'::real::numeric, 'NaN'::numeric::float8, '-0'::real::float8, '-0'::float8::numeric, '-0'::float8::int

select to_jsonb('NaN'::float8), to_jsonb('-0'::float8), to_jsonb(1.50), to_jsonb(1e3::float8), jsonb_build_object('a', 'NaN'::numeric)

select ('{"a": 1.5}'::jsonb -> 'a')::float8, ('1e400'::jsonb)::float8

select interval '1 day' * 'NaN'::float8

select make_interval(secs => 'NaN')

select to_timestamp('NaN'::float8)

select to_char('NaN'::float8, '999.9'), to_char('-0'::float8, '999.9')

-- tx: rollback
create table scales (n numeric, i interval); insert into scales values (1.0, '1 mon'), (1.00, '30 days'), (2, null); select n::text from scales where n::text = '1.00'; select distinct n::text from scales order by 1; select n::text, count(*) from scales group by n::text order by 1; select i::text from scales where i::text = '30 days'; select n from scales where n::varchar = '1.0'; select count(*) from scales a join scales b on a.n::text = b.n::text; select max(n::text), min(i::text) from scales; select t from (select n::text as t from scales) x where t = '1.00'; select n::text in ('1.00', '3') from scales order by n, n::text
