-- setup
create table ev (id integer primary key, d date, t time, z timetz, ts timestamp, tz timestamptz, i interval, s text);
insert into ev values (1, '2026-01-31', '10:20:30.5', '10:20:30+02', '2026-03-29 01:30:00', '2026-03-29 01:30:00+00', '1 month 2 days 03:04:05.678', 'Europe/Berlin');
insert into ev values (2, '2024-02-29', '00:00:00', '23:00:00-05', '1999-12-31 23:59:59.999999', '2026-10-25 00:30:00+00', '-1 day', 'America/New_York');
insert into ev values (3, null, null, null, null, null, null, null);
insert into ev values (4, '1999-01-08', '24:00:00', '24:00:00+00', '0001-01-01', '9999-12-31 23:59:59+00', '1 year -1 day', 'UTC');
insert into ev values (5, '2000-12-31', '12:00:00', '12:00:00+05:30', '2001-02-16 20:38:40', '2001-02-16 20:38:40-05', '30 days', 'Asia/Kathmandu');

select current_date = now()::date, current_date = 'today'::date, current_time = now()::timetz, localtime = now()::time, localtimestamp = now()::timestamp

select current_timestamp = now(), current_timestamp(0) = now()::timestamptz(0), localtimestamp(3) = now()::timestamp(3), localtime(2) = now()::time(2), current_time(1) = now()::timetz(1)

select 'now'::timestamptz = now(), 'tomorrow'::date - 'yesterday'::date, 'today'::timestamp = current_date, 'now'::time = localtime, 'tomorrow 04:05'::timestamptz - 'today'::timestamptz

select id from ev where tz < 'now' and d < 'today' order by id

select id from ev where tz > timestamp 'tomorrow'

select 'now'::timestamp(0) = now()::timestamp(0), date 'epoch', timestamptz 'epoch', timestamp 'infinity', date '-infinity', time 'allballs', timetz 'allballs'

select 'now '::date = current_date, 'TODAY'::date = current_date, ' today '::timestamptz = current_date

select 'now foo'::timestamptz

select s::date from (values ('2026-01-02')) v(s)

select make_interval(days => 10), make_interval(years => 1, mins => 5), make_interval(1, 2), make_interval(secs => 1.5, hours => 2)

select make_interval()

select make_interval(1, 2, 3, 4, 5, 6, 7.8)

-- refused
select make_interval(foo => 1)

select make_interval(days => 1, days => 2)

select make_interval(days => 1, 2)

select make_date(year => 2026, month => 2, day => 3), make_date(2026, day => 3, month => 2), make_time(hour => 1, min => 2, sec => 3.5)

select make_timestamp(2026, 1, 2, 3, 4, 5.6), make_timestamptz(2026, 7, 2, 3, 4, 5.6, 'Europe/Berlin'), make_timestamptz(year => 2026, month => 1, mday => 2, hour => 3, min => 4, sec => 5, timezone => '+02')

select make_date(2026, 2, 30)

select make_date(-44, 3, 15) is not null

select make_timestamptz(2026, 7, 2, 3, 4, 5.6, '5')

select extract(year from d), extract(month from d), extract(day from d), extract(dow from d), extract(isodow from d), extract(doy from d), extract(week from d), extract(quarter from d), extract(century from d), extract(decade from d), extract(millennium from d), extract(isoyear from d), extract(epoch from d), extract(julian from d) from ev

select extract(hour from ts), extract(minute from ts), extract(second from ts), extract(milliseconds from ts), extract(microseconds from ts), extract(epoch from ts), extract('hour' from tz), extract(timezone from tz), extract(timezone_hour from tz) from ev

select extract(hour from t), extract(second from t), extract(epoch from t), extract(timezone from z), extract(timezone_minute from z), extract(epoch from z) from ev

select extract(year from i), extract(month from i), extract(day from i), extract(hour from i), extract(second from i), extract(epoch from i), extract(quarter from i), extract(century from i) from ev

select date_part('year', d), date_part('epoch', tz), date_part('second', t), date_part('day', i), date_part('hour', ts) from ev

select extract(foo from d) from ev

select extract(hour from d) from ev

select extract(dow from i) from ev

-- refused
select extract(epoch from '1 month'::interval) / 86400, pg_typeof(extract(year from now())), pg_typeof(date_part('year', now()))

select date_trunc('month', tz), date_trunc('day', ts), date_trunc('hour', i), date_trunc('week', d), date_trunc('quarter', tz), date_trunc('decade', ts) from ev

select date_trunc('day', tz, 'America/New_York'), date_trunc('day', tz, 'Europe/Berlin'), date_trunc('hour', tz, 'Asia/Kathmandu'), date_trunc('month', tz, s) from ev where id < 4

select date_trunc('foo', tz) from ev

select date_trunc('day', tz, 'Nowhere/Land') from ev

select date_bin('15 minutes', ts, timestamp '2001-01-01'), date_bin('1 day', tz, timestamptz '2001-01-01 05:00+00'), date_bin('7 days', ts, '2000-01-03') from ev

select date_bin('1 month', ts, timestamp '2001-01-01') from ev

select date_bin('0', ts, timestamp '2001-01-01') from ev

select age(timestamp '2001-04-10', timestamp '1957-06-13'), age(ts, '2000-01-01'::timestamp), age(tz, d) from ev

select age(current_date), age(now()::date), age(d) = age(current_date, d) from ev

select justify_days(interval '35 days'), justify_hours(interval '27 hours'), justify_interval(interval '1 mon -1 hour'), isfinite(d), isfinite(ts), isfinite(tz), isfinite(i) from ev

select timestamp '2001-02-16 20:38:40' at time zone 'America/Denver', timestamptz '2001-02-16 20:38:40-05' at time zone 'America/Denver', timestamp '2001-02-16 20:38:40' at time zone 'Asia/Tokyo' at time zone 'America/Chicago'

select ts at time zone s, tz at time zone s, tz at time zone interval '-05:00', ts at time zone interval '02:30', z at time zone interval '-08:00', z at time zone 'UTC', tz at time zone 'EST', tz at time zone 'PST8PDT' from ev where id < 4

select timezone('Europe/Berlin', tz), timezone('UTC', ts), timezone(interval '1 hour', z) from ev where id < 4

select tz at time zone 'Nowhere' from ev

select tz at time zone interval '1 month' from ev

select timestamptz '2026-07-01 12:00 Europe/Berlin', timestamptz '2026-07-01 12:00 CEST', timestamptz '2026-01-01 12:00 PST', timestamptz '2026-07-01 12:00+05:45'

select (date '2001-02-16', date '2001-12-21') overlaps (date '2001-10-30', date '2002-10-30'), (date '2001-02-16', interval '100 days') overlaps (date '2001-10-30', date '2002-10-30'), (date '2001-10-29', date '2001-10-30') overlaps (date '2001-10-30', date '2001-10-31'), (date '2001-10-30', date '2001-10-30') overlaps (date '2001-10-30', date '2001-10-31')

select (ts, i) overlaps (timestamp '2001-01-01', interval '10 years'), (t, t) overlaps (time '10:00', time '11:00'), (tz, tz + i) overlaps (now(), null) from ev

select (t, interval '1 hour') overlaps (time '10:00', interval '2 hours') from ev

select d + 7, d - 7, 7 + d, d - date '2001-01-01', d + interval '1 month', d + time '03:00', d - interval '1 hour', d + z from ev

select ts + i, ts - i, i + ts, tz + i, tz - i, ts - timestamp '2000-01-01', tz - timestamptz '2000-01-01', t + i, t - i, t - time '01:00', z + i, z - i from ev where id <> 4

select i + interval '1 hour', i - interval '1 hour', -i, i * 2, 2 * i, i / 3, i * 1.5, i * 0.1, 21 * interval '1 day', interval '1 hour' / 1.5 from ev

select i / 0 from ev

select timestamp '2026-01-31' + interval '1 month', timestamp '2024-02-29' + interval '1 year', timestamptz '2026-03-31' - interval '1 month', date '2026-03-31' - interval '1 month'

select timestamp '294276-12-31' + interval '1 year'

select interval '2147483647 days' + interval '1 day'

select i, i = interval '30 days', i < interval '1 month', i between '0' and '1 year' from ev

-- ordered
select i from ev order by i, id

-- ordered
select z from ev order by z nulls first

-- ordered
select id, d, t, ts, tz from ev order by d desc nulls last, t

select distinct interval '1 month' = i from ev

select count(*), count(distinct i), min(i), max(i), sum(i), avg(i), min(d), max(d), min(t), max(t), min(z), max(z), min(ts), max(tz) from ev

select sum(t::interval), avg(i) filter (where i > '0'), sum(i) filter (where false) from ev

select d::timestamp, d::timestamptz, ts::date, ts::time, tz::date, tz::time, tz::timetz, t::interval, i::time, z::time, t::timetz, ts::timestamptz, tz::timestamp from ev

select d::text, t::text, z::text, ts::text, tz::text, i::text from ev

select t::time(0), z::timetz(0), ts::timestamp(0), tz::timestamptz(2), i::interval(0), i::interval(1) from ev

select i::interval year, i::interval month, i::interval day, i::interval hour, i::interval minute, i::interval second, i::interval year to month, i::interval day to hour, i::interval day to minute, i::interval day to second, i::interval hour to minute, i::interval hour to second, i::interval minute to second, i::interval second(1) from ev

select interval '1' year, interval '2' month, interval '3' day, interval '4' hour, interval '5' minute, interval '6.789' second, interval '1-2' year to month, interval '3 4' day to hour, interval '3 4:05' day to minute, interval '3 4:05:06' day to second, interval '4:05' hour to minute, interval '4:05' minute to second, interval '6.789' second(1), interval(2) '1.23456 seconds'

select interval '1 year 2 months 3 days 4 hours 5 minutes 6 seconds', interval 'P1Y2M3DT4H5M6S', interval 'P0001-02-03T04:05:06', interval '1-2 3 4:05:06', interval '1 day ago', interval '-1 year 2 hours', interval '1.5 months', interval '1 week', interval '2 decades', interval '@ 1 minute', interval '1h30m', interval '4:05:06.789'

select interval 'foo'

select interval '1 foo'

select interval '999999999999 years'

select interval '1' foo

select '1999-01-08'::date, 'January 8, 1999'::date, '1/8/1999'::date, '1/18/1999'::date, '01/02/03'::date, '1999-Jan-08'::date, 'Jan-08-1999'::date, '08-Jan-1999'::date, '19990108'::date, '990108'::date, '1999.008'::date, 'J2451187'::date, '99-Jan-08'::date, '08-Jan-99'::date, 'Jan-08-99'::date

select '04:05:06.789'::time, '04:05:06'::time, '04:05'::time, '040506'::time, '04:05 AM'::time, '04:05 PM'::time, '04:05:06.789-8'::timetz, '04:05:06-08:00'::timetz, '040506-08'::timetz, '040506+0730'::timetz, '04:05:06 PST'::timetz, '2003-04-12 04:05:06 America/New_York'::timetz

select '20040506 040506'::timestamp, '2004-10-19 10:23:54'::timestamp, 'January 8 04:05:06 1999 PST'::timestamptz, '1999-01-08 04:05:06 -8:00'::timestamptz, 'Mon Jan 02 2006 15:04:05'::timestamp, '2004-10-19 10:23:54+02'::timestamp, 'Oct 19 2004 10:23 PM'::timestamp

select '1999-13-01'::date

select '13/13/1999'::date

select '1999-02-30'::date

select '25:00'::time

select '12:60'::time

select '2026-01-02 03:04:05 Nowhere/Land'::timestamptz

select '2026-01-02 03:04:05+99'::timestamptz

select 'foo'::timestamp, 1

select to_timestamp(1284352323), to_timestamp(0.5), to_timestamp('Infinity'::float8), to_timestamp(-1.5)

-- refused
select clock_timestamp() >= now(), statement_timestamp() >= transaction_timestamp(), length(timeofday()) > 30, pg_typeof(timeofday())

select greatest(d, date '2001-01-01'), least(ts, tz), coalesce(i, interval '0'), nullif(t, time '12:00') from ev

select d in ('2026-01-31', '1999-01-08'), ts between '1999-01-01' and '2002-01-01', tz = any (array['2026-10-25 00:30:00+00'::timestamptz]) from ev

select date_part('year', s::date) from (values ('2026-05-06'), (null)) v(s)

select date_trunc('month', d) as m, count(*) from ev group by m order by m

select extract(year from tz) y, count(*) from ev group by 1 order by 1

select date '2026-01-01' - 1, date '2026-01-01' + integer '7', date '5874897-12-31' + 1

select (date '2026-02-28' + interval '1 day')::date, (timestamp '2026-01-01' - timestamp '2025-01-01')::text, justify_interval(timestamp '2026-01-01' - timestamp '2025-01-01')

select current_date - interval '1 day' < now(), now() - interval '1 day' > current_date - 2

-- refused
create table frozen (a timestamptz default 'now')

create table fine (a timestamptz default now(), b date default current_date, c time default localtime, d interval default '1 day', e interval day to second)

insert into fine (e) values ('1 year 2 days 03:04:05.6') returning a = now(), b = current_date, c = localtime, d, e

insert into fine (e) values ('5') returning e

select e + e from fine

update fine set d = d * 2, e = interval '1 day' + e returning d, e

insert into ev (id, d, ts) values (10, 'today', 'now') returning d = current_date, ts = localtimestamp

delete from ev where d = 'today' returning id

-- setup
create table stamped (id integer primary key, a timestamp default timezone('utc', now()), b timestamptz default current_timestamp(3), c timestamp default (now() at time zone 'utc'), d timestamptz default now() + interval '7 days', e text default to_char(now(), 'YYYY'), f date default current_date - 1, g time(0) default localtime(0), h interval default make_interval(days => 3), i timestamp(2), j integer generated always as (extract(year from i)::integer) stored, k date generated always as (i::date) stored);

insert into stamped (id, i) values (1, '2026-05-06 07:08:09.999') returning a = timezone('utc', now()), b = current_timestamp(3), c = localtimestamp, d - now(), e = extract(year from now())::text, f = current_date - 1, g = localtime(0), h, i, j, k

insert into stamped (id, i) values (2, '0044-03-15 BC'), (3, 'infinity') returning i, k

insert into stamped (id, i) values (4, '10000-01-01 00:00:00.005') returning i, j, k

create index stamped_day on stamped ((i::date))

create index stamped_month on stamped (date_trunc('month', i))

create index stamped_stable on stamped (date_trunc('month', b))

select id from stamped where i::date = '2026-05-06' or i::date < '0001-01-01' order by id

select id from stamped where date_trunc('month', i) = '2026-05-01'

create policy recent on stamped using (b > now() - interval '1 day' and f < current_date)

select count(*) from stamped where f < current_date and d > localtimestamp

create view this_year as select id, date_trunc('year', b) = date_trunc('year', now()) as current from stamped

select * from this_year order by id

-- refused
create view frozen_view as select 'today'::date as d

select make_interval(hours := 5, mins => 6), now() at time zone 'utc' = localtimestamp, current_timestamp(7) = now()
