-- load: chinook

select count(*) from track

select current_schema(), current_user, session_user, current_schema

select count(*), count(composer), count(distinct composer), count(distinct genre_id) from track

select min(milliseconds), max(milliseconds), avg(milliseconds), sum(milliseconds) from track

select sum(bytes), avg(bytes) from track

select min(name), max(name) from track

-- ordered
select artist_id, name from artist order by artist_id limit 5

-- ordered
select name from artist order by name desc nulls last limit 5

-- ordered
select name from artist where name like 'A%' order by name limit 10

-- ordered
select name from artist where name ilike '%black%' order by 1

-- ordered
select name from artist where name ~ '^[0-9]' order by name

-- ordered
select name from artist where name ~* 'the .*s$' order by name limit 10

select name from artist where name !~ '[a-z]' and name is not null

-- ordered
select ar.name, count(*) as albums from artist ar join album al on al.artist_id = ar.artist_id group by ar.name order by albums desc, ar.name limit 10

-- ordered
select ar.artist_id, ar.name, count(al.album_id) from artist ar left join album al using (artist_id) group by ar.artist_id order by 3 desc, 1 limit 5

select count(*) from artist ar left join album al using (artist_id) where al.album_id is null

select count(*) from artist where not exists (select 1 from album where album.artist_id = artist.artist_id)

select count(*) from artist where artist_id not in (select artist_id from album)

-- ordered
select g.name, count(*) as n, round(avg(t.milliseconds) / 60000.0, 2) as minutes from genre g join track t using (genre_id) group by g.name having count(*) > 100 order by n desc

-- ordered
select g.name, sum(il.quantity * il.unit_price) as revenue from invoice_line il join track t using (track_id) join genre g using (genre_id) group by g.genre_id, g.name order by revenue desc, g.name limit 8

-- ordered
select billing_country, count(*), sum(total), avg(total), min(total), max(total) from invoice group by billing_country order by sum(total) desc, 1 limit 10

-- ordered
select billing_country, round(avg(total), 2) as a from invoice group by 1 having avg(total) > 5.7 order by a desc, 1

-- ordered
select extract(year from invoice_date) as y, count(*), sum(total) from invoice group by y order by y

-- ordered
select date_trunc('quarter', invoice_date) as q, sum(total) from invoice group by q order by q limit 6

-- ordered
select date_trunc('month', invoice_date)::date as m, count(*) from invoice where invoice_date >= '2024-01-01' and invoice_date < '2025-01-01' group by 1 order by 1

select invoice_id, invoice_date from invoice where invoice_date between '2021-01-01' and '2021-01-10'

select count(*) from invoice where invoice_date > timestamp '2025-06-01'

select invoice_date + interval '30 days', invoice_date::date + 30, invoice_date - interval '1 month' from invoice where invoice_id in (1, 10, 100)

select max(invoice_date) - min(invoice_date), max(invoice_date)::date - min(invoice_date)::date from invoice

select age(timestamp '2025-01-01', birth_date), first_name from employee

-- ordered
select first_name, extract(year from age(timestamp '2025-06-30', hire_date)) as years from employee order by years desc, first_name

select first_name || ' ' || last_name as full_name, upper(left(country, 3)), length(email) from customer where customer_id <= 5

-- ordered
select country, count(*) from customer group by country having count(*) >= 3 order by count(*) desc, country

-- ordered
select coalesce(state, '(none)') as s, count(*) from customer group by state order by count(*) desc, s limit 5

select company from customer where company is not null and country = 'Brazil'

-- ordered
select distinct country from customer order by country limit 5

-- ordered
select distinct billing_country, billing_city from invoice where billing_country in ('Germany', 'France') order by 1, 2

select count(distinct (billing_country || billing_city)) from invoice

-- ordered
select c.customer_id, c.last_name, sum(i.total) as spent from customer c join invoice i on i.customer_id = c.customer_id group by c.customer_id order by spent desc, c.last_name limit 5

-- ordered
select c.last_name, (select sum(total) from invoice i where i.customer_id = c.customer_id) as spent from customer c order by spent desc nulls last, last_name limit 3

-- ordered
select c.last_name, (select max(invoice_date) from invoice i where i.customer_id = c.customer_id) from customer c where c.country = 'Canada' order by 1

-- ordered
select e.first_name, e.last_name, m.first_name as manager from employee e left join employee m on e.reports_to = m.employee_id order by e.employee_id

select m.first_name, count(*) from employee e join employee m on e.reports_to = m.employee_id group by m.employee_id

select e.first_name, count(c.customer_id), coalesce(sum(i.total), 0) from employee e left join customer c on c.support_rep_id = e.employee_id left join invoice i on i.customer_id = c.customer_id group by e.employee_id, e.first_name

-- ordered
select t.name, t.milliseconds from track t where t.milliseconds > (select avg(milliseconds) * 10 from track) order by 2 desc limit 5

select count(*) from track t where t.milliseconds > (select avg(t2.milliseconds) from track t2 where t2.genre_id = t.genre_id)

-- ordered
select al.title, count(*) as tracks, sum(t.milliseconds) / 60000 as minutes from album al join track t on t.album_id = al.album_id group by al.album_id having count(*) >= 25 order by tracks desc, al.title

-- ordered
select p.name, count(pt.track_id) from playlist p left join playlist_track pt on pt.playlist_id = p.playlist_id group by p.playlist_id, p.name order by p.playlist_id

select p.name from playlist p where exists (select from playlist_track pt where pt.playlist_id = p.playlist_id and pt.track_id = 1)

select name, count(*) from playlist group by name having count(*) > 1

-- ordered
select mt.name, count(*), min(t.unit_price), max(t.unit_price) from media_type mt join track t using (media_type_id) group by mt.name order by mt.name

select unit_price, count(*) from track group by unit_price

select case when milliseconds < 180000 then 'short' when milliseconds < 300000 then 'medium' else 'long' end as length, count(*) from track group by 1

select case unit_price when 0.99 then 'cheap' when 1.99 then 'dear' end as price, count(*) from track group by unit_price

select count(*) filter (where unit_price > 1) as dear, count(*) filter (where composer is null) as unknown, count(*) from track

select sum(case when billing_country = 'USA' then total else 0 end) as usa, sum(total) from invoice

select sum(total) * 1.19 as gross, round(sum(total) * 0.07, 2) as tax, sum(total) / count(*) as mean, sum(total)::int from invoice

select total, total * 1.1, total / 3, round(total / 3, 3), trunc(total / 3, 1), ceil(total), floor(total), total % 2 from invoice where invoice_id < 8

-- refused
select quantity * unit_price as line, pg_typeof(quantity * unit_price) = 'numeric'::regtype from invoice_line where invoice_id = 1

-- ordered
select track_id, count(*) from invoice_line group by track_id having count(*) > 1 order by count(*) desc, track_id limit 5

select count(*) from track where track_id not in (select track_id from invoice_line)

select count(*) from track t left join invoice_line il using (track_id) where il.track_id is null

select i.invoice_id, i.total, sum(il.unit_price * il.quantity) from invoice i join invoice_line il using (invoice_id) group by i.invoice_id having i.total <> sum(il.unit_price * il.quantity)

-- ordered
select i.invoice_id, count(*) from invoice i join invoice_line using (invoice_id) group by 1 having count(*) = (select max(n) from (select count(*) as n from invoice_line group by invoice_id) x) order by 1 limit 3

-- ordered
select substring(name from 1 for 1) as initial, count(*) from artist group by initial having count(*) > 12 order by 2 desc, 1

select position('a' in lower(name)), name from genre where genre_id < 6

select initcap(lower(name)), reverse(name), repeat('*', length(name)) from genre where genre_id between 3 and 6

select replace(name, '&', 'and'), lpad(genre_id::text, 4, '0'), rpad(name, 8, '.') from genre where name like '%&%'

select split_part(email, '@', 2) as domain, count(*) from customer group by domain having count(*) > 3

select regexp_replace(phone, '[^0-9]', '', 'g') from customer where customer_id < 4

select trim(both ' ' from name), btrim(name, 'R'), ltrim(name, 'R'), rtrim(name, 'k') from genre where genre_id = 1

select string_agg(name, ', ' order by name) from genre where genre_id < 6

select count(*) from track where name like '%\%%'

select name from track where name like '%''%' and album_id < 10

select name from track where name like '_ove%' limit 0

-- ordered
select name from track where composer = 'AC/DC' order by name limit 3 offset 2

-- ordered
select name from track order by milliseconds desc, track_id offset 3500

-- ordered
select composer, count(*) from track group by composer order by composer nulls first limit 3

-- ordered
select composer, count(*) from track where composer is not null group by composer order by count(*) desc, composer limit 5

select composer from track where composer similar to '(Angus|Malcolm)%' limit 0

select greatest(1, total, null), least(total, 2) from invoice where invoice_id = 5

select nullif(billing_state, 'CA'), nullif(total, 1.98) from invoice where invoice_id in (1, 2, 5)

select first_name from employee where (city, country) = ('Calgary', 'Canada')

select first_name from employee where reports_to is distinct from 2

select first_name from employee where reports_to = any (select employee_id from employee where title like '%Manager%')

select count(*) from track where milliseconds > all (select milliseconds from track where genre_id = 1)

select name from genre where genre_id = any (array[1, 3, 99])

select count(*) from track where unit_price > some (select unit_price from track where genre_id = 1)

select count(*) from invoice where (billing_country, billing_city) in (('USA', 'Boston'), ('France', 'Paris'))

select count(*) from customer where (support_rep_id, country) in (select support_rep_id, country from customer where company is not null)

-- ordered
with sales as (select t.genre_id, sum(il.quantity) as n from invoice_line il join track t using (track_id) group by t.genre_id) select g.name, s.n from sales s join genre g using (genre_id) where s.n > (select avg(n) from sales) order by s.n desc

-- ordered
with yearly as (select extract(year from invoice_date)::int as y, sum(total) as s from invoice group by 1) select a.y, a.s, a.s - b.s as growth from yearly a left join yearly b on b.y = a.y - 1 order by a.y

-- ordered
select name from genre where name < 'C' union select name from media_type order by name

select country from customer except select country from employee

select country from customer intersect select billing_country from invoice where total > 20

-- ordered
select 'customer' as kind, count(*) from customer union all select 'employee', count(*) from employee order by kind

select x.genre, x.n from (select g.name as genre, count(*) as n from genre g, track t where t.genre_id = g.genre_id group by g.name) x where x.n between 10 and 30

select avg(n) from (select count(*) as n from invoice group by customer_id) as per_customer

select count(*) from invoice a, invoice b where a.customer_id = b.customer_id and a.invoice_id < b.invoice_id

select a.title from album a cross join genre g where a.album_id = 1 and g.genre_id < 3

select count(*) from customer c full join employee e on c.city = e.city

select row_to_json(g) from genre g where genre_id < 3

select json_agg(name order by name) from media_type

select jsonb_build_object('id', artist_id, 'name', name) from artist where artist_id < 3

select to_char(invoice_date, 'YYYY-MM-DD'), to_char(total, 'FM990.00') from invoice where invoice_id < 3

select name from artist where artist_id = 'x'

select artist_id / 0 from artist

select genre, count(*) from track group by name

select name from track group by genre_id

select nope from track

select name from nope

select track.name from track t

select t.name from track t where count(*) > 1

select name from track where name = 1

-- refused
select sum(name) from track

select (select name from genre)

select upper(genre_id) from genre

select max(count(*)) from track group by genre_id

select title from album order by nope

select distinct title from album order by artist_id

insert into genre values (1, 'again')

insert into genre values (26, 'Noise') returning *

insert into genre (genre_id, name) select genre_id + 100, upper(name) from genre where genre_id < 4 returning genre_id, name

insert into genre (name) values ('no key')

insert into album values (9999, 'nobody''s', 99999)

insert into album (album_id, title, artist_id) values (9999, repeat('x', 161), 1)

insert into track (track_id, name, media_type_id, milliseconds, unit_price) values (9999, 'n', 1, 1, 123456789.99)

insert into track (track_id, name, media_type_id, milliseconds, unit_price) values (9999, 'rounded', 1, 1, 0.985) returning unit_price, composer, album_id

insert into invoice values (999, 1, '2025-02-30', null, null, null, null, null, 1)

insert into invoice values (999, 1, '2025-02-28 25:00', null, null, null, null, null, 1)

insert into invoice (invoice_id, customer_id, invoice_date, total) values (999, 1, '2025-02-28', 'abc')

update track set unit_price = unit_price * 2 where track_id < 4 returning track_id, unit_price

update track set milliseconds = milliseconds * 100000 where track_id = 1

update track set name = null where track_id = 1

update track set media_type_id = 77 where track_id = 1

update invoice set total = (select sum(unit_price * quantity) from invoice_line il where il.invoice_id = invoice.invoice_id) where invoice_id < 5 returning invoice_id, total

update employee set reports_to = (select min(employee_id) from employee), title = upper(title) where title like 'Sales%' returning employee_id, reports_to, title

update artist set artist_id = artist_id + 1 where artist_id = 275

update genre set genre_id = 1 where genre_id = 2

delete from genre where genre_id = 1

delete from genre where genre_id > 100 returning name

delete from playlist_track where playlist_id = 1 and track_id in (select track_id from track where genre_id = 1) returning track_id % 2

-- ordered
select playlist_id, count(*) from playlist_track group by 1 order by 2 desc, 1 limit 3

-- tx: rollback
delete from invoice_line where invoice_id = 1; delete from invoice where invoice_id = 1; select count(*) from invoice; select count(*) from invoice_line

select count(*) from invoice

alter table genre add column kind varchar(10) not null default 'music'

select * from genre order by genre_id limit 2

alter table genre add constraint short check (length(name) < 10)

alter table genre add constraint named check (length(name) < 30)

update genre set name = repeat('n', 30) where genre_id = 1

create unique index genre_name on genre (lower(name))

insert into genre values (200, 'ROCK')

alter table track alter column milliseconds type bigint

update track set milliseconds = milliseconds * 100000 where track_id = 1 returning milliseconds

alter table genre drop column name

select * from genre order by 1 limit 1

alter table artist rename column name to called

select called from artist where artist_id = 1

truncate genre

truncate genre cascade

select count(*) from track

drop table artist

drop table playlist

drop table playlist cascade

select count(*) from playlist_track
