-- setup
create table far (id integer primary key, d date unique, ts timestamp, tz timestamptz);
create index far_ts on far (ts);
create index far_tz on far (tz desc);
insert into far values (1, '0044-03-15 BC', '0044-03-15 10:00:00.5 BC', '0044-03-15 10:00:00+00 BC'), (2, '4713-01-01 BC', '4713-01-01 BC', '4713-01-02 00:00+02 BC'), (3, '0001-01-01', '0001-01-01', '0001-01-01 00:00+00'), (4, '9999-12-31', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999+00'), (5, '10000-01-01', '10000-01-01', '9999-12-31 23:59:59-01'), (6, '294276-12-31', '294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999+00'), (7, '5874897-12-31', 'infinity', 'infinity'), (8, 'infinity', '-infinity', '-infinity'), (9, '-infinity', null, null), (10, null, '2026-01-02 03:04:05', '2026-01-02 03:04:05+00'), (11, '2026-01-02', '99999-01-01', '100000-01-01 00:00+00'), (12, '0001-12-31 BC', '0001-12-31 23:59:59 BC', '0001-12-31 23:59:59+00 BC');

select * from far

-- ordered
select id, d from far order by d

-- ordered
select id, ts from far order by ts desc nulls last

-- ordered
select id, tz from far order by tz, id

select id from far where d < '0001-01-01'

select id from far where ts > '9999-12-31 23:59:59' order by ts

select id from far where tz between '5000-01-01 BC' and '0010-01-01'

select id from far where tz between '0045-01-01 BC' and '20000-01-01'

select id from far where d = '0044-03-15 BC' or d = '10000-01-01' or ts = '99999-01-01'

select min(d), max(d), min(ts), max(ts), min(tz), max(tz) from far where id not in (7, 8, 9)

select d::text, ts::text, tz::text, (d + 1)::text, (ts + interval '1 day')::text from far where id not in (6, 7)

select to_json(d), to_json(ts), to_json(tz), to_jsonb(ts), row_to_json(far) from far

select json_agg(far order by id) from far

select json_build_object('d', d, 'ts', coalesce(ts, tz::timestamp)) from far

select ts::date, tz::date, ts::time, tz::time, tz::timetz, ts::timestamptz, tz::timestamp from far

select d::timestamp, d::timestamptz from far where id <> 7

select d::timestamp from far where id = 7

select d::timestamptz from far where id = 7

select id from far where d > ts

select id from far where d <= tz

select id, extract(year from d), extract(century from ts), extract(epoch from tz), extract(julian from d), extract(dow from ts), extract(isoyear from tz), date_part('epoch', ts) from far

select to_char(ts, 'YYYY BC, Month DD, J'), to_char(tz, 'Y,YYY AD IYYY-IW'), to_char(ts, 'CC') from far

select d + 10, d - 10, ts - interval '1 year', tz + interval '1 month' from far where id in (1, 3, 4, 5, 12)

select d - date '2000-01-01', ts - timestamp '2000-01-01', age(ts, '2000-01-01'::timestamp) from far where id in (1, 2, 3, 4, 5, 6, 11, 12)

select date_trunc('century', ts), date_trunc('millennium', tz), date_trunc('week', ts) from far where id in (1, 3, 4, 5, 12)

select timestamp '294276-12-31 23:59:59.999999' + interval '1 microsecond'

select timestamp '4713-11-24 BC' - interval '2 years'

select date '5874897-12-31' + 1

select date '4714-11-24 BC' - 1

select '294277-01-01'::timestamp

select '4715-01-01 BC'::timestamptz

select '5874898-01-01'::date

select to_timestamp('10:30', 'HH24:MI'), to_date('44-03-15 BC', 'YYYY-MM-DD BC'), to_date('12', 'MM')

select make_date(-44, 3, 15), make_timestamp(10000, 1, 1, 0, 0, 0), make_date(5874897, 12, 31)

select to_timestamp(1e12), to_timestamp(-1e11)

insert into far (id, d) values (20, '0044-03-15 BC')

update far set d = d + 1, ts = ts - interval '1 day' where id in (1, 5, 12) returning id, d, ts

select d, count(*) from far group by d having d < '0001-01-01' or d > '9999-12-31' order by d

select distinct ts::date from far where ts < '0002-01-01' order by 1

select greatest(d, '10000-06-01'), least(ts, '0044-01-01 BC') from far order by id
