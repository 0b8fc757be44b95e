-- setup
create table n (v integer);
create table k (id integer primary key, v integer, w integer not null, s text);
create table o (id integer primary key, k_id integer, w integer not null, s text not null);
insert into n values (1), (2), (null), (5), (0);
insert into k values (1, 1, 1, 'a'), (2, null, 2, 'b'), (3, 5, 3, null), (4, 9, 4, ''), (5, 0, 5, '7');
insert into o values (1, 1, 1, '1'), (2, 1, 9, '2'), (3, 2, 2, 'x'), (4, 3, 0, '3'), (5, 3, 7, '7'), (6, 5, 5, '5'), (7, null, 4, '4');
create index on o (k_id, s);
create role quantified_reader;
create table p (id integer primary key, owner text, v integer);
insert into p values (1, 'quantified_reader', 2), (2, 'other', 0), (3, 'quantified_reader', 4), (4, 'quantified_reader', null);
alter table p enable row level security;
create policy own on p using (owner = current_user);
grant select on p, k, o, n to quantified_reader

-- # the first row that decides is the last one
select 5 < any (select 10 / v from n)

select 9 < any (select 10 / v from n)

select 30 < any (select 10 / v from n)

select 10 > all (select 10 / v from n)

select 30 > all (select 10 / v from n)

select 10 = any (select 10 / v from n), 5 <> all (select 10 / v from n)

select 7 = any (select 10 / v from n where v <> 0), 7 <> all (select 10 / v from n where v <> 0)

select k.id from k where k.w < any (select 10 / v from n)

select k.id from k where k.w + 9 > all (select 10 / v from n)

select k.id from k where not (k.w + 9 > all (select 10 / v from n))

select k.id from k where not (k.w < any (select 10 / v from n where v > 0))

select k.id from k where not (k.w > all (select 10 / v from n where v > 0))

-- # values, NULL included
select k.id, k.v < any (select v from n), k.v < all (select v from n), k.v > all (select v from n), k.v >= any (select v from n) from k

select k.id, k.w < any (select w from o), k.w < all (select w from o), k.w > all (select w from o where w < k.w), k.w > any (select w from o where k_id = k.id) from k

select k.id, k.v <> any (select v from n where v = k.v), k.v <> all (select v from n where n.v <> k.w), k.v = all (select w from o where o.k_id = k.id) from k

select k.id, not (k.v < any (select v from n)), not (k.v > all (select v from n)), (k.v < any (select v from n)) is null, (k.v > all (select v from n)) is not true from k

select k.id, case when k.v > all (select o.w from o where o.k_id = k.id) then 'all' when k.v > any (select o.w from o where o.k_id = k.id) then 'any' else 'none' end from k

select k.id, k.w > all (select o.s::integer from o where o.k_id = k.id and o.s <> 'x'), k.w > any (select o.s::integer from o where o.k_id = k.id and o.s ~ '^[0-9]') from k

select k.id, k.w in (select o.s::integer from o where o.k_id = k.id and o.id <> 3), k.w not in (select o.s::integer from o where o.k_id = k.id and o.id <> 3) from k

select k.id from k where k.w not in (select o.s::integer from o where o.k_id = k.id and o.id <> 3)

select k.id from k where not (k.w in (select o.s::integer from o where o.k_id = k.id and o.id <> 3))

select k.id from k where k.w in (select o.s::integer from o where o.k_id = k.id and o.id <> 3)

select k.id from k where not (k.v in (select o.w from o where o.k_id = k.id))

select k.id from k where not (k.v not in (select o.w from o where o.k_id = k.id))

select k.id from k where not (k.v in (select n.v from n where n.v <> k.w))

select k.id from k where not ((k.v, k.w) in (select n.v, n.v from n where n.v <> k.w))

select k.id from k where k.w::text in (select o.s from o where o.k_id = k.id and o.w = any (select v from n where v <> k.id))

select k.id from k where k.w > all (select o.w from o where o.k_id = k.id and o.w > all (select v from n where v < o.w and v < k.id))

select k.id from k where k.w >= all (select 12 / o.w from o where o.k_id = k.id and o.w <> 0 and 12 / o.w > any (select 6 / v from n where v > 0 and v < k.id))

select k.id from k where k.s::integer > all (select 1 from n where false)

-- # kept rows
select k.id from k where k.w > all (select max(o.w) - 6 from o group by o.k_id)

select k.id from k where k.w < any (select count(*) + 1 from o group by o.k_id)

select k.id, k.w > any (select avg(o.w) from o group by o.k_id), k.w > all (select min(o.w) from o group by o.k_id having count(*) > 1) from k

select k.id from k where k.w > all (select distinct o.w - 7 from o)

select k.id from k where k.w > any (select x from generate_series(2, 3) x)

select k.id from k where k.w > any (select o.w from o join n on n.v = o.id union all select 3)

with q as (select v from n where v > 0) select k.id, k.w > any (select v from q), k.w > all (select v from q) from k

with recursive q(v) as (select 1 union all select v + 1 from q where v < 3) select k.id from k where k.w > all (select v from q)

select k.id from k where k.w > any (select o.w from o where o.w > 3 order by o.w desc limit 2)

select k.id from k left join o on o.k_id = k.id and o.w > all (select v from n where v < k.w)

select k.w % 2, sum(k.v) > any (select v from n), max(k.w) > all (select v from n where v is not null) from k group by k.w % 2

select k.w % 2 from k group by k.w % 2 having sum(k.v) > any (select v from n) and not (max(k.w) < all (select v from n))

select (select k.w > all (select n.v from n where n.v < o.w)) from k join o on o.k_id = k.id

update k set v = 0 where w > all (select o.w from o where o.k_id = k.id) returning id, w > any (select v from n)

delete from k where not (w > any (select 10 / v from n where v > 1)) returning id

-- # row-level security: what is hidden raises nothing
-- role: quantified_reader
select 9 > all (select 10 / v from p), 4 < any (select 10 / v from p where id > 1), 2 <> all (select 10 / v from p)

-- role: quantified_reader
select k.id from k where k.w + 1 > all (select 10 / p.v from p where p.id > k.id)

-- role: quantified_reader
select k.id from k where k.w + 1 in (select 10 / p.v from p where p.id <> k.id)

-- role: quantified_reader
select k.id from k where not (k.w + 1 in (select 10 / p.v from p where p.id <> k.id))

-- role: quantified_reader
select p.id from p where 10 / p.v > any (select o.w from o where o.w < p.id)

-- role: quantified_reader
select p.id, 10 / p.v > all (select o.w from o where o.w < p.id) from p
