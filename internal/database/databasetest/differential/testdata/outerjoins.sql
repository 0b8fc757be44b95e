-- setup
create table l (id integer primary key, k integer, t text);
create table r (id bigint primary key, k smallint, u text);
create table z (k numeric, w text);
create table e (k integer);
insert into l values (1, 1, 'a'), (2, 1, 'b'), (3, 2, null), (4, null, 'd');
insert into r values (1, 1, 'x'), (3, 2, 'y'), (5, 3, null), (6, null, 'x');
insert into z values (1.0, 'p'), (1, 'q'), (3, null), (null, 'n');
create view lv as select id, k, upper(t) as t from l where k is not null;
create role outerjoins_reader;
create table p (id integer primary key, owner text, k integer);
insert into p values (1, 'outerjoins_reader', 1), (2, 'other', 1), (3, 'outerjoins_reader', 0), (4, 'other', 0);
alter table p enable row level security;
create policy own on p using (owner = current_user);
grant select on l, r, z, e, p, lv to outerjoins_reader

select l.id, r.id from l left join r on true

select l.id, r.id from l right join r on true

select l.id, r.id from l full join r on true

select l.id, r.id from l left join r on false

select l.id, r.id from l right join r on false

select l.id, r.id from l full join r on false

select l.id, r.id from l full join r on null

select l.id, r.id from l left join r on null::boolean

select l.id, e.k from l left join e on true

select l.id, e.k from e right join l on true

select l.id, e.k from l full join e on true

select e.k, f.k from e full join e f on true

select l.id, r.id from l full join r on 1 = 1

select l.id, r.id from l full join r on 1 = 2

select l.id, r.id from l full join r on l.k = r.k and true

select l.id, r.id from l full join r on l.k = r.k and false

select l.id, r.id from l full join r on l.k = r.k and l.t = 'a'

select l.id, r.id from l full join r on l.k = r.k and r.u is not null and l.id < 3

select l.id, r.id from l full join r on l.k < r.k

select l.id, r.id from l full join r on l.k = r.k or l.id = r.id

select l.id, r.id from l full join r on l.t is null

select l.id, r.id from l full join r on l.id + r.id = 4

select l.id, r.id from l full join r on l.id % 2 = r.id % 2

select l.id, r.id from l full join r on (l.id, l.k) = (r.id, r.k)

select l.id, z.w from l full join z on l.k = z.k

select l.id, z.w from z right join l on l.k = z.k and z.w <> 'p'

select l.id, r.id from l left join r on l.k < r.k

select l.id, r.id from l right join r on l.k > r.k and l.t like '%b'

select l.id, r.id from l right join r on l.k = r.k where l.id is null

select l.id, r.id from l full join r on l.k = r.k where l.id is null or r.id is null

select l.id, r.id from l full join r on l.k = r.k where coalesce(l.k, r.k) > 1

select l.id, r.id from l full join r on l.k = r.k where l.t = 'a'

select count(*), count(l.id), count(r.id), count(l), count(r) from l full join r using (k)

select k, count(*) from l full join r using (k) group by k

select k, l.k, r.k from l right join r using (k)

select k, l.id, r.id, z.w from l full join r using (k) full join z using (k)

select k, l.id, r.id, z.w from l left join r using (k) right join z using (k)

select k, l.id, r.id, z.w from l right join (r full join z using (k)) using (k)

select k, l.id, r.id, z.w from l full join (r left join z using (k)) using (k)

select * from l natural full join r

select * from l natural left join r natural left join z

select * from (l full join r using (k)) full join z using (k)

select l.id, r.id, z.w from l left join (r join z on r.k = z.k) on l.k = r.k

select l.id, r.id, z.w from l left join (r join z on true) on l.k = r.k

select l.id, r.id, z.w from l right join (r left join z on z.k = r.k) on l.k = z.k

select l.id, r.id, z.w from l full join (r full join z on z.k = r.k) on l.k = z.k

select l.id, r.id, z.w from (l full join r on l.k = r.k) left join z on z.k = r.k

select l.id, r.id, z.w from (l left join r on l.id = r.id) right join z on z.k = l.k

select l.id, r.id, z.w from (l right join r on l.id = r.id) full join z on z.k = r.k

select l.id, r.id, z.w from l left join r on true left join z on z.k = r.k and l.id = 1

select l.id, r.id, z.w from l left join (r right join z on r.k = z.k) on true where l.id = 1

select l.id, r.id, z.w from z cross join l right join r on r.k = l.k and z.w = 'p'

select l.id, r.id, z.w from l, r right join z on r.k = z.k where l.id < 3

select l.id, r.id, z.w from l join r on l.id = r.id, z left join e on true

select l.id, a.id from l full join l a on l.id = a.k

select j.* from (l full join r using (k)) as j

select j.k, j.t, j.u from (l full join r using (k)) as j where j.t is null

select j.a, j.b, j.c from (l left join r on l.id = r.id) as j (a, b, c)

select j.key, j.one from (l full join r using (k)) as j (key, one)

select l.id from (l full join r using (k)) as j

select j.id from (l full join r using (k)) as j

select row_to_json(j) from (l full join r using (k)) as j (k, l, t, r, u)

select json_agg(j order by j.k, j.l, j.r) from (l left join r using (k)) as j (k, l, t, r, u)

select count(j), count(j.t) from (l left join r using (k)) as j (k, l, t, r, u)

select z.w, row_to_json(j) from z left join (l join r using (k)) as j (k, l, t, r, u) on j.k = z.k

select row_to_json(x), x.k, l.id from l full join r using (k) as x

select row_to_json(l), row_to_json(r) from l full join r using (k)

select row_to_json(l.*), l.t from r left join l on l.id = r.id

select l is null, r is null from l full join r using (k)

select json_agg(l), r.id from r left join l on l.k = r.k group by r.id

select array_agg(l.id order by l.id), r.u from r left join l on l.k = r.k group by r.u

select v.t, r.id from lv v full join r on v.k = r.k

select v.t, r.id from r left join lv v on v.k = r.k and v.t <> 'A'

select v.t, row_to_json(v), r.id from lv v right join r on true where r.id = 1

select s.n, r.id from (select k, count(*) as n from l group by k) s full join r on s.k = r.k

select s.one, r.id from (select k, 1 as one from l) s right join r on s.k = r.k

select s.one, coalesce(s.one, 0) from r left join (select k, 1 as one from l where id > 2) s on s.k = r.k

select s.one is null, r.id from r left join (select 1 as one) s on r.id = 1

select s.c, r.id from r left join (select k, coalesce(t, 'none') as c from l) s on s.k = r.k

with q as (select * from l where id < 3) select q.id, r.id from q full join r on q.k = r.k

with q as (select k from l union select k from r) select q.k, l.id, r.id from q left join l using (k) left join r using (k)

select g, l.id from generate_series(1, 5) g full join l on l.id = g

select g, l.id from l right join generate_series(1, 5) g on l.id = g

select g, l.id from l left join generate_series(1, 2) g on true

select g, h from generate_series(1, 2) g full join generate_series(2, 3) h on g = h

select v.n, l.id from (values (1, 'one'), (9, 'nine')) v (i, n) full join l on l.id = v.i

select l.id, (select count(*) from l a full join r b on a.k = b.k where a.id = l.id or b.id = l.id) from l

select l.id from l where exists (select 1 from r full join z on r.k = z.k where r.id = l.id)

select l.id from l where l.id not in (select r.id from r right join z on r.k = z.k where r.id is not null)

select distinct l.k, r.u from l full join r using (k)

select l.t, r.u from l full join r using (k) union select w, null from z

select l.id, r.id, row_number() over (order by r.id nulls first, l.id) from l full join r using (k)

select sum(l.id) over (partition by k), k from l full join r using (k)

-- ordered
select k, l.id, r.id from l full join r using (k) order by k desc nulls last, l.id, r.id limit 3 offset 1

select k, max(coalesce(t, u)) from l full join r using (k) group by k having count(*) > 1

select l.id from l join r on true join z on l.k = z.k and r.k = z.k

select l.id, r.id from l left join r on l.id = r.id and (select count(*) from z where z.k = r.k) > 1

select l.id, r.id from l full join r on l.id = r.id and exists (select 1 from z where z.k = l.k)

select l.id, r.id from l left join r on 10 / l.id > r.id

select l.id, r.id from l left join r on 10 / (l.id - 1) > r.id

-- #: what is wrong
select l.id from l left join r

select l.id from l left join r on r.nope = 1

select l.id from l left join r on l.id

select l.id from l, r left join z on l.k = z.k

select l.id from l full join r on l.id = r.id left join l on true

select id from l full join r using (k)

select k from l full join r on l.k = r.k

-- #: rights and policies
-- role: outerjoins_reader
select l.id, p.id from l left join p on l.k = p.k

-- role: outerjoins_reader
select l.id, p.id from p right join l on l.k = p.k

-- role: outerjoins_reader
select l.id, p.id from p full join l on l.k = p.k

-- role: outerjoins_reader
select l.id, p.id from p full join l on true

-- role: outerjoins_reader
select l.id, p.id from l left join p on 1 / p.k = l.k

-- role: outerjoins_reader
select l.id, p.id, q.id from l left join (p full join p q on p.k = q.id) on l.id = q.id

-- role: outerjoins_reader
select row_to_json(p), l.id from p full join l on l.k = p.k

-- #: writes
-- tx: rollback
update l set t = x.w from r full join z x on r.k = x.k where x.w = 'p' and r.id = l.id returning l.id, l.t, x.w, r.id

-- tx: rollback
delete from l using r left join z on z.k = r.k where l.id = r.id and z.w is null returning l.id, r.u, z.w

-- tx: rollback
insert into e select k from l full join r using (k) returning k

-- load: chinook

select count(*), count(al.album_id) from artist ar left join album al using (artist_id)

select count(*) from employee e full join customer c on c.support_rep_id = e.employee_id

select e.last_name, m.last_name from employee e left join employee m on m.employee_id = e.reports_to

select e.last_name, c.last_name from customer c right join employee e on c.support_rep_id = e.employee_id and c.country = 'Brazil'

select g.name, count(t.track_id) from genre g left join track t on t.genre_id = g.genre_id and t.milliseconds > 600000 group by g.name

select p.name, count(pt.track_id) from playlist p left join (playlist_track pt join track t using (track_id)) on pt.playlist_id = p.playlist_id and t.unit_price > 1 group by p.playlist_id, p.name

select m.name, g.name, count(*) from (media_type m cross join genre g) left join track t on t.media_type_id = m.media_type_id and t.genre_id = g.genre_id where g.genre_id < 4 group by 1, 2

-- load: northwind

select c.customer_id, o.order_id from customers c left join orders o on o.customer_id = c.customer_id where o.order_id is null

select coalesce(c.country, s.country) as country, count(distinct c.customer_id), count(distinct s.supplier_id) from customers c full join suppliers s on s.country = c.country group by 1

select e.last_name, count(o.order_id) from orders o right join employees e on o.employee_id = e.employee_id and o.ship_country = 'France' group by e.last_name

select r.region_description, t.territory_description, e.last_name from region r left join (territories t left join (employee_territories et join employees e using (employee_id)) using (territory_id)) using (region_id) where t.territory_id > '7'
