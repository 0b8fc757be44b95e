-- setup
create table f (id integer primary key, ts timestamp, tz timestamptz, d date, i interval, n numeric, k integer, b bigint, r real, x double precision, s text, p text);
insert into f values (1, '2026-03-09 08:05:06.789', '2026-03-09 20:15:00+02', '2026-03-09', '1 year 2 months 3 days 04:05:06.7', 1234.567, 485, 12454, 485.8, 0.5, '05 Dec 2000', 'DD Mon YYYY');
insert into f values (2, '1999-12-31 23:59:59.999999', '2000-01-01 00:00:00+00', '1999-12-31', '-1 day -02:03:04', -0.1, -17, 0, -3.25, -148.5, '2000-12-05', 'YYYY-MM-DD');
insert into f values (3, null, null, null, null, null, null, null, null, null, null, null);
insert into f values (4, 'infinity', '-infinity', 'infinity', '15 hours 2 minutes 12 seconds', 0, 0, 9223372036854775807, 1e10, 1e300, '2023/07/04', 'YYYY/MM/DD');

select to_char(ts, 'YYYY-MM-DD HH24:MI:SS'), to_char(tz, 'YYYY-MM-DD"T"HH24:MI:SS.MSOF'), to_char(d, 'DD.MM.YYYY'), to_char(d, 'Day, DD Month YYYY') from f

select to_char(ts, 'FMDay, FMDD FMMonth YYYY'), to_char(ts, 'HH12:MI AM'), to_char(ts, 'Dy DDth Mon YY'), to_char(ts, 'IYYY-IW-ID'), to_char(ts, 'Q J DDD WW W CC BC RM') from f

select to_char(tz, 'TZ tz OF TZH:TZM'), to_char(ts, 'TZ|OF'), to_char(ts, 'FF1 FF2 FF3 FF4 FF5 FF6 MS US SSSS SSSSS') from f

select to_char(i, 'HH24:MI:SS'), to_char(i, 'YYYY MM DD'), to_char(i, 'FMHH12 "hours"') from f

select to_char(i, 'Day') from f

select to_char(n, '999,999.99'), to_char(n, 'FM999990.00'), to_char(n, 'S9999.9'), to_char(n, '9999PR'), to_char(n, 'MI9999.999'), to_char(n, '0000.00') from f

select to_char(k, '999'), to_char(k, 'FM999'), to_char(k, '000'), to_char(k, 'RN'), to_char(k, 'FMRN'), to_char(k, '999th'), to_char(k, 'L999'), to_char(k, '9 9 9'), to_char(k, '99V99'), to_char(k, 'SG999') from f

select to_char(b, '9,999,999,999,999,999,999'), to_char(b, '99'), to_char(b, '9.99EEEE') from f

select to_char(r, '999.99'), to_char(x, '999.999'), to_char(x, '9.999EEEE'), to_char(x, 'FM99999999.99'), to_char(r, '"about" 999') from f

select to_char(current_date, 'YYYY') = extract(year from current_date)::text, to_char(now(), 'US') = to_char(current_timestamp, 'US')

select to_date(s, p), to_timestamp(s, p) from f where id < 5

select to_date('05 Dec 2000', 'DD Mon YYYY'), to_timestamp('2000-12-05 13:14:15.678', 'YYYY-MM-DD HH24:MI:SS.MS'), to_timestamp('05 Dec 2000 01:02 PM', 'DD Mon YYYY HH12:MI AM'), to_timestamp('2023-07-04 10:00 +05:30', 'YYYY-MM-DD HH24:MI TZH:TZM')

select to_date('2000-13-01', 'YYYY-MM-DD')

select to_date('2000-02-30', 'YYYY-MM-DD')

select to_date('foo', 'YYYY')

select to_date('2000 Foo', 'YYYY Mon')

select to_timestamp('13:00 PM', 'HH12:MI AM')

select to_timestamp('2000-01 2000', 'YYYY-MM IYYY')

select to_timestamp('2000-01-01', 'YYYY-MM-DD TZ')

select to_number('12,454.8-', '99G999D9S'), to_number('1,234', '9,999'), to_number('-34,338,492', '99G999G999'), to_number('<564646.654564>', '999999.999999PR'), to_number('0.00001-', '9.999999S'), to_number('$1,234.56', 'L9,999.99'), to_number('12345', '999V99')

select to_number('abc', '999')

select to_char(1, '9.9.9')

select to_char(1, '9EEEE9')

select to_char(1.5, '9S9S')

select to_number('1', '9EEEE')

select to_char(null::integer, '9'), to_char(1, null), to_char(1, ''), to_char(now(), ''), to_number('1', '')

select to_char('2026-01-02', 'YYYY')

select to_char(timestamp '2026-01-02 03:04:05', 'HH24hMImSSs'), to_char(12, '99.00'), to_char(0.1, '0.9'), to_char(-0.1, '99.99'), to_char(0.1, 'FM9.99'), to_char(148.5, 'FM999.990'), to_char(12, 'FM9990999.9'), to_char(-485, '9SG99'), to_char(3148.5, '9G999D999'), to_char(0.0004859, '9.99EEEE'), to_char(485, '"Good number:"999'), to_char(482, '999th'), to_char(12.45, '99V9'), to_char(12.4, '99V999')

select to_char(ts, 'Mon YYYY') as month, count(*), sum(n) from f group by to_char(ts, 'Mon YYYY') order by 1

select id from f where to_char(d, 'YYYY-MM') = '2026-03'

-- ordered
select to_char(d, 'MM/DD/YYYY') from f order by to_char(d, 'YYYYMMDD') nulls first, id
