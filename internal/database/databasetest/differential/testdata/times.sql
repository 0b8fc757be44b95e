-- setup
create table e (id integer primary key, at timestamptz);
insert into e values (1, '2026-01-02 03:04:05+00'), (2, '2026-01-02T03:04:05.678901Z'), (3, '2026-01-02 03:04:05.5+05:30'), (4, null), (5, '1999-12-31 23:59:59.999999-08'), (6, 'infinity'), (7, '-infinity');

select id, at from e

-- ordered
select id from e order by at

-- ordered
select id from e order by at desc nulls last

select '2026-01-02'::timestamptz

select '2026-01-02 03:04'::timestamptz, '2026-01-02T03:04:05'::timestamptz, '20260102T030405Z'::timestamptz

select '2026-01-02 03:04:05.1234567+00'::timestamptz, '2026-01-02 03:04:05.9999999+00'::timestamptz

select '2026-01-02 03:04:05.100000+00'::timestamptz, '2026-01-02 03:04:05.000001+00'::timestamptz

select '2026-01-02 24:00:00+00'::timestamptz, '2026-01-02 23:59:60+00'::timestamptz

select '2026-01-02 03:04:05 +0530'::timestamptz, '2026-01-02 03:04:05-03'::timestamptz, '2026-01-02 03:04:05+14:00'::timestamptz

select '2026-01-02 03:04:05 UTC'::timestamptz, '2026-01-02 03:04:05z'::timestamptz

select '2024-02-29'::timestamptz

select '2023-02-29'::timestamptz

select '2026-13-01'::timestamptz

select '2026-01-32'::timestamptz

select '2026-01-02 25:00:00'::timestamptz

select 'rubbish'::timestamptz

select ''::timestamptz

select '2026-01-02 03:04:05+25:00'::timestamptz

select '0001-01-01 00:00:00+00'::timestamptz, '9999-12-31 23:59:59.999999+00'::timestamptz

select 'epoch'::timestamptz

select 'Infinity'::timestamptz, '-INFINITY'::timestamptz

select id from e where at < '2026-01-02 03:04:05.1+00'

select id from e where at = '2026-01-01 21:34:05.5 -00:30'

-- args: ["2026-01-02T03:04:05+00:00"]
select id from e where at >= $1

-- args: ["2026-01-02T04:04:05+01:00"]
select id from e where at = $1

-- args: ["tomorrowish"]
select id from e where at = $1

select at::text from e where id < 4

select id from e where at between '1990-01-01' and '2026-01-02 03:04:05+00'

select now()

-- compared
select now() = now(), now() > '2020-01-01', now() is null

-- compared
select count(*) from e where at < now()

select id from e where at > 5

select at + 1 from e

select 1::timestamptz

insert into e values (8, '2026-02-30')

select max(at), min(at) from e where id < 4
