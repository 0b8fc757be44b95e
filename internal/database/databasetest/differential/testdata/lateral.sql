-- setup
create table a (id integer primary key, x text, n numeric, f double precision, k smallint);
create table b (id bigint primary key, a_id integer, s text, v numeric, j jsonb, at timestamptz);
create index on b (a_id, v);
create table c (id integer primary key, b_id bigint, tags text[]);
insert into a values (1, 'p', 1.0, 'NaN', 2), (2, 'q', 2.50, -0.0, 0), (3, null, null, null, null), (4, 'p', 1.00, 'Infinity', 3);
insert into b values (1, 1, 'one', 1.00, '{"z": 1, "a": [1, 2]}', '2026-01-02 03:04:05+00'), (2, 1, 'two', 1.0, 'null', 'infinity'), (3, 1, null, null, null, null), (4, 2, '', 0, '"x"', '2026-02-02 00:00:00.123456+00'), (5, null, 'lost', 9, '[]', null), (6, 4, 'one', -5.50, '1.50', '0044-03-15 00:00:00+00 BC');
insert into c values (1, 1, '{x,y}'), (2, 1, '{}'), (3, 4, null), (4, 6, '{NULL,"a b"}');
create function above(m integer) returns setof b language sql stable as 'select * from b where a_id > m';
create function pair(m integer, out twice integer, out thrice integer) language sql immutable as 'select m * 2, m * 3';
create function kids(m integer) returns table (id bigint, label text) language sql stable as 'select b.id, b.s from b where b.a_id = m order by b.id';
create function one_kid(m integer) returns text language sql stable as 'select b.s from b where b.a_id = m order by b.id limit 1';
create role lateral_reader;
create table p (id integer primary key, owner text, secret integer);
insert into p values (1, 'lateral_reader', 1), (2, 'other', 0), (3, 'lateral_reader', 3);
alter table p enable row level security;
create policy own on p using (owner = current_user);
grant select on a, b, c, p to lateral_reader

select a.id, l.* from a, lateral (select b.id as b_id, b.s, b.v, b.j, b.at from b where b.a_id = a.id) l

select a.id, l.* from a cross join lateral (select * from b where b.a_id = a.id) l

select a.id, l.* from a left join lateral (select * from b where b.a_id = a.id) l on true

select a.id, l.id, l.s from a left join lateral (select * from b where b.a_id = a.id) l on l.v > 0

select a.id, l.id from a join lateral (select * from b where b.a_id = a.id) l on l.v > 0

select a.id, l.id, l.v from a, lateral (select * from b where b.a_id = a.id order by v desc nulls last, id limit 1) l

-- ordered
select a.id, l.id, l.v from a left join lateral (select * from b where b.a_id = a.id order by v nulls first, id limit 2) l on true order by a.id, l.v nulls first, l.id

select a.id, l.id from a, lateral (select * from b where b.a_id = a.id order by id offset 1) l

select a.id, l.id from a, lateral (select * from b where b.a_id = a.id order by id limit a.k) l

select a.id, l.id from a, lateral (select * from b where b.a_id = a.id order by id limit a.k offset a.k - 1) l

select a.id, l.n, l.total, l.best from a, lateral (select count(*) as n, sum(v) as total, max(at) as best from b where b.a_id = a.id) l

select a.id, l.* from a, lateral (select s, count(*), array_agg(id order by id) as ids from b where b.a_id = a.id group by s having count(*) > 0) l

select a.id, l.* from a, lateral (select distinct s from b where b.a_id >= a.id) l

select a.id, l.* from a, lateral (select distinct on (s) s, id from b where b.a_id >= a.id order by s, id desc) l

select a.id, y, z from a, lateral (select a.n + 1 as y, a.x || '!' as z) l

select a.id, y, z from a, lateral (select a.n + 1 as y) l, lateral (select l.y * 2 as z) m

select a.id, l.* from a, lateral (values (a.id, a.x), (a.id * 10, 'v')) l (i, t)

select a.id, l.* from a, lateral (select a.f, a.f as g, a.k) l

select a.id, l.f, l.f = a.f as same from a, lateral (select a.f) l order by a.id

select a.id, l.f::text from a, lateral (select a.f) l

select a.id, u.i from a, lateral (select a.id as i union select b.a_id from b where b.a_id > a.id) u

select a.id, u.i from a, lateral (select a.k as i union all select b.id from b where b.a_id = a.id) u

select a.id, u.s from a, lateral (select b.s from b except select b.s from b where b.a_id = a.id) u

select a.id, u.s from a, lateral (select b.s from b where b.a_id = a.id intersect select a.x union select 'one') u

select a.id, l.id, m.id from a, lateral (select * from b where b.a_id = a.id) l, lateral (select * from c where c.b_id = l.id) m

select a.id, l.id, l.cid from a, lateral (select b.id, m.id as cid from b left join lateral (select * from c where c.b_id = b.id and c.id <> a.id) m on true where b.a_id = a.id) l

select a.id, l.id, l.cid from a left join lateral (select b.id, m.id as cid from b, lateral (select c.id from c where c.b_id = b.id order by c.id desc limit 1) m where b.a_id = a.id) l on true

select a.id, l.w from a, lateral (select row_number() over (order by v, id) as w from b where b.a_id = a.id) l

select a.id, l.w from a, lateral (with q as (select * from b where b.a_id = a.id) select count(*) as w from q where v > (select min(v) from q)) l

select a.id, l.m from a, lateral (with recursive r as (select a.k as m union all select (m - 1)::smallint from r where m > 1) select m from r) l

with q as (select id, x from a) select q.id, l.id from q, lateral (select b.id from b where b.a_id = q.id) l

with q as (select * from b) select a.id, l.id from a, lateral (select q.id from q where q.a_id = a.id) l

select a.id, (select string_agg(l.s, ',' order by l.id) from lateral (select * from b where b.a_id = a.id) l) from a

select a.id, exists (select 1 from b, lateral (select b.v + a.n as t) l where l.t > 2 and b.a_id = a.id) from a

select a.id from a where a.id in (select l.a_id from lateral (select b.a_id from b where b.v > a.n) l)

select json_agg(l order by l.id) from a, lateral (select b.id, b.s from b where b.a_id = a.id) l

select a.id, row_to_json(l) from a left join lateral (select b.id, b.s from b where b.a_id = a.id) l on true

select a.id, json_agg(l.*) from a left join lateral (select b.id, b.s from b where b.a_id = a.id order by b.id) l on true group by a.id

select a.id, coalesce(l.list, '[]') from a left join lateral (select json_agg(json_build_object('id', b.id, 's', b.s) order by b.id) as list from b where b.a_id = a.id) l on true

select a.id, l.id, m.id from a left join b l on l.a_id = a.id left join lateral (select * from c where c.b_id = l.id) m on true

select a.id, l.id, m.n from a left join b l on l.a_id = a.id cross join lateral (select count(*) as n from c where c.b_id = l.id) m

select a.id, l.s, m.t from a left join b l on l.a_id = a.id cross join lateral (select l.s as t) m

select a.id, l.s, m.t from a left join b l on l.a_id = a.id, lateral (select coalesce(l.s, 'none') as t) m where m.t <> 'two'

select b.id, l.id, m.y from a l right join b on b.a_id = l.id cross join lateral (select l.x as y, b.s) m

select b.id, l.id, m.y from a l full join b on b.a_id = l.id cross join lateral (select l.x as y, b.s) m

select c.id, a.id, l.id from (a cross join lateral (select * from b where b.a_id = a.id) l) right join c on c.b_id = l.id

select c.id, a.id, l.id from (a cross join lateral (select * from b where b.a_id = a.id) l) full join c on c.b_id = l.id and c.id > 1

select c.id, a.id, l.id from c full join (a left join lateral (select * from b where b.a_id = a.id) l on true) on c.b_id = l.id

select c.id, a.id, l.id from c left join (a join lateral (select * from b where b.a_id = a.id) l on l.s <> '') on c.b_id = l.id

select c.id, a.id, l.id from c right join (a join lateral (select * from b where b.a_id = a.id) l on l.s <> '') on c.b_id = l.id

select a.id, b.id, l.y from a join (b join lateral (select a.x || b.s as y) l on true) on b.a_id = a.id

select a.id, b.id, l.y from a left join (b join lateral (select a.x || b.s as y) l on true) on b.a_id = a.id

select a.id, b.id, l.y from a left join (b left join lateral (select a.x || b.s as y where b.v > 0) l on true) on b.a_id = a.id

select a.id, b.id, c.id, l.y from a, (b left join c on c.b_id = b.id join lateral (select a.id + c.id as y) l on true)

select a.id, b.id, c.id, l.y from a, ((b right join c on c.b_id = b.id) join lateral (select a.id + c.id as y) l on l.y > 3)

select a.id, b.id, c.id, l.y from a, (c right join (b cross join lateral (select a.id + b.id as y) l) on c.b_id = b.id) where l.y > 4

select a.id, b.id, c.id, l.y from a, (c full join (b cross join lateral (select a.id + b.id as y) l) on c.b_id = b.id) where a.id = 1

select a.id, row_to_json(b), row_to_json(l) from a left join (b join lateral (select a.x || b.s as y) l on true) on b.a_id = a.id

-- refused
select a.id, b, l from a left join (b join lateral (select a.x || b.s as y) l on true) on b.a_id = a.id where b.id is null or l.y is not null

select a.id, b.id, g from a left join (b join generate_series(1, a.k) g on true) on b.a_id = a.id

select a.id, b.id, g from a, (b right join c on c.b_id = b.id cross join generate_series(1, a.k) g) where b.id = 1

select a.id, l.* from a, lateral (select g from generate_series(1, a.k) g where g > 1) l

select c.id, t.* from c, lateral (select e, o from unnest(c.tags) with ordinality as u (e, o)) t

select c.id, t.* from c left join lateral (select upper(e) as e from unnest(c.tags) as e) t on true

select b.id, l.* from b, lateral (select key, value from jsonb_each(case when jsonb_typeof(b.j) = 'object' then b.j end)) l

select a.id, l.sum from a, lateral (select sum(x.v) from b x where x.a_id = a.id) l where l.sum is not null

select id, l.y from a join lateral (select a.id + 1 as y) l using (id)

select id, l.y from a join lateral (select a.id as id, 1 as y) l using (id)

select * from a natural join lateral (select a.id, 5 as five) l

select * from (a join b using (id)) as j, lateral (select j.id * 2 as d) l

select * from a join b using (id) cross join lateral (select id + 1 as d) l

select l.* from a, lateral (select a.*) l where l.id < 3

select a.id, l.r from a, lateral (select row_to_json(a) as r) l

select a.id, l.n from a, lateral (select count(a.x) as n from b where b.a_id = a.id) l

select a.id, l.n from a, lateral (select count(*) filter (where b.v > a.n) as n from b) l

select a.id, l.x from a, lateral (select) l (x)

select a.id from a, lateral (select) l

select count(*) from a, lateral (select) l, lateral (select where a.id > 2) m

select l.one from lateral (select 1 as one) l

select a.id, l.y from a, lateral (select a.id) l (y)

select a.id, above.id from a, above(a.id)

select a.id, f.id, f.s from a left join lateral above(a.id) f on f.v > 0

select a.id, pair.* from a, pair(a.id)

select a.id, p.thrice from a left join lateral pair(a.id) p on p.twice > 4

select a.id, kids.* from a, kids(a.id)

select a.id, k.label from a left join kids(a.id) k on true

select a.id, k from a, one_kid(a.id) k

select a.id, l.k from a, lateral (select one_kid(a.id) as k) l

select a.id, l.id from a, lateral (select * from above(a.id) where v < a.n) l

select avg(l.v) from a, lateral (select b.v from b where b.a_id = a.id order by b.v desc nulls last limit 1) l

select a.x, sum(l.v), count(*) from a left join lateral (select b.v from b where b.a_id = a.id) l on true group by a.x

select a.id, l.v, rank() over (order by l.v desc nulls last) from a left join lateral (select b.v from b where b.a_id = a.id limit 1) l on true where a.id <> 1

select distinct l.s from a, lateral (select b.s from b where b.a_id = a.id) l

select distinct on (a.x) a.x, l.s from a, lateral (select b.s from b where b.a_id = a.id) l order by a.x, l.s

-- types: ["int4"]
-- args: [2]
select a.id, l.id from a, lateral (select b.id from b where b.a_id = a.id order by b.id limit $1) l where a.id <= $1

select a.id, l.y from a, lateral (select 1 / a.k as y) l

select a.id, l.y from a, lateral (select 1 / a.k as y) l where a.k <> 0

select a.id, l.y from a, lateral (select b.v from b) l (y) where l.y > a.n

-- #: what is wrong
select a.id, l.id from a, (select * from b where b.a_id = a.id) l

select a.id, l.id from lateral (select * from b where b.a_id = a.id) l, a

select a.id, l.id from a right join lateral (select * from b where b.a_id = a.id) l on true

select a.id, l.id from a full join lateral (select * from b where b.a_id = a.id) l on true

select a.id, l.id from a right join (b join lateral (select a.x) l on true) on true

select a.id, l.m from a, lateral (select max(a.id) as m) l

select a.id, l.m from a, lateral (select sum(a.id) as m from b) l

select a.id from a, lateral (select * from b where b.a_id = a.id)

select a.id, l.nope from a, lateral (select * from b where b.a_id = a.id) l

select a.id from a, lateral (select nope from b where b.a_id = a.id) l

select a.id, l.id from a, lateral (select id from b where a_id = id) l

select a.id from a, lateral (select id from b) a

select a.id, l.* from a, lateral (select generate_series(1, a.k) as g, a.x) l

select a.id, l.id from a, lateral (select b.id from b where b.a_id = a.id for update) l

select a.id, l.y from a, lateral (select (select b.id from b where b.a_id = a.id) as y) l

select a.id, l.y from a, lateral (select b.id from b limit a.k - 2) l (y)

select a.id, (select max(v) from (values (a.k), (a.id)) t (v)) from a

select a.id, (select string_agg(v, '-' order by v desc) from (values (a.x), ('c'), (null)) t (v)) from a

select a.id, array(select b.id from b where b.a_id = a.id order by b.id desc limit a.k) from a

select a.id, array(select b.id from b order by b.id desc limit (select count(*) from c where c.id < a.id) offset a.id - 1) from a

select a.id, array(select b.id from b order by b.id limit null offset a.k) from a

select a.id, array(select b.id from b where false limit a.k - 1) from a where a.k is not null

select a.id, (with q as (select 2 as two) select id from b order by id desc limit 1 offset a.k + (select two from q) - 2) from a

select a.id, (select count(*) from (select b.id from b union select c.id from c order by 1 limit a.id) u) from a

select a.id, x.v from a, lateral (select v from (values (a.k, 1), (5, 2), (a.id, 3)) t (v, o) order by o desc limit 2) x

-- #: rights and policies
-- role: lateral_reader
select a.id, l.* from a, lateral (select p.id, p.secret from p where p.id >= a.id) l

-- role: lateral_reader
select p.id, l.y from p, lateral (select 10 / p.secret as y) l

-- role: lateral_reader
select a.id, l.y from a left join lateral (select 10 / p.secret as y from p where p.id = a.id) l on l.y > 1

-- role: lateral_reader
select p.id, l.y from a join p on p.id = a.id cross join lateral (select 10 / p.secret as y) l

-- role: lateral_reader
select a.id, p.id, l.y from a left join (p join lateral (select 10 / p.secret + a.id as y) l on true) on p.id = a.id

-- role: lateral_reader
select a.id, kids.* from a, kids(a.id)

-- #: writes
-- setup
create view best as select a.id, l.id as b_id, l.v from a left join lateral (select * from b where b.a_id = a.id order by v desc nulls last, id limit 1) l on true;
create table made (id integer, v numeric);
alter table a rename column x to xx;
alter table b rename to bb

select * from best

-- tx: rollback
insert into made select a.id, l.v from a, lateral (select v from bb where bb.a_id = a.id order by v limit 1) l returning *

-- tx: rollback
update a set n = l.total from c, lateral (select sum(bb.v) as total from bb where bb.id = c.b_id) l where c.id = a.id returning a.id, a.n, l.total

-- tx: rollback
update a set n = l.total from lateral (select sum(bb.v) as total from bb where bb.a_id = a.id) l returning a.id

-- tx: rollback
update a set n = 7 from c left join (bb join lateral (select c.id + bb.id as y) l on true) on bb.id = c.b_id where l.y = a.id returning a.id, l.y, bb.s

-- refused
-- tx: rollback
delete from a using c, lateral (select bb.a_id from bb where bb.id = c.b_id) l where l.a_id = a.id returning a.id, c.id

-- #: data sets
-- load: chinook

select ar.name, l.title from artist ar, lateral (select title from album al where al.artist_id = ar.artist_id order by title limit 2) l where ar.artist_id < 30

select al.title, t.name, t.milliseconds from album al cross join lateral (select name, milliseconds from track t where t.album_id = al.album_id order by milliseconds desc, track_id limit 1) t where al.album_id % 20 = 0

select g.name, x.n, x.secs from genre g left join lateral (select count(*) as n, sum(milliseconds) / 1000 as secs from track t where t.genre_id = g.genre_id) x on true

select c.last_name, i.invoice_date, i.total, l.n from customer c left join lateral (select * from invoice i where i.customer_id = c.customer_id order by invoice_date desc, invoice_id desc limit 1) i on true left join lateral (select count(*) as n from invoice_line il where il.invoice_id = i.invoice_id) l on true

select p.name, t.first, t.last from playlist p, lateral (select min(tr.name) as first, max(tr.name) as last from playlist_track pt join track tr using (track_id) where pt.playlist_id = p.playlist_id) t

select e.last_name, json_agg(s.last_name order by s.last_name) from employee e left join lateral (select last_name from employee r where r.reports_to = e.employee_id) s on true group by e.employee_id, e.last_name

select ar.name, sum(l.unit_price) from artist ar join lateral (select t.unit_price from album al, lateral (select unit_price from track t where t.album_id = al.album_id) t where al.artist_id = ar.artist_id) l on true group by ar.artist_id, ar.name having sum(l.unit_price) > 50

select c.country, x.* from (select distinct country from customer) c, lateral (select last_name, (select sum(total) from invoice i where i.customer_id = k.customer_id) as spent from customer k where k.country = c.country order by spent desc, last_name limit 1) x

select m.name, l.* from media_type m, lateral (select genre_id, count(*) from track t where t.media_type_id = m.media_type_id group by genre_id order by count(*) desc, genre_id limit 3) l

-- load: northwind

select c.company_name, o.order_id, o.order_date from customers c left join lateral (select * from orders o where o.customer_id = c.customer_id order by order_date desc, order_id desc limit 2) o on true where c.country = 'Germany'

select ca.category_name, p.product_name, p.unit_price from categories ca, lateral (select * from products p where p.category_id = ca.category_id order by unit_price desc, product_id limit 3) p

select o.order_id, l.total, l.lines from orders o cross join lateral (select sum((unit_price * quantity)::numeric) as total, count(*) as lines from order_details d where d.order_id = o.order_id) l where l.lines > 5

select s.company_name, p.n, q.product_name from suppliers s join lateral (select count(*) as n from products p where p.supplier_id = s.supplier_id) p on p.n > 3 left join lateral (select product_name from products q where q.supplier_id = s.supplier_id order by units_in_stock desc, product_name limit 1) q on true

select e.last_name, t.territory_description from employees e, lateral (select territory_description from employee_territories et join territories using (territory_id) where et.employee_id = e.employee_id order by 1 limit 2) t

-- #: beside grouping sets
select ar.artist_id % 3 as m, l.title is null as none, count(*) from (select 1 as artist_id) ar, lateral (select null::text as title) l group by rollup (1, 2)
